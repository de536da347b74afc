"""The program's own news, which receivers are told like articles."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Know of no event yet."""
    op.create_table(
        "events",
        key("number"),
        *required(STRING, "about", "subject", "kind", "detail", "mark"),
        *required(TIME, "since", "opened", "updated"),
        *required(NUMBER, "sequence"),
        *(sa.Column(name, TIME) for name in ("calm", "lasted", "ended")),
    )
    op.create_index("events_subject", "events", ["about", "subject", "number"])
    op.create_index("events_sequence", "events", ["sequence"], unique=True)
    op.create_index("events_ended", "events", ["ended"])
    with op.batch_alter_table("outbox", reflect_kwargs={"resolve_fks": False}) as outbox:
        outbox.alter_column("article", existing_type=NUMBER, nullable=True)
        outbox.add_column(sa.Column("event", NUMBER, sa.ForeignKey("events.number", name="outbox_of_event")))
    op.create_index("outbox_event", "outbox", ["receiver", "event", "kind"], unique=True)

"""Other keys of articles, dates that lie ahead, and how far a backfill got."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.migrations.columns import NUMBER, STRING, TIME, key, required

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Keep everything; what was sighted was sighted under the article's own key."""
    op.add_column("articles", sa.Column("future", TIME))
    op.create_table(
        "aliases",
        key("identity", kind=STRING),
        sa.Column("article", NUMBER, sa.ForeignKey("articles.number"), nullable=False),
    )
    with op.batch_alter_table("sightings", reflect_kwargs={"resolve_fks": False}) as sightings:
        sightings.add_column(*required(STRING, "alias", default=""))
        sightings.drop_constraint("pk_sightings", type_="primary")
        sightings.create_primary_key("pk_sightings", ["source", "article", "alias"])
    op.create_table(
        "backfills",
        key("source", "sources.name", STRING),
        *required(STRING, "fingerprint"),
        *required(sa.Integer(), "number"),
        *required(STRING, "request"),
        *required(sa.Integer(), "pages", "articles"),
    )

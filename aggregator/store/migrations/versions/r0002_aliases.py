"""Other keys of articles, dates that lie ahead, and how far a backfill got."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# Written out here, not taken from schema.py: this revision stays what it was.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STRING = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Keep everything; what was sighted was sighted under the article's own key."""
    op.add_column("articles", sa.Column("future", TIME))
    op.create_table(
        "aliases",
        sa.Column("identity", STRING, primary_key=True),
        sa.Column("article", NUMBER, sa.ForeignKey("articles.number"), nullable=False),
    )
    with op.batch_alter_table("sightings", reflect_kwargs={"resolve_fks": False}) as sightings:
        sightings.add_column(sa.Column("alias", STRING, nullable=False, server_default=""))
        sightings.drop_constraint("pk_sightings", type_="primary")
        sightings.create_primary_key("pk_sightings", ["source", "article", "alias"])
    op.create_table(
        "backfills",
        sa.Column("source", STRING, sa.ForeignKey("sources.name"), primary_key=True),
        sa.Column("fingerprint", STRING, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request", STRING, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
    )

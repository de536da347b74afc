"""Which articles are one text, and the index by which that is found."""

from sqlalchemy import Column, ForeignKey, Index, Table

from aggregator.store.columns import Number, key
from aggregator.store.schema.held import articles
from aggregator.store.schema.metadata import metadata

# The keys of leading articles in the index of texts and titles; two that share one may be copies.
bands = Table("bands", metadata, key("band"), key("article", of=articles.c.number), sqlite_with_rowid=False)
Index("bands_article", bands.c.article)

# Copies, each with the article that leads; a leader is no copy itself.
copies = Table(
    "copies",
    metadata,
    key("article", of=articles.c.number),
    Column("leader", Number, ForeignKey(articles.c.number), nullable=False),
)
Index("copies_leader", copies.c.leader, copies.c.article)

# Pairs that somebody has told apart by hand, in both directions.
splits = Table("splits", metadata, key("article", of=articles.c.number), key("other", of=articles.c.number))
Index("splits_other", splits.c.other)

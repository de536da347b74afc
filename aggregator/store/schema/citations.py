"""The numbers of documents that articles have or cite."""

from sqlalchemy import Index, Table

from aggregator.store.columns import String, key, required
from aggregator.store.schema.held import articles
from aggregator.store.schema.metadata import metadata

# Numbers of documents, each in two parts: 〔2026〕12号 and what stands before it. ``relation`` tells whether
# the article has the number itself ("own") or what it does with the document of that number.
citations = Table(
    "citations",
    metadata,
    key("article", of=articles.c.number),
    key("core", String),
    key("prefix", String),
    *required(String, "relation"),
)
Index("citations_core", citations.c.core, citations.c.relation)

"""Named facts of articles, in which searches look, and the numbers by which documents cite each other."""

from sqlalchemy import Index, Table

from aggregator.store.columns import String, key, required
from aggregator.store.schema.held import articles
from aggregator.store.schema.metadata import metadata

# The facts of articles, folded as texts are for searches.
facts = Table(
    "facts",
    metadata,
    key("article", of=articles.c.number),
    key("name", String),
    *required(String, "label", "value"),
)
Index("facts_name", facts.c.name, facts.c.article)

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

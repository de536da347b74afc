"""The frozen values that one stage hands to the next.

    Request -> Fetched | NotModified -> Listing(Entry …) -> Article -> Outcome -> KeptArticle -> Page

Every ``datetime`` here is aware and in UTC unless a field says otherwise.
"""

from aggregator.model.article import Article, Category, Filing, KeptArticle, Label, Page
from aggregator.model.entry import Attachment, Entry, Listing, Owed, OwedReason, Unreadable, entry_digest
from aggregator.model.exchange import Fetched, NotModified, Request
from aggregator.model.outcome import Backfill, Known, Outcome, PollState, Sighting, SourceStatus

__all__ = [
    "Article",
    "Attachment",
    "Backfill",
    "Category",
    "Entry",
    "Fetched",
    "Filing",
    "KeptArticle",
    "Known",
    "Label",
    "Listing",
    "NotModified",
    "Outcome",
    "Owed",
    "OwedReason",
    "Page",
    "PollState",
    "Request",
    "Sighting",
    "SourceStatus",
    "Unreadable",
    "entry_digest",
]

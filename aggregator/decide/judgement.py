"""Which way is taken for what was made of an entry: it is new, changes what is held, or changes nothing."""

from collections.abc import Mapping
from dataclasses import replace

from aggregator.decide.changes import is_change, only_moved, with_files_of
from aggregator.decide.finding import Finding
from aggregator.decide.visit import Visit
from aggregator.model import IMPORTED, Article, Entry, Known

NEW, CHANGED = "new", "changed"
"""Ways that are told. What only takes the place of what is held goes other ways: an article with another
address, with its text in place of a summary, or read by another configuration."""


def judge(visit: Visit, finding: Finding, new: Mapping[str, Article]) -> tuple[str, Article | None]:
    """Say which way is taken for an entry, with the article where it is new or changes what is held."""
    article, held = finding.article, held_of(visit, finding)
    if article is None:
        return ("held whole by another source" if finding.is_article else _why_owed(finding)), None
    if held is None:
        return ("twice in this list", None) if article.key in new else (NEW, article)
    return _judge_again(visit, finding.entry, article, held)


def held_of(visit: Visit, finding: Finding) -> Known | None:
    """Give what is known of an entry's article, under its own key or else under the entry's."""
    held = visit.known.get(finding.entry.key)
    return visit.known.get(finding.article.key, held) if finding.article else held


def _judge_again(visit: Visit, entry: Entry, article: Article, held: Known) -> tuple[str, Article | None]:
    """Say which way is taken for an article of which an earlier state is held."""
    before = visit.before.get(article.key)
    article = _dated_as(entry, article, held, before)
    if before:
        article = with_files_of(before, article)
    if _is_unchanged(article, held, before):
        return "unchanged", None
    completed = article.complete and not held.complete
    # Of two sources that show one article, the first one's words stand, unless they were a stand-in.
    if article.source != held.owner and not completed:
        return f"the words of {held.owner} stand", None
    # What came under a new key was found to be much the same.
    came = entry.key not in visit.known
    if before and (only_moved(before, article) or (came and before.complete)):
        return "moved", replace(article, updated=held.updated)
    if _is_read_anew(visit, article, held):
        return "read in another way", replace(article, updated=held.updated)
    stated = article.updated
    way = "completed" if completed else CHANGED
    return way, replace(article, updated=stated if held.updated < stated <= visit.now else visit.now)


def _is_read_anew(visit: Visit, article: Article, held: Known) -> bool:
    """Tell whether what is held was read by another configuration, or out of another site's post."""
    if held.entry_digest == IMPORTED:
        return True
    return visit.reconfigured and article.source == held.owner and held.complete


def _is_unchanged(article: Article, held: Known, before: Article | None) -> bool:
    # The language is the configuration's word, not the source's: its change is no change of the article.
    same = held.article_digest in (article.digest, replace(article, language=held.language).digest)
    return same or (before is not None and not is_change(before, article))


def _dated_as(entry: Entry, article: Article, held: Known, before: Article | None) -> Article:
    """Give an article its first date where its source states none, or only that of its last change."""
    if not article.dated:
        return replace(article, published=held.published)
    if before and entry.published and entry.published == entry.updated:
        first = {name: getattr(before, name) for name in ("published", "dated", "day", "future")}
        return replace(article, **first)
    return article


def _why_owed(finding: Finding) -> str:
    return f"owed: {finding.debt.reason}" if finding.debt else "given up"

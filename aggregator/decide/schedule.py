"""When articles are looked at again, how many requests that may take, and how their pages were read."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.model import Article, Entry, Listed, PollState, Urgency, place_in
from aggregator.model.digest import hexdigest
from aggregator.settings import Source

DAY = timedelta(days=1)
LATE = timedelta(days=3)
"""How old an article is that is no news when it comes; midnight stands for a day without a time."""
INDEX = re.compile(r"/(?:index|default|home)\.\w+$", re.IGNORECASE)


def reading_of(source: Source) -> str:
    """Return the hash of how a source's pages are read: by its configuration and this program's version."""
    return hexdigest(f"{__version__} {source.fingerprint}", 8)


def revisit_at(source: Source, state: PollState, now: datetime) -> datetime | None:
    """Say when articles are due after a poll: as before, unless a clock that was ahead put it off."""
    if not source.revisit or state.revisit_at is None:
        return None
    return state.revisit_at if state.revisit_at <= now + max(*source.revisit, DAY) else now


def allowance(per_day: int, used: int, now: datetime) -> int:
    """Say how many requests may still be made now: a day's are spread over the day."""
    share = (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) / DAY
    return max(0, min(per_day, ceil(per_day * share) + 1) - used)


def next_allowed(per_day: int, used: int, now: datetime) -> datetime:
    """Say when one more request may be made."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if used >= per_day:
        return midnight + DAY
    return max(now, midnight + DAY * max(0, used - 1) / per_day)


def fresh_entry(held: Article, source: Source) -> Entry | None:
    """Give what the list of an article that came before it was noted would say; None where nobody knows.

    It does not hold for sources whose lists bring the texts along, or name their pages by a template.
    """
    reads_pages = source.kind in ("listing", "sitemap") and not source.list.body and not source.article_url
    if not reads_pages or not held.address or not held.complete:
        return None
    date = held.day or held.published
    return Entry(
        held.key,
        title=held.title,
        address=held.address,
        published=date.isoformat() if held.dated else "",
        author=held.author,
        origin=held.origin,
        summary=held.summary,
    )


def leads_away(address: str, final: str) -> bool:
    """Tell whether a redirect led from an article to the front page or to a section above it."""
    here, there = urlsplit(address), urlsplit(final)
    if there.query or here.path == there.path:
        return False
    folder = there.path.rpartition("/")[0] if INDEX.search(there.path) else there.path.rstrip("/")
    return not folder or here.path.startswith(f"{folder}/")


def listed_as(
    source: Source, article: Article, entry: Entry, whole: Entry, now: datetime, *, is_news: bool
) -> Listed:
    """Note what a list and a page said of an article, for the looks at it.

    An old article that comes late, by a backfill, has most of its schedule behind it.
    """
    late = article.dated and now - article.published > LATE and article.updated < now
    step, due = place_in(source.revisit, article.published if late else now, article.key, now)
    own = whole.receipts[len(entry.receipts) :]
    headers = own[0].headers if own else {}
    return Listed(
        due=due,
        step=step,
        urgency=Urgency.OLD if step >= len(source.revisit) else Urgency.YOUNG,
        fingerprint=reading_of(source),
        entry=replace(entry, heading=whole.heading) if own and entry.content is None else None,
        etag=headers.get("etag", ""),
        last_modified=headers.get("last-modified", ""),
        body_digest=own[0].digest if own else "",
        again=not is_news,
    )

"""What a look at an article means, and when the next one is due."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from aggregator.decide.schedule import DAY, reading_of
from aggregator.model import (
    MISSING,
    Article,
    FileState,
    FileText,
    Provenance,
    Revisit,
    Standing,
    Urgency,
    Watched,
)
from aggregator.settings import Source

FAILED_WAIT = timedelta(hours=1)
"""How long pages that cannot be asked for are left alone, at least."""
DOUBTFUL_WAITS = (timedelta(hours=1), timedelta(hours=6), DAY)
"""The waits between further looks at what is doubtful; it is believed after the last one."""
MISSING_CHECKS = 7
"""Looks at a missing article until it counts as withdrawn, at least; at least one a day."""
UNSTEADY = 2
"""Contradictions after which a page counts as one that differs from look to look."""
MAX_AGREEING = 12
"""The most looks that have to agree before a change of such a page is believed: two servers that take turns
by chance agree so often once in four thousand times."""
STEADY = 10  # looks in a row at what is held that make a page steady again
MIN_MANY, MANY = 5, 1 / 3
"""How many articles, and what share of those looked at, are missing at once where the site is broken."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what an answer is known again."""

    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What one look at an article gave."""

    watched: Watched
    kind: Literal["same", "state", "missing", "failed"]
    why: str = ""
    """Why it is missing, or why the look failed."""
    article: Article | None = None
    """The state that was seen, where that is not what is held."""
    digest: str = ""
    """Of that state."""
    doubt: str = ""
    """Why that state is doubtful."""
    ours: bool = False
    """Whether only the way of reading differs."""
    returning: bool = False
    """Whether the article was in that state before."""
    provenance: Provenance | None = None
    stamp: Stamp | None = None
    """That of the page's answer; None where the server said that it is what it was."""
    files: tuple[FileState, ...] = ()
    """The attachments as they are now."""
    texts: tuple[FileText, ...] = ()
    """What is in them, as far as that was read."""
    final: str = ""
    """The address to which redirects led; empty where they led nowhere."""
    page: str = ""
    """The hash of a page that has nothing of the article."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look changes."""

    revisit: Revisit
    article: Article | None = None
    """The state that takes the place of what is held."""
    overwrites: bool = False
    """Whether that is no change, so that nothing is told of it."""
    standing: Standing | None = None
    """Where that is another one than before."""
    unsteady: bool = False
    """Whether the page has just been found to differ from look to look."""
    files: tuple[FileState, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a look is judged."""

    source: Source
    now: datetime
    believed: bool = True
    """Whether the source and the clock are well enough that an article may count as withdrawn."""
    broken: bool = False
    """Whether so much is missing at once that nothing of it is believed."""

    @property
    def reading(self) -> str:
        """How pages are read now."""
        return reading_of(self.source)


def needed_looks(revisit: Revisit, source: Source, *, doubtful: bool) -> int:
    """Say how many looks have to agree before what they saw is believed."""
    if revisit.flips >= UNSTEADY:
        return min(2 + 2 * revisit.flips, MAX_AGREEING)
    if doubtful:
        return 2 + len(DOUBTFUL_WAITS)
    return 2 if source.confirm_after else 1


def would_confirm(glimpse: Glimpse, source: Source) -> bool:
    """Tell whether a look confirms a change."""
    if glimpse.kind != "state" or glimpse.ours:
        return False
    revisit = glimpse.watched.revisit
    looks = revisit.looks + 1 if revisit.candidate == glimpse.digest else 1
    return looks >= needed_looks(revisit, source, doubtful=bool(glimpse.doubt))


def too_many_missing(missing: int, looked: int) -> bool:
    """Tell whether so many of the articles that were looked at are missing that the site is broken."""
    return missing >= MIN_MANY and missing > MANY * looked


def judge(glimpse: Glimpse, rules: Rules) -> Verdict:
    """Decide what a look changes."""
    revisit = replace(glimpse.watched.revisit, looked=rules.now)
    if glimpse.kind in ("same", "state") and revisit.candidate == MISSING:
        # Its page is back. The list, if it reaches so far, tells anew whether it shows it.
        revisit = replace(revisit, unlisted_since=None)
    match glimpse.kind:
        case "failed":
            wait = max(FAILED_WAIT, _wait(revisit, rules) / 4)
            return Verdict(replace(revisit, due=rules.now + wait))
        case "missing":
            return _judge_missing(glimpse, revisit, rules)
        case "same":
            return _judge_same(glimpse, revisit, rules)
    return _judge_state(glimpse, revisit, rules)


def _judge_same(glimpse: Glimpse, revisit: Revisit, rules: Rules) -> Verdict:
    flips = revisit.flips + (revisit.candidate not in ("", MISSING))
    agreeing = 1 if revisit.candidate else revisit.looks + 1
    settled = replace(
        revisit,
        candidate="",
        candidate_since=None,
        looks=agreeing,
        flips=0 if agreeing >= STEADY else flips,
        step=revisit.step + 1,
        fingerprint=rules.reading,
    )
    settled = _stamped(settled, glimpse.stamp)
    return Verdict(
        _scheduled(settled, rules),
        article=glimpse.article if glimpse.ours else None,
        overwrites=True,
        standing=_standing(glimpse.watched, settled, rules),
        unsteady=revisit.flips < UNSTEADY <= flips,
        files=glimpse.files,
    )


def _judge_state(glimpse: Glimpse, revisit: Revisit, rules: Rules) -> Verdict:
    if glimpse.ours:
        return _judge_same(glimpse, revisit, rules)
    again = revisit.candidate == glimpse.digest
    flips = revisit.flips + (revisit.candidate not in ("", MISSING) and not again)
    unsteady = revisit.flips < UNSTEADY <= flips
    seen = replace(
        revisit,
        candidate=glimpse.digest,
        candidate_since=revisit.candidate_since if again else rules.now,
        looks=revisit.looks + 1 if again else 1,
        flips=flips,
    )
    needed = needed_looks(revisit, rules.source, doubtful=bool(glimpse.doubt))
    if seen.looks < needed or unsteady:
        standing = None if glimpse.doubt else _standing(glimpse.watched, replace(seen, candidate=""), rules)
        return Verdict(_looked_again(seen, glimpse, rules), standing=standing, unsteady=unsteady)
    # Who goes back to what it was goes back and forth.
    flips = revisit.flips + 1 if glimpse.returning else 0 if revisit.flips >= UNSTEADY else revisit.flips
    settled = replace(
        seen,
        candidate="",
        candidate_since=None,
        looks=1,
        flips=flips,
        step=0,
        fingerprint=rules.reading,
    )
    settled = _stamped(settled, glimpse.stamp)
    unsteady = revisit.flips < UNSTEADY <= flips
    return Verdict(
        _scheduled(settled, rules),
        article=_dated(glimpse, rules),
        standing=_standing(glimpse.watched, settled, rules),
        unsteady=unsteady,
        files=glimpse.files,
    )


def _judge_missing(glimpse: Glimpse, revisit: Revisit, rules: Rules) -> Verdict:
    again = revisit.candidate == MISSING
    seen = replace(
        revisit,
        candidate=MISSING,
        candidate_since=revisit.candidate_since if again else rules.now,
        looks=revisit.looks + 1 if again else 1,
    )
    standing = _standing(glimpse.watched, seen, rules)
    if seen.looks < _looks_for_missing(rules):
        return Verdict(replace(seen, due=_soon(rules), urgency=Urgency.SECOND_LOOK))
    now_withdrawn = standing.withdrawn if standing else glimpse.watched.withdrawn
    if now_withdrawn:
        return Verdict(_scheduled(replace(seen, step=seen.step + 1), rules), standing=standing)
    wait = max(min(DAY, rules.source.withdrawn_after / MISSING_CHECKS), rules.source.confirm_after)
    return Verdict(replace(seen, due=rules.now + wait, urgency=Urgency.YOUNG), standing=standing)


def _standing(watched: Watched, revisit: Revisit, rules: Rules) -> Standing | None:
    """Give the article's standing by its page and its list; None where it is what it was."""
    since = _missing_since(watched, revisit, rules)
    withdrawn = watched.withdrawn if since else None
    if since and not withdrawn and rules.believed and rules.now - since >= rules.source.withdrawn_after:
        withdrawn = rules.now
    if (since, withdrawn) == (watched.missing_since, watched.withdrawn):
        return None
    return Standing(revisit.article, since, withdrawn)


def _missing_since(watched: Watched, revisit: Revisit, rules: Rules) -> datetime | None:
    signs = []
    if revisit.candidate == MISSING and revisit.looks >= _looks_for_missing(rules):
        signs.append(revisit.candidate_since or rules.now)
    unlisted = revisit.unlisted_since
    if unlisted and rules.now - unlisted >= rules.source.confirm_after:
        signs.append(unlisted)
    if not signs:
        # One look at a page that is missing does not bring back what its list does not show.
        return watched.missing_since if revisit.candidate == MISSING else None
    if rules.broken:
        return watched.missing_since
    return watched.missing_since or min(signs)


def _looks_for_missing(rules: Rules) -> int:
    return 2 if rules.source.confirm_after else 1


def _looked_again(seen: Revisit, glimpse: Glimpse, rules: Rules) -> Revisit:
    """Say when the next look confirms or contradicts this one."""
    if seen.flips >= UNSTEADY:
        return _scheduled(replace(seen, step=seen.step + 1), rules)
    if not glimpse.doubt or seen.looks == 1:
        return replace(seen, due=_soon(rules), urgency=Urgency.SECOND_LOOK)
    wait = DOUBTFUL_WAITS[min(seen.looks - 2, len(DOUBTFUL_WAITS) - 1)]
    return replace(seen, due=rules.now + wait, urgency=Urgency.SECOND_LOOK)


def _stamped(revisit: Revisit, stamp: Stamp | None) -> Revisit:
    """Keep by what the answer is known again that gave what is held now."""
    if stamp is None:
        return revisit
    return replace(revisit, etag=stamp.etag, last_modified=stamp.last_modified, body_digest=stamp.body_digest)


def _soon(rules: Rules) -> datetime:
    return rules.now + rules.source.confirm_after


def _scheduled(revisit: Revisit, rules: Rules) -> Revisit:
    old = revisit.step >= len(rules.source.revisit)
    due = rules.now + _wait(revisit, rules)
    if revisit.unlisted_since and rules.now < revisit.unlisted_since + rules.source.confirm_after:
        due = revisit.unlisted_since + rules.source.confirm_after
    return replace(revisit, due=due, urgency=Urgency.OLD if old else Urgency.YOUNG)


def _wait(revisit: Revisit, rules: Rules) -> timedelta:
    waits = rules.source.revisit
    return waits[min(revisit.step, len(waits) - 1)]


def _dated(glimpse: Glimpse, rules: Rules) -> Article | None:
    """Date a change by its own word where that is later than the last one and not ahead, else by now."""
    article, held = glimpse.article, glimpse.watched.article
    if article is None:
        return None
    stated = held.updated < article.updated <= rules.now
    return article if stated else replace(article, updated=rules.now)

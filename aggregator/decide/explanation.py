"""How a source does, in words: its state, when it is visited next and why then, what to do about trouble."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from aggregator.decide.timing import MAX_WAIT
from aggregator.model import STOPPED, Owed, PollState
from aggregator.settings import Source

Mood = Literal["good", "waiting", "doubtful", "bad"]
"""Whether all is well; nothing is wrong, but nothing comes either; somebody should look; it fails."""

LATE = timedelta(minutes=10)
"""How long after its time a visit is late. A large round takes a daemon some minutes."""
EARLY = timedelta(seconds=2)
"""How much a due time may differ from the one that is explained; a visit takes a moment itself."""

STATES = {
    "new": "new",
    "ok": "works",
    "suspect": "is not trusted",
    "failed": "fails",
    "gated": "stands behind a challenge or a login",
    "gone": "is gone (410)",
    "disallowed": "is forbidden by robots.txt",
    "empty": "shows an empty list",
    "cut-off": "breaks off its answers",
    "wrong-type": "answers with something else",
    "too-large": "answers with too much",
    "no-body": "has pages without an article",
}
"""What each status says of a source."""

MENDS = {
    "suspect": "look at the site; if it is right as it is: `aggregator accept {name}`",
    "gated": "open its address in a browser; a feed or [source.browser] may get past it, and a login needs "
    "[source.auth] or cookies",
    "gone": "look for its new address: `aggregator add SITE`; `aggregator poll {name}` asks once more",
    "disallowed": 'respect it, look for a feed (`aggregator add SITE`), or set robots = "ignore"',
    "empty": "see what its selectors find: `aggregator preview {name}`",
    "cut-off": "wait; if it stays, its server is broken",
    "wrong-type": "see what it is now: `aggregator preview {address}`; kind or url may have to change",
    "too-large": "raise [network] max_size, or read less of it",
    "no-body": "name the text by [source.article] body; `aggregator preview {name} --article 1` shows it",
}
"""What to do about each status; ``failed`` says too little, so its error is looked at."""

SEE_LOGIN = "see where the login ends, step by step: `aggregator login {name}`"
NEW_COOKIES = "log in with a browser and renew [source.cookies]; `aggregator login {name}` tries them"
"""What to do about a session that was not let in, with a recipe and without."""

DEBTS = {
    "budget": "its page was not read yet: a visit reads so many (budget)",
    "filtered": "left out by your rule",
    "full-text": "it stands with its summary, since its page could not be read",
    "incomplete": "what its list says is not enough",
    "suspect": "kept aside, since its source is not trusted",
    "disallowed": "robots.txt forbids its page",
    "gone": "its page is gone (410)",
    "gated": "its page stands behind a challenge or a login",
    "no-body": "its page has no text",
}
"""Why entries are owed; of the other faults, the message says enough."""
UNREAD = "its page could not be read"

ERRORS = {
    r"^this machine: ": "see to this machine: `aggregator doctor` says what it lacks",
    r"not a public address": "if that is meant, name the network in [network] allow_private",
    r"certificate: .*(expired|not yet valid)": "compare the clock of this machine (`aggregator doctor`); "
    "else the site has to renew its certificate",
    r"certificate: |TLS: ": "try it in a browser; `aggregator doctor` checks this machine's certificates",
    r"answered (404|410)\b": "look for its new address: `aggregator add SITE`",
    r"answered (401|403)\b": "it wants a login ([source.auth], cookies), or refuses programs: try a browser",
    r"answered 429\b": "raise its interval: it says that we ask too often",
    r"answered 5\d\d\b": "wait: the fault is its server's, and it is tried again",
    r"timed out|connection refused|cannot connect|closed the connection": "see whether a browser opens it; "
    "`aggregator doctor` says whether the fault is on this side",
    r"cannot resolve": "see how it is spelt, and whether this machine resolves names (`aggregator doctor`)",
    r"^unforeseen: ": "report it: the log has the traceback",
}
"""What to do about errors, by what they say."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a source does, for people. Times in sentences are left to whoever shows them."""

    state: str
    """With the source as its subject, such as "works" or "fails"."""
    mood: Mood
    due: datetime | None
    """When it is visited next, in the past where it should have been; None where it is not by itself."""
    why: str
    """Why it is visited then, or not."""
    obstacle: str = ""
    """What stands in the way; empty where nothing does."""
    mend: str = ""
    """What to do about it; empty where nothing is to be done."""


def explain(
    source: Source, state: PollState, now: datetime, *, owed: Sequence[Owed] = (), leased: bool = False
) -> Explanation:
    """Say how a source does. ``owed`` is what it owes, ``leased`` whether it is being visited now."""
    mood, said = _said(state)
    due = None if state.paused or state.due >= STOPPED else state.due
    return Explanation(
        said, mood, due, _why(source, state, now, owed, leased), state.error, mend(source, state)
    )


def mood_of(state: PollState) -> Mood:
    """Say how a source does in one word."""
    return _said(state)[0]


def mend(source: Source, state: PollState) -> str:
    """Say what to do about a source's trouble; empty where nothing is to be done."""
    if state.paused:
        return f"`aggregator resume {source.name}`"
    if state.moved and not state.error:
        return f"set its url to {state.moved}"
    if not state.error:
        return ""
    if source.session and state.status == "gated":
        return (SEE_LOGIN if source.session.login else NEW_COOKIES).format(name=source.name)
    general = "see what it gives: `aggregator preview {name}`"
    what = MENDS.get(state.status) or mend_of(state.error) or general
    return what.format(name=source.name, address=source.url)


def mend_of(error: str) -> str:
    """Say what to do about an error, by what it says; empty where that is not known."""
    return next((what for pattern, what in ERRORS.items() if re.search(pattern, error)), "")


def explain_debt(source: Source, debt: Owed) -> tuple[str, str]:
    """Say why an entry is no article yet, or not a whole one, and what to do about it ("" for nothing)."""
    said = DEBTS.get(debt.reason, UNREAD)
    message = "" if debt.reason in ("budget", "disallowed") else f": {debt.message}"
    if debt.reason == "filtered":
        return said + message, f"`aggregator preview {source.name} --filters` shows what each rule leaves"
    if debt.reason in ("budget", "full-text", "failed", "gone"):
        return said + message, f"`aggregator poll {source.name}` tries at once"
    return said + message, MENDS.get(debt.reason, "").format(name=source.name, address=source.url)


def _said(state: PollState) -> tuple[Mood, str]:
    """Say in what state a source is."""
    if state.paused:
        return "waiting", "is paused"
    if state.status == "suspect":
        if state.baseline.broken:
            return "doubtful", "lost the pages of its articles"
        return "doubtful", "is silent" if not state.failures else STATES["suspect"]
    if state.failures:
        return "bad", STATES[state.status]
    if state.status in ("new", "empty"):
        return "waiting", STATES[state.status]
    if state.status == "no-body":
        return "doubtful", STATES[state.status]
    return "good", "works, and has moved" if state.moved else STATES[state.status]


def _why(source: Source, state: PollState, now: datetime, owed: Sequence[Owed], leased: bool) -> str:
    """Say why the next visit is when it is."""
    if leased:
        return "it is being visited now"
    if state.paused:
        return "its owner paused it"
    if state.due >= STOPPED:
        return "it said three times that it is gone for good, and is visited no more"
    if state.due <= now:
        return _why_now(state, now)
    if state.wait_until and state.due <= state.wait_until + EARLY:
        return "its server asked us to wait until then (Retry-After)"
    if state.failures:
        times = "once" if state.failures == 1 else f"{state.failures} times in a row"
        return f"it failed {times}, and waits twice as long after each failure, {_length(MAX_WAIT)} at most"
    if any(debt.retry_at <= state.due and debt.reason == "budget" for debt in owed):
        return "a visit reads so many pages (budget), and some are left"
    if source.cron:
        return f'by its cron "{source.cron}" ({source.timezone})'
    return _why_paced(source, state)


def _why_now(state: PollState, now: datetime) -> str:
    if now - state.due > LATE:
        return "it is late: no daemon runs, or it cannot work (`aggregator doctor`)"
    return "it was never visited" if state.polled is None else "its time has come"


def _why_paced(source: Source, state: PollState) -> str:
    """Say what paces the visits of a source that is well and has no cron."""
    interval = f"its interval is {_length(source.interval)}"
    wait = state.due - (state.polled or state.due)
    longer = wait > source.interval + EARLY + LATE
    if source.interval_min or source.interval_max:
        return f"{interval}, and follows how often it publishes"
    if not longer:
        return interval
    if state.pushed:
        return f"{interval}, and longer since its hub brings what is new"
    if state.pace.hours or state.pace.days:
        return f"{interval}, and its list names hours or days to be left out"
    return f"{interval}, and its server or list asks for more"


def _length(span: timedelta) -> str:
    """Write a span in its largest unit that fits."""
    seconds = round(span.total_seconds())
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit and seconds % unit == 0:
            count = seconds // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"

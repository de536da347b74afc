"""What a look at an article's page says: whether it changed, and whether it is still there at all."""

import html
import re
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.decide.changes import is_change, state_digest, with_files_of, words_of
from aggregator.decide.doubt import NOTICE_SHORTER, is_notice
from aggregator.model import Article, Entry, Fetched
from aggregator.model.digest import hexdigest
from aggregator.text.charset import read_text
from aggregator.text.dates import settle_date
from aggregator.text.html import parse_html
from aggregator.text.text import fold, lines_of, text_of

SHRUNK = 3  # times shorter than the text that is held; a notice or a login page is, a correction is not
CUT = 0.9
"""Share of a text that is left at most where it was cut off; an edit loses less at its end."""
ELSEWHERE = 0.2  # share of a text that the page of another article may have, such as a line of its frame
MAX_NOTICE = 1500
"""Characters outside of links on a page that says nothing but that something is not there."""
MIN_LINE = 6  # characters of a line that tells an article; shorter ones stand on any page
_GONE = re.compile(
    r"\b404\b|not found|no longer (?:available|exists?)|does(?: not|n't) exist"
    r"|(?:has|have) been (?:removed|deleted|withdrawn)"
    r"|不存在|(?:被|已)(?:经)?(?:被)?(?:删除|下线|撤[下销回])|找不到",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a page says of the article that is held."""

    change: bool = False
    digest: str = ""
    """Of the state that the page gives, where that is a change."""
    ours: bool = False
    """Whether the page says what it said, and only the reading differs: by configuration or program."""
    doubt: str = ""
    """Why the change is doubtful; empty where it is not."""
    missing: str = ""
    """Why the article is not there; empty where it is."""
    page: str = ""
    """The hash of what the page says where nothing of the article is there: that of one error page."""


def make_again(made: Article, held: Article, whole: Entry, now: datetime, timezone: str) -> Article:
    """Give what is held the facts that its page alone can change; all others are its list's.

    A date that drifts ("3 hours ago") says nothing new.
    """
    facts = ("title", "content", "author", "origin", "attachments", "complete", "updated", "fields")
    again = replace(held, **{name: getattr(made, name) for name in facts})
    if made.dated and not settle_date(whole.published, now, timezone)[1]:
        again = replace(again, published=made.published, dated=made.dated, day=made.day, future=made.future)
    return with_files_of(held, again)


def compare(held: Article, made: Article | None, answer: Fetched, *, same_reading: bool) -> Comparison:
    """Compare what is held with what was made of its page now; None where nothing could be made of it.

    ``same_reading`` tells whether what is held was read in the same way.
    """
    if made is not None and not is_change(held, made):
        return Comparison()
    page = _Page(_markup_of(answer, made))
    lines = _lines(held)
    lost = [line for line in lines if not page.has(line)]
    titled = page.has(held.title)
    present = 1 - sum(map(len, lost)) / max(sum(map(len, lines)), 1) if lines else float(titled)
    if not titled and present < ELSEWHERE:
        return _elsewhere(held, made, page)
    if made is None or (held.complete and not made.complete):
        return Comparison(doubt="its text is not found on its page")
    if titled and not lost:
        return _still_there(held, made, lines, same_reading=same_reading)
    return Comparison(True, state_digest(made), doubt=_doubt(held, made))


def _still_there(held: Article, made: Article, lines: list[str], *, same_reading: bool) -> Comparison:
    """Say what it means that another text was found on a page that still has every line of what is held."""
    found = set(_lines(made))
    if found < set(lines):
        # What surrounds a text may decide how much of it is found.
        return Comparison()
    if not same_reading:
        return Comparison(ours=True)
    text = _squeezed(text_of(made.content))
    chosen = all(_squeezed(line) in text for line in lines)
    doubt = _doubt(held, made) if chosen else "other parts of its page are taken for its text"
    return Comparison(True, state_digest(made), doubt=doubt)


def _lines(article: Article) -> list[str]:
    """Give the lines of a text that are long enough to tell an article."""
    return [line for line in map(fold, lines_of(article.content)) if len(line) >= MIN_LINE]


def _elsewhere(held: Article, made: Article | None, page: "_Page") -> Comparison:
    """Say what a page means that has neither the title nor the text of what is held."""
    if len(page.own_text) < MAX_NOTICE and (said := _GONE.search(page.own_text)):
        return Comparison(missing=f'its page says "{said[0]}"')
    if made is None:
        return Comparison(doubt="its page has nothing of it", page=page.digest)
    if held.complete and not made.complete:
        return Comparison(doubt="its page has no text any more", page=page.digest)
    return Comparison(True, state_digest(made), doubt="its page has another text and title", page=page.digest)


def _markup_of(answer: Fetched, made: Article | None) -> str:
    """Give what a page and its further parts say; of an answer for programs, what was made of it."""
    more = made.content if made else ""
    if made and answer.body.lstrip()[:1] in (b"{", b"["):
        return f"<h1>{html.escape(made.title)}</h1>{more}"
    return f"{read_text(answer.body, answer.content_type).text}<div>{more}</div>"


def _doubt(held: Article, made: Article) -> str:
    before, after = words_of(held.content), words_of(made.content)
    if is_notice(made) and len(after) * NOTICE_SHORTER < len(before):
        return "its text looks like a notice"
    if len(after) * SHRUNK < len(before):
        return f"its text has {len(after)} words in place of {len(before)}"
    if len(after) <= CUT * len(before) and before[: len(after)] == after:
        return "its text breaks off"
    return ""


class _Page:
    """What a page says, in and outside of links."""

    def __init__(self, markup: str) -> None:
        tree = parse_html(markup)
        for element in tree(["script", "style", "template", "noscript"]):
            element.decompose()
        self._text = _squeezed(text_of(str(tree)))
        for element in tree(["a", "nav", "footer"]):
            element.decompose()
        self.own_text = text_of(str(tree))

    def has(self, text: str) -> bool:
        """Tell whether the page says something, however it is spaced."""
        return bool(text) and _squeezed(text) in self._text

    @property
    def digest(self) -> str:
        """The hash of what it says, but for numbers: a page that is not there may repeat its address."""
        return hexdigest(re.sub(r"[\w./:-]*\d[\w./:-]*", "", self.own_text))


def _squeezed(text: str) -> str:
    return "".join(text.split())

"""The pages of the operator: how all sources do, rendered for each request and never written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import unescape
from importlib.resources import files
from urllib.parse import urlencode

from markupsafe import Markup, escape

from aggregator.model import ClusterState, Event, Owed, PollRecord, PollState
from aggregator.render.page import PageRenderer
from aggregator.render.pages import STYLE_SHEET
from aggregator.render.phrases import Phrases
from aggregator.settings import Site

STATUS = "status"
"""The path of the page of all sources; those of each lie below."""
SCRIPT = "status.js"
STATUS_SHEET = "status.css"
DAYS = 30
SIZE = 100
"""Sources on a page, where its address says nothing."""
MOODS = ("bad", "doubtful", "waiting", "good")
"""What sources are told apart by, the worst first."""
SORTS = ("state", "name", "success", "next", "articles")
_COMMAND = re.compile("`([^`]+)`")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """How one source does, in words."""

    name: str
    label: str
    kind: str
    address: str
    mood: str
    """One of ``MOODS``."""
    state: str
    due: datetime | None
    """When it is visited next; None where it is not."""
    why: str
    """Why then."""
    obstacle: str
    mend: str
    """What to do about it; commands stand between backticks."""
    succeeded: datetime | None
    leased: bool
    """Whether it is being visited."""
    days: tuple[int, ...]
    """How many articles came on each of the last ``DAYS`` days, today last."""
    owed: int
    watched: int
    """How many of its articles are looked at again, the first of them at ``next_look``."""
    next_look: datetime | None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """One page of the sources that were asked for, and the words by which they were."""

    now: datetime
    query: str = ""
    mood: str = ""
    sort: str = SORTS[0]
    descending: bool = False
    size: int = SIZE
    number: int = 1
    rows: tuple[SourceRow, ...] = ()
    count: int = 0
    """How many sources were asked for, on all pages."""
    moods: Mapping[str, int] = field(default_factory=dict)
    """How many of all sources there are of each mood."""
    notice: str = ""
    """What everybody should know who looks at it; empty for nothing."""
    sorts: tuple[str, ...] = SORTS
    cluster: ClusterState | None = None
    """The machines that share the work, where several do."""

    @property
    def address(self) -> str:
        """Its parameters, in a fixed order and without defaults."""
        values = {
            "q": self.query,
            "state": self.mood,
            "sort": self.sort if self.sort != SORTS[0] else "",
            "order": "desc" if self.descending else "",
            "size": str(self.size) if self.size != SIZE else "",
            "page": str(self.number) if self.number > 1 else "",
        }
        return "?" + urlencode({key: value for key, value in values.items() if value})

    def sorted_by(self, key: str) -> str:
        """The address of the same sources by another column, or by the same one the other way round."""
        turned = key == self.sort and not self.descending
        return replace(self, sort=key, descending=turned, number=1).address

    def only(self, mood: str) -> str:
        """The address of the sources of one mood; of all, where only those are shown."""
        return replace(self, mood="" if mood == self.mood else mood, number=1).address

    @property
    def newer(self) -> str:
        """The address of the page before it; empty where there is none, ``older`` too."""
        return replace(self, number=self.number - 1).address if self.number > 1 else ""

    @property
    def older(self) -> str:
        """The address of the page behind it."""
        return replace(self, number=self.number + 1).address if self.number * self.size < self.count else ""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """All that there is to say of one source."""

    now: datetime
    source: SourceRow
    state: PollState
    records: tuple[PollRecord, ...] = ()
    """What is remembered of its visits, the last one first."""
    robots: tuple[tuple[str, str], ...] = ()
    """Hosts, and what their robots.txt said last."""
    owed: tuple[Owed, ...] = ()
    """The first of what it owes, in the order of their times."""
    owed_count: int = 0
    filtered: int = 0
    """How many entries the user's own rules leave out."""
    events: tuple[Event, ...] = ()
    """The last one first."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a list as it was just read."""

    title: str
    address: str
    reason: str
    """Why it would be no article, or only its summary."""
    fields: tuple[tuple[str, str, str], ...]
    """Its fields, each with the selector or rule that gave it, and what that gave."""


class StatusPages(PageRenderer):
    """Renders the pages of the operator; ``theme`` may have texts of its own, and nothing else."""

    def __init__(self, site: Site, theme: Mapping[str, str] | None = None) -> None:
        texts = {name: text for name, text in (theme or {}).items() if name.startswith("texts/")}
        super().__init__(site, theme=texts, private=True)
        self._environment.filters |= {"commands": _commands, "phrase": Phrases(site.language)}

    def sources(self, page: StatusPage, form_token: str = "") -> bytes:
        """The page of all sources. With the token of a form it leads to what can be changed."""
        found = self._page(
            STATUS,
            "status/sources.html",
            feeds=(),
            page=page,
            up="",
            json=f"{STATUS}.json{page.address}",
            form_token=form_token,
        )
        return found.body

    def source(self, page: SourcePage, form_token: str = "", seen: str = "", notice: str = "") -> bytes:
        """The page of one source. With the token of a form it has what changes something.

        ``notice`` is the key of a text that stands before it; ``seen`` goes with each form, and tells the
        state that is shown from a later one.
        """
        found = self._page(
            f"{STATUS}/{page.source.name}",
            "status/source.html",
            feeds=(),
            page=page,
            source=page.source,
            up="../",
            json=f"{page.source.name}.json",
            form_token=form_token,
            seen_state=seen,
            notice=self._texts(notice) if notice else "",
        )
        return found.body

    def preview(
        self,
        named: tuple[str, str],
        matches: Sequence[Match],
        notes: Sequence[str],
        problem: str,
        form_token: str,
    ) -> bytes:
        """The page of what a source, by its name and its label, gives right now."""
        found = self._page(
            f"{STATUS}/{named[0]}/preview",
            "status/preview.html",
            feeds=(),
            name=named[0],
            label=named[1],
            matches=matches,
            notes=notes,
            problem=problem,
            up="../../",
            json="",
            form_token=form_token,
        )
        return found.body

    def addition(
        self,
        address: str,
        problem: str,
        form_token: str,
        planned: tuple[str, str, Sequence[str]],
        matches: Sequence[Match],
    ) -> bytes:
        """The page that finds out what an address is; ``planned`` has key, table and what was said."""
        found = self._page(
            f"{STATUS}/-/add",
            "status/add.html",
            feeds=(),
            address=address,
            problem=problem,
            key=planned[0],
            toml=planned[1],
            said=planned[2],
            matches=matches,
            up="../../",
            json="",
            form_token=form_token,
        )
        return found.body

    def text(self, key: str) -> str:
        """The text of a key, for people."""
        return unescape(self._texts(key))


def asset(name: str) -> bytes:
    """The script, or our style sheets: that of all pages first, whatever the theme has in its place."""
    folder = files("aggregator.render") / "assets"
    body = (folder / name).read_bytes()
    return body if name == SCRIPT else (folder / STYLE_SHEET).read_bytes() + body


def _commands(text: str) -> Markup:
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before

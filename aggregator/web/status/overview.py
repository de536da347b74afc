"""How the sources do, of what the store and the configuration say."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator.decide.cluster import explain_cluster
from aggregator.decide.explanation import explain, mood_of
from aggregator.model import STOPPED, ClusterState, Owed, PollState, Provenance
from aggregator.render.status import DAYS, MOODS, SIZE, SORTS, SourcePage, SourceRow, StatusPage
from aggregator.settings import Config, Source
from aggregator.store import Store
from aggregator.store.upkeep.status import Brief, SourceState

MAX_SIZE = 1000
"""Sources on a page."""
MAX_ROBOTS, MAX_OWED, MAX_EVENTS = 20, 50, 20
"""Articles whose hosts are named on a source's page, and debts and events that stand there."""
NEVER = datetime(1, 1, 1, tzinfo=UTC)


def read_page(parameters: Mapping[str, str], now: datetime) -> StatusPage:
    """Read which sources the parameters of an address ask for; invalid ones are left out."""
    order = parameters.get("order", "")
    sort = parameters.get("sort", "")
    mood = parameters.get("state", "")
    return StatusPage(
        now,
        query=parameters.get("q", "").strip()[:200],
        mood=mood if mood in MOODS else "",
        sort=sort if sort in SORTS else SORTS[0],
        descending=order == "desc",
        size=_number(parameters.get("size", ""), SIZE, MAX_SIZE),
        number=_number(parameters.get("page", ""), 1, 10**6),
    )


class StatusOverview:
    """Says how the sources of a configuration do; blocking, so call it in a thread."""

    def __init__(self, config: Config, store: Store, clock: Callable[[], datetime]) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._zone = ZoneInfo(config.site.timezone)

    def page(self, parameters: Mapping[str, str]) -> StatusPage:
        """Return the page that an address asks for. Raises StoreError."""
        now = self._clock()
        asked = read_page(parameters, now)
        known = {one.name: one for one in self._store.briefs()}
        briefs = [known.get(one.name) or _unknown(one, now) for one in self._config.sources]
        moods = {one.name: mood_of(_state_of(one)) for one in briefs}
        counts = Counter[str](moods.values())
        wanted = [one for one in briefs if self._is_wanted(one, moods[one.name], asked)]
        shown = self._sorted(wanted, moods, asked)[(asked.number - 1) * asked.size :][: asked.size]
        return replace(
            asked,
            rows=tuple(self.rows([one.name for one in shown], now)),
            count=len(wanted),
            moods={mood: counts[mood] for mood in MOODS},
            cluster=self.cluster(now),
        )

    def cluster(self, now: datetime) -> ClusterState | None:
        """Return how the machines do that share the work; None where none are to. Raises StoreError."""
        if self._config.cluster is None:
            return None
        renders = any(source.browser for source in self._config.sources)
        return explain_cluster(self._store.living_nodes(), self._store.queues(), now, renders=renders)

    def rows(self, names: Sequence[str], now: datetime) -> list[SourceRow]:
        """Return how some sources do, in their order."""
        states = self._store.source_states(names)
        days = self._store.arrivals(self._days(now), names)
        sources = [source for name in names if (source := self._config.source(name))]
        return [
            _row(
                one,
                states.get(one.name) or SourceState(PollState(one.name, now)),
                days.get(one.name, ()),
                now,
            )
            for one in sources
        ]

    def configured(self, name: str) -> Source | None:
        """Return a source of the configuration; None where there is none of that name."""
        return self._config.source(name)

    def source(self, name: str) -> SourcePage | None:
        """Return all that there is to say of a source; None where there is none of that name.

        Raises StoreError.
        """
        now, store = self._clock(), self._store
        source = self._config.source(name)
        if source is None:
            return None
        held = store.source_states([name]).get(name) or SourceState(PollState(name, now))
        days = store.arrivals(self._days(now), [name]).get(name, ())
        debts = store.owed(name)
        owed = [debt for debt in debts if debt.reason != "filtered"]
        return SourcePage(
            now,
            _row(source, held, days, now),
            held.state,
            records=tuple(store.records(name)),
            robots=tuple(_robots(source, held.state, store.last_provenance(name, MAX_ROBOTS)).items()),
            owed=tuple(replace(debt, entry=None) for debt in owed[:MAX_OWED]),
            owed_count=len(owed),
            filtered=len(debts) - len(owed),
            events=tuple(store.source_events(name, MAX_EVENTS)),
        )

    def _days(self, now: datetime) -> list[datetime]:
        """Return when each of the last days began at the site, today last."""
        today = now.astimezone(self._zone).date()
        days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        return [datetime.combine(day, time(), self._zone).astimezone(UTC) for day in days]

    def _is_wanted(self, one: Brief, mood: str, asked: StatusPage) -> bool:
        if asked.mood and mood != asked.mood:
            return False
        source = self._config.source(one.name)
        if not asked.query or source is None:
            return True
        said = f"{source.name}\n{source.shown_as}\n{source.url}\n{source.page}".casefold()
        return all(word in said for word in asked.query.casefold().split())

    def _sorted(self, briefs: Sequence[Brief], moods: Mapping[str, str], asked: StatusPage) -> list[Brief]:
        """Sort what was asked for; what is equal stays in the order of its labels."""
        labels = {one.name: one.shown_as.casefold() for one in self._config.sources}
        ordered = sorted(briefs, key=lambda one: labels[one.name], reverse=asked.descending)
        keys: dict[str, Callable[[Brief], Any]] = {
            "state": lambda one: MOODS.index(moods[one.name]),
            "success": lambda one: one.succeeded or NEVER,
            "next": lambda one: STOPPED if one.paused else one.due,
        }
        if asked.sort == "articles":
            counts = self._store.arrivals(self._days(asked.now)[:1])
            keys["articles"] = lambda one: -sum(counts.get(one.name, ()))
        return (
            sorted(ordered, key=keys[asked.sort], reverse=asked.descending) if asked.sort in keys else ordered
        )


def _row(source: Source, held: SourceState, days: tuple[int, ...], now: datetime) -> SourceRow:
    budget = held.owed.get("budget")
    owed = [Owed("", "budget", "", budget[1])] if budget else []
    said = explain(source, held.state, now, owed=owed, leased=held.leased)
    return SourceRow(
        name=source.name,
        label=source.shown_as,
        kind=source.kind,
        address=source.url,
        mood=said.mood,
        state=said.state,
        due=said.due,
        why=said.why,
        obstacle=said.obstacle,
        mend=said.mend,
        succeeded=held.state.succeeded,
        leased=held.leased,
        days=days or (0,) * DAYS,
        owed=sum(count for reason, (count, _) in held.owed.items() if reason != "filtered"),
        watched=held.watched,
        next_look=held.state.revisit_at,
    )


def _robots(source: Source, state: PollState, origins: Sequence[Provenance]) -> dict[str, str]:
    """Say what robots.txt said last, by host: of the list, and of the pages of the last articles."""
    said = {_host(source.url): state.robots} if state.robots else {}
    for origin in origins:
        for receipt in origin.receipts:
            if receipt.robots:
                said.setdefault(_host(receipt.address), receipt.robots)
    return said


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return address


def _unknown(source: Source, now: datetime) -> Brief:
    return Brief(source.name, "new", 0, now, None, None, "")


def _state_of(one: Brief) -> PollState:
    return PollState(
        one.name, one.due, status=one.status, failures=one.failures, paused=one.paused, moved=one.moved
    )


def _number(text: str, otherwise: int, most: int) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    return min(max(int(text), 1), most) if is_number else otherwise

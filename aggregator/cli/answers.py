"""What is to be said of a source, an article, a feed, or an address of which nothing is known."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from aggregator.app import App
from aggregator.cli.context import counted, id_of
from aggregator.cli.tables.explanation import Answer
from aggregator.cli.tables.terminal import show_time_from
from aggregator.content.filter import refuse_entry
from aggregator.decide.explanation import DEBTS, UNREAD, Explanation, explain, explain_debt
from aggregator.errors import ReadError, StoreError
from aggregator.model import Entry, KeptArticle, Owed, PollState, Topic, TopicState
from aggregator.publish.whereabouts import Whereabouts
from aggregator.render import paths
from aggregator.settings import NamedFeed, Source, closest
from aggregator.text.addresses import canonical, comparable, same_site

MAX_NAMED = 5
"""Sources of one site that are named where an address is not known."""


class Answers:
    """Answers from the store and the configuration alone; ``now`` is the time."""

    def __init__(self, app: App, now: datetime) -> None:
        self._config = app.config
        self._store = app.store
        self._documents = app.publisher.documents
        self._now = now
        self._zone = ZoneInfo(app.config.site.timezone)
        self._namespaces = [source.identity for source in app.config.sources]

    def of_name(self, name: str) -> list[Answer]:
        """Explain a source by its name, or an article by its id; empty where there is neither."""
        if source := self._config.source(name):
            return [self._source(source)]
        return self._known([name]) or self._departed(name)

    def of_address(self, addresses: Sequence[str]) -> list[Answer]:
        """Explain an address, written in one or several ways: a source's, an article's, ours, or unknown."""
        for address in addresses:
            if (path := self._own_path(address)) is not None:
                return [*self._own(path)]
        names = list(dict.fromkeys([*addresses, *map(canonical, addresses)]))
        forms = {comparable(name) for name in names}
        sources = [self._source(one) for one in self._config.sources if comparable(one.url) in forms]
        return sources or self._known(names) or [self._unknown(addresses[0])]

    def nothing(self, name: str) -> str:
        """Say that nothing has this name."""
        names = [source.name for source in self._config.sources]
        return f'there is no source "{name}", and no article of this id{closest(name, names)}'

    def _source(self, source: Source) -> Answer:
        try:
            state = self._store.state(source.name)
        except StoreError:
            unknown = "It is new: neither a daemon nor a poll has met it yet."
            return Answer(source.shown_as, [unknown], (), ["`aggregator poll` visits it"])
        debts = self._store.owed(source.name)
        told = explain(source, state, self._now, owed=debts)
        sentences = [*self._sentences_of_source(source, state, told), *_counted_debts(debts)]
        listed = [f"`aggregator sources {source.name}` lists what it owes"] if debts else []
        return Answer(source.shown_as, sentences, (), [told.mend, *listed])

    def _sentences_of_source(self, source: Source, state: PollState, told: Explanation) -> Iterator[str]:
        error = f": {told.obstacle}" if told.obstacle else ""
        times = f" ({state.failures} times in a row)" if state.failures > 1 else ""
        yield f"{source.name} {told.state}{error}{times}."
        if told.due:
            yield f"Its next visit is due {self._when(told.due)}: {told.why}."
        else:
            yield f"No visit is due: {told.why}."
        if state.polled:
            yield f"Its last visit was {self._when(state.polled)}."
            good = f"Its last good visit was {self._when(state.succeeded)}."
            yield good if state.succeeded else "None of its visits went well yet."
        if state.revisit_at and source.revisit and told.due:
            yield f"The first of its articles is looked at again {self._when(state.revisit_at)}."
        yield f"Its list is {source.url}" + (f"; robots.txt: {state.robots}." if state.robots else ".")
        if state.moved:
            yield f"That address leads to {state.moved} since {self._when(state.moved_since)}."

    def _departed(self, name: str) -> list[Answer]:
        """Explain a source that left the configuration."""
        try:
            state = self._store.state(name)
        except StoreError:
            return []
        left = f"It left the configuration, and was visited last {self._when(state.polled)}."
        stays = "What is held of it stays published."
        return [Answer(name, [left, stays], (), [f"`aggregator forget {name}` takes that out, too"])]

    def _known(self, names: Sequence[str]) -> list[Answer]:
        """Explain what is held, owed or removed under some ids or addresses."""
        owing = self._store.owing(names)
        if held := self._store.find_all(self._store.ids_of(names, self._namespaces)):
            return [self._article(kept, owing) for kept in held]
        if gone := self._store.removed_as(names, self._namespaces):
            why = f"It was removed for good, {self._when(gone.removed_at)}: {gone.reason}."
            return [Answer(gone.address or gone.id, [why, "It never comes in again."])]
        return [self._debt(name, debt) for name, debt in owing]

    def _article(self, kept: KeptArticle, owing: Sequence[tuple[str, Owed]]) -> Answer:
        sentences, advice = [*self._sentences_of_article(kept)], []
        for name, debt in owing:
            why, mend = self._said_of_debt(name, debt)
            before = "; it came before that rule" if debt.reason == "filtered" else ""
            sentences.append(f"{name} owes it: {why}{before}.")
            advice.append(mend)
        feeds = Whereabouts(self._config, self._store, self._documents).of(kept)
        return Answer(kept.article.title, sentences, feeds, advice)

    def _sentences_of_article(self, kept: KeptArticle) -> Iterator[str]:
        article, source = kept.article, self._config.source(kept.article.source)
        yield f"It is held since {self._when(kept.first_seen)}, from {article.source}: {article.address}"
        yield f"It is filed under {', '.join(one.category.label for one in kept.filings)}."
        if self._store.published([kept.id]):
            yield f"It is published: {paths.absolute(self._config.site, paths.share_path(kept.id))}"
        else:
            yield "It waits to be published, which `aggregator publish` or a running daemon does."
        if source and source.publish != "full":
            yield f"Only its {source.publish} is published (publish)."
        if source is None:
            yield f"{article.source} left the configuration; its articles stay."
        if not article.complete:
            yield "A summary stands in for its text, which could not be had yet."
        if kept.changed:
            yield f"It changed {counted(kept.changes, 'time')}, last {self._when(kept.changed)}."
        if kept.missing_since:
            counts = ", which counts as withdrawn" if kept.withdrawn else ""
            yield f"Its source does not show it since {self._when(kept.missing_since)}{counts}."

    def _debt(self, name: str, debt: Owed) -> Answer:
        """Explain an entry that is no article yet."""
        why, mend = self._said_of_debt(name, debt)
        sentences = [f"{name} lists it, and it is no article: {why}."]
        if debt.reason not in ("filtered", "incomplete"):
            sentences.append(f"It is tried again {self._when(debt.retry_at)}.")
        title = debt.entry.title if debt.entry else ""
        return Answer(title or debt.key, sentences, (), [mend])

    def _said_of_debt(self, name: str, debt: Owed) -> tuple[str, str]:
        source = self._config.source(name)
        return explain_debt(source, debt) if source else (f"{debt.reason}: {debt.message}", "")

    def _unknown(self, address: str) -> Answer:
        """Explain an address of which nothing is known, by the sources that read its site."""
        known = [source for source in self._config.sources if same_site(source.url, address)]
        if not known:
            host = urlsplit(address).hostname
            return Answer(address, [f"No source reads {host}."], (), [f"`aggregator add {address}`"])
        sentences = ["It was never listed: it is neither held nor owed, and was not removed."]
        for source in known[:MAX_NAMED]:
            sentences += [f"Its site is read: {one}" for one in self._source(source).sentences[:1]]
            sentences += _bars(source, address)
        name = known[0].name if len(known) == 1 else "NAME"
        advice = (
            f"`aggregator preview {name}` shows what a list has now",
            f"`aggregator backfill {name}` reads its older pages",
        )
        return Answer(address, sentences, (), advice)

    def _own_path(self, address: str) -> str | None:
        """Give the path of an address of our own site; None for those of others.

        What readers are shown has the same paths, behind a token that is never shown.
        """
        here, config = urlsplit(address), self._config
        ours = [config.site.root, *([f"http://{config.server.listen}"] if config.server else [])]
        for root in map(urlsplit, ours):
            if here.netloc == root.netloc and f"{here.path}/".startswith(f"{root.path}/"):
                path = unquote(here.path.removeprefix(root.path).lstrip("/"))
                folder, _, below = path.partition("/")
                return below.partition("/")[2] if folder == paths.PRIVATE else path
        return None

    def _own(self, path: str) -> Iterator[Answer]:
        """Explain an address of ours: of an article, an earlier state of one, a feed or a category."""
        if path.startswith("share/"):
            article = id_of(f"/{path}").partition("/")[0]
            nothing = Answer(path, ["There is no article of this id, and none was removed."])
            yield from self._known([article]) or [nothing]
        elif topic := paths.topic_at(path):
            yield self._feed(self._store.topic(topic))
        else:
            yield Answer(path, ["It is an address of our own site, but neither an article's nor a feed's."])

    def _feed(self, state: TopicState) -> Answer:
        topic = state.topic
        feeds = {Topic("feed", one.name): one for one in self._config.feeds}
        feed = feeds.get(Topic(topic.kind, topic.name))
        source = self._config.source(topic.name) if topic.kind == "source" else None
        name = paths.feed_path(topic, "atom")
        if not state.articles and not feed and topic.name and not source:
            home = paths.absolute(self._config.site, paths.FEEDS_PAGE)
            nothing = "There is no such feed: no article is of its topic, and no [[feed]] has its name."
            return Answer(name, [nothing], (), [f"{home} lists the feeds that there are"])
        about = self._source(source) if source else Answer("", ())
        return Answer(name, [*self._sentences_of_feed(state, feed), *about.sentences], (), about.advice)

    def _sentences_of_feed(self, state: TopicState, feed: NamedFeed | None) -> Iterator[str]:
        shown = self._documents.ids_in_feed(state)
        older = f", and the older ones in {counted(state.archives, 'archive')}" if state.archives else ""
        yield f"{counted(state.articles)} belong to it; it shows {len(shown)}{older}."
        if newest := self._store.find(shown[0]) if shown else None:
            yield f"The last one is “{newest.article.title}”, held since {self._when(newest.first_seen)}."
        if state.leads_to:
            yield f"The category was renamed: its articles stand under {state.leads_to.label}."
        if feed:
            keys = feed.model_dump(exclude={"name", "label"}, exclude_defaults=True, mode="json")
            yield "It takes: " + ", ".join(f"{key} = {value}" for key, value in keys.items()) + "."
        if waiting := self._store.publication().articles:
            yield f"{counted(waiting)} of the whole site wait to be published."

    def _when(self, moment: datetime | None) -> str:
        return show_time_from(moment, self._now, self._zone) if moment else "never"


def _counted_debts(debts: Sequence[Owed]) -> Iterator[str]:
    """Say how many entries are owed for which reason."""
    reasons = Counter(debt.reason for debt in debts)
    if left_out := reasons.pop("filtered", 0):
        yield f"Your rules leave out {left_out} of what it lists."
    for reason, count in reasons.most_common():
        entries = "entry" if count == 1 else "entries"
        yield f"It owes {count} {entries} ({reason}: {DEBTS.get(reason, UNREAD)})."


def _bars(source: Source, address: str) -> Iterator[str]:
    """Say what of a source's table keeps an address out, or may do so."""
    try:
        refusal = refuse_entry(source, Entry(address, address=address))
    except ReadError as exc:
        refusal = str(exc)
    if refusal:
        yield f"Your rule of {source.name} would leave it out: {refusal}."
    if source.limit:
        yield f"Only the first {source.limit} entries of the list of {source.name} count (limit)."

"""The program's own news in plain words: what happened, why, and what to do."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html import unescape
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aggregator.model import Article, Event, KeptArticle
from aggregator.render import paths
from aggregator.render.feeds.item import SUMMARY_LENGTH, Item
from aggregator.render.texts import Texts
from aggregator.render.xml import to_second, xml_text
from aggregator.settings import Site
from aggregator.text.excerpt import opening

HAPPY_ENDS = ("source-back", "configuration-loaded", "schema-released")
"""Of these kinds it goes without saying that an event is over."""
COMMAND = re.compile("`([^`]+)`")


class EventTexts:
    """Writes events in the language of a site; ``label_of`` gives what people see of a source."""

    def __init__(self, site: Site, theme: Mapping[str, str], label_of: Callable[[str], str]) -> None:
        self._site = site
        self._texts = Texts(site.language, theme)
        self._zone = ZoneInfo(site.timezone)
        self._label_of = label_of

    def entry(self, event: Event) -> Item:
        """An event as an entry of the operations feed."""
        paragraphs = self._paragraphs(event, event.kind)
        if event.ended and event.kind not in HAPPY_ENDS:
            paragraphs.append(self._texts("event_over", time=self._when(event.ended)))
        content = COMMAND.sub(r"<code>\1</code>", _html(paragraphs))
        title = self._texts(f"title_{event.kind}", title=self._label(event))
        return self._item(paths.event_urn(event), title, content, (event.opened, event.updated))

    def notice(self, event: Event) -> Item | None:
        """A source's long trouble as its subscribers are told of it; None where it left in the meantime."""
        if event.lasted is None or (event.ended and event.kind != "source-back"):
            return None
        key, updated = ("notice_back", event.ended) if event.ended else ("notice", event.lasted)
        label = self._label(event)
        text = self._texts(key, title=label, since=self._when(event.since), ended=self._when(updated))
        title = self._texts(f"title_{key}", title=label)
        item_id = paths.event_urn(event, to="subscribers")
        return self._item(item_id, title, _html([text]), (event.lasted, updated), event.subject)

    def article(self, event: Event, kind: str) -> KeptArticle:
        """An event, as it stands or stood, in the place of an article in messages; its version is 0."""
        label, paragraphs = self._label(event), self._paragraphs(event, kind)
        article = Article(
            namespace="",
            key=event.id,
            source=event.subject if event.is_of_source else "",
            title=label,
            address="",
            content=_html(paragraphs),
            summary=unescape("\n".join(paragraphs)),
            published=event.opened,
            updated=event.updated,
            labels=(),
        )
        return KeptArticle(event.id, 0, event.sequence, event.opened, article, (), label=label)

    def _paragraphs(self, event: Event, kind: str) -> list[Markup]:
        values = {"name": event.subject, "since": self._when(event.since), "detail": event.detail}
        return self._texts(f"event_{kind}", title=self._label(event), **values).split("\n")

    def _item(
        self, item_id: str, title: Markup, content: str, dates: tuple[datetime, datetime], source: str = ""
    ) -> Item:
        home, content = paths.absolute(self._site, paths.HOME), xml_text(content)
        return Item(
            id=item_id,
            title=xml_text(unescape(title)),
            original=home,
            share=home,
            content=content,
            summary=opening(content, SUMMARY_LENGTH),
            authors=(xml_text(self._site.title) or self._site.root,),
            source=source,
            source_label=xml_text(self._label_of(source)) or source,
            published=to_second(dates[0]),
            updated=to_second(dates[1]),
            language="",
            categories=(),
            tags=(),
            picture="",
            enclosures=(),
        )

    def _label(self, event: Event) -> str:
        """What an event is about, as people know it."""
        if event.is_of_source:
            return self._label_of(event.subject)
        return event.subject or self._site.title

    def _when(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _html(paragraphs: list[Markup]) -> str:
    return "".join(f"<p>{one}</p>" for one in paragraphs)

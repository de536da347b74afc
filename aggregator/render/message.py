"""What receivers are told: a subject, a text and HTML for people, and JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aggregator.errors import PublishError
from aggregator.model import Change, KeptArticle
from aggregator.render import filters, paths
from aggregator.render.difference import Difference, marked
from aggregator.render.texts import Texts
from aggregator.settings import Site
from aggregator.text.difference import Spans
from aggregator.text.query import Query, fold_case, searched, snippet
from aggregator.text.query import mark as pieces_of
from aggregator.text.text import fold, scrub, text_of

MAX_SUBJECT = 150
"""Characters of a subject."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a receiver is told."""

    kept: KeptArticle
    change: Change
    rules: tuple[str, ...]
    query: Query
    difference: Difference | None = None
    """What was changed, where that is what happened and it may be shown."""
    others: tuple[KeptArticle, ...] = ()
    """The articles of other sources that are the same text."""
    authority: int = 0
    """Of its source; official ones come first."""
    file_text: str = ""
    """The text of a file in which words stand, where the article itself has none."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: one hit, or several as a digest."""

    subject: str
    text: str
    html: str
    data: dict[str, Any]
    """For programs; ``docs/alerts.md`` has its schema."""

    @property
    def json(self) -> str:
        """The data as it is sent and signed."""
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))


class Messages:
    """Writes messages in the language of a site; ``template`` is a user's own for the text.

    Raises PublishError for one that is none.
    """

    def __init__(self, site: Site, template: str = "") -> None:
        self._site = site
        self._texts = Texts(site.language)
        self._zone = ZoneInfo(site.timezone)
        loader = PackageLoader("aggregator.render", "templates")
        plain = SandboxedEnvironment(loader=loader, autoescape=False, undefined=StrictUndefined)
        marked = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
        for environment in (plain, marked):
            environment.trim_blocks = environment.lstrip_blocks = True
            environment.globals["text"] = self._texts if environment is marked else self._plain
            environment.globals["site"] = site
            environment.globals["when"] = self._when
            environment.globals["mirror"] = self._mirror
            environment.filters |= filters.page_filters(site, self._zone, self._texts)
            environment.globals |= {"excerpt": self._excerpt, "lines": _lines}
        plain.globals["marked"] = partial(_marked, mark="*{}*")
        marked.globals["marked"] = partial(_marked, mark=Markup("<mark>{}</mark>"))
        try:
            self._text = plain.from_string(template) if template else plain.get_template("message.txt")
        except TemplateError as exc:
            raise PublishError(f"its template is none: {exc}") from exc
        self._html = marked.get_template("message.html")

    def write(self, hits: Sequence[Hit]) -> Message:
        """Write a message of one hit or several. Raises PublishError where the user's template fails."""
        subject = self._title(hits[0]) if len(hits) == 1 else str(self._texts("digest", count=len(hits)))
        groups = _grouped(hits)
        try:
            text = self._text.render(hits=hits, groups=groups, title=self._title, subject=subject)
        except Exception as exc:  # a template of the user's may do anything
            raise PublishError(f"its template fails: {exc}") from exc
        return Message(
            subject=fold(scrub(subject))[:MAX_SUBJECT],
            text=scrub(text),
            html=scrub(self._html.render(hits=hits, groups=groups, title=self._title, subject=subject)),
            data={"version": 1, "site": self._site.root, "hits": [self._data(hit) for hit in hits]},
        )

    def _data(self, hit: Hit) -> dict[str, Any]:
        article = hit.kept.article
        return {
            "kind": hit.change.kind,
            "at": hit.change.at.isoformat(),
            "rules": list(hit.rules),
            "id": hit.kept.id,
            "version": hit.change.version,
            "title": scrub(article.title),
            "source": article.source,
            "categories": [filing.category.label for filing in hit.kept.filings],
            "published": (article.day or article.published).isoformat() if article.dated else None,
            "address": article.address,
            "mirror": self._mirror(hit.kept),
            "excerpt": scrub(self._excerpt(hit)),
            "also": [
                {"id": one.id, "source": one.article.source, "address": one.article.address}
                for one in hit.others
            ],
            "words": [word for word in hit.query.words if any(word in text for text in searched(article))],
            "difference": [marked(line) for line in _lines(hit)],
        }

    def _title(self, hit: Hit) -> str:
        title = fold(scrub(hit.kept.article.title)) or hit.kept.id
        return title if hit.change.kind == "new" else self._plain(f"title_{hit.change.kind}", title=title)

    def _plain(self, key: str, **values: object) -> str:
        return unescape(self._texts(key, **values))

    def _when(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"

    def _mirror(self, kept: KeptArticle) -> str:
        path = paths.share_path(kept.id) if kept.version else paths.OPERATIONS_FEED
        return paths.absolute(self._site, path)

    def _excerpt(self, hit: Hit) -> str:
        article = hit.kept.article
        if not hit.kept.version:
            return article.summary  # whole, since what to do comes last
        return snippet(hit.query, hit.file_text or text_of(article.content) or fold(article.summary), 200)


def _grouped(hits: Sequence[Hit]) -> dict[str, dict[str, list[Hit]]]:
    """Group hits by rule and source; words in titles come before words in texts, official sources first."""
    groups: dict[str, dict[str, list[Hit]]] = {}
    for hit in sorted(hits, key=lambda hit: (not _in_title(hit), -hit.authority, -hit.change.number)):
        groups.setdefault(hit.rules[0], {}).setdefault(hit.kept.source_label, []).append(hit)
    return groups


def _in_title(hit: Hit) -> bool:
    title = fold_case(hit.kept.article.title)
    return any(word in title for word in hit.query.words)


def _marked(hit: Hit, text: str, mark: str) -> str:
    """Mark in a text what a hit is of; ``mark`` has the form of a marked piece, and is Markup for HTML."""
    empty = type(mark)()
    return empty.join(mark.format(piece) if wanted else piece for piece, wanted in pieces_of(hit.query, text))


def _lines(hit: Hit) -> list[Spans]:
    """What was changed, a line for each fact and block that differs."""
    return hit.difference.lines if hit.difference else []

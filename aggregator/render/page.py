"""What every HTML page has: the templates with what they may use, the frame, links and feeds."""

import re
from collections.abc import Callable, Mapping
from copy import copy
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any, Self
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aggregator.model import EVERYTHING, Category, Document, Provenance
from aggregator.render import filters, paths
from aggregator.render.body import is_only_files
from aggregator.render.links import TopicFeeds, forms_of, links_from
from aggregator.render.rows import Rows
from aggregator.render.texts import Texts
from aggregator.settings import Site

MAX_FRAGMENTS = 2048
"""Pieces of pages that are remembered, each of a few KB: three for each category, or set of them."""
MAX_MOMENTS = 4096
"""Times as pages show them that are remembered: a page has some of its own several times."""
MAX_PROVENANCES = 256
"""Answers and rules that are remembered, each of a KB: articles of one poll have them in common."""
LONG_TITLE = 70
"""Characters from which on a title is set in smaller type."""
# What HTML forbids, in UTF-8: control characters (C1 are of two bytes) and noncharacters, which are U+FDD0 to
# U+FDEF and the last two of each plane. Each pattern is looked for only where its first byte is there, with
# which it begins: a set of bytes in its place takes ten times as long.
CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
FORBIDDEN = (
    (b"\xc2", re.compile(rb"\xc2[\x80-\x9f]")),
    (b"\xef", re.compile(rb"\xef\xb7[\x90-\xaf]")),
    (b"\xef", re.compile(rb"\xef\xbf[\xbe\xbf]")),
    *(
        (byte, re.compile(byte + rb".\xbf[\xbe\xbf]", re.DOTALL))
        for byte in map(bytes, zip(range(0xF0, 0xF5)))
    ),
)


class PageRenderer:
    """Renders templates as HTML pages of a site. The same input gives the same bytes.

    ``theme`` has the user's own templates, style sheet and texts by file name, in place of ours. ``search``
    says whether a server answers searches, ``private`` whether the pages are for no search engine.
    """

    def __init__(
        self,
        site: Site,
        *,
        theme: Mapping[str, str] | None = None,
        search: bool = False,
        private: bool = False,
    ) -> None:
        self._site = site
        self._theme = theme or {}
        self._texts = Texts(site.language, self._theme)
        # The sandbox is for templates of the user's own.
        environment = (
            SandboxedEnvironment if any(name.endswith(".html") for name in self._theme) else Environment
        )
        self._environment = environment(
            loader=ChoiceLoader([DictLoader(self._theme), PackageLoader("aggregator.render", "templates")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
        )
        self._fragment = lru_cache(MAX_FRAGMENTS)(self._render_fragment)
        self._rows = Rows()
        self._feeds = lru_cache(MAX_FRAGMENTS)(self._find_feeds)
        self._zone = ZoneInfo(site.timezone)
        self._environment.globals |= {
            "site": site,
            "private": private,
            "text": self._texts,
            "home_path": paths.HOME,
            "style_path": paths.STYLE,
            "icon_path": paths.ICON,
            "opml_path": paths.OPML,
            "feeds_path": paths.FEEDS_PAGE,
            "search_path": paths.SEARCH if search else "",
            "share_path": paths.share_path,
            "revision_path": paths.revision_path,
            "category_path": paths.category_path,
            "list_path": paths.list_path,
            "absolute": partial(paths.absolute, site),
            "long_title": LONG_TITLE,
        }
        self._environment.tests["timed"] = lambda value: isinstance(value, datetime)
        self._environment.filters |= filters.page_filters(site, self._zone, self._texts) | {
            "is_only_files": is_only_files,
            # As a filter of a constant, Jinja writes the words into the template when it is compiled.
            "text": self._texts,
            "provenance": lru_cache(MAX_PROVENANCES)(self._write_provenance),
        }
        # A filter is called directly, a global by way of the context, which costs as much again.
        both = {"moment": lru_cache(MAX_MOMENTS)(self._write_moment)}
        self._environment.globals |= both
        self._environment.filters |= both

    def _page(
        self,
        path: str,
        template: str,
        *,
        feeds: tuple[TopicFeeds, ...],
        to: Callable[[str], str] | None = None,
        **values: object,
    ) -> Document:
        to = to or links_from(path.count("/"))
        fragment = partial(self._fragment, to=to, feeds=feeds)
        found = self._environment.get_template(template)
        rendered = found.render(
            to=to,
            feeds=feeds,
            fragment=fragment,
            rows=self._rows.write,
            teasers_of=self._rows.teasers,
            **values,
        )
        body = rendered.encode(errors="ignore").translate(None, CONTROLS)
        for part, forbidden in FORBIDDEN:
            if part in body:
                body = forbidden.sub(b"", body)
        return Document(path, body)

    def _render_fragment(
        self, name: str, to: Callable[[str], str], feeds: tuple[TopicFeeds, ...], **values: object
    ) -> Markup:
        """What is the same on all pages of a depth with these feeds and values, rendered once for them."""
        template = self._environment.get_template(name)
        return Markup(template.render(to=to, feeds=feeds, **values))  # noqa: S704 - a template escapes

    def for_store(self) -> Self:
        """The same pages for another store, which may hold other articles under the ids in rows."""
        other = copy(self)
        other._rows = Rows()
        return other

    def follow(self, lineage: str) -> None:
        """Forget the rows where the lineage is another one: others may have their ids and versions."""
        self._rows.follow(lineage)

    def _write_moment(self, value: datetime | date) -> Markup:
        """A time as the macro of ``parts.html`` writes it, for pages that import nothing else of it."""
        module: Any = self._environment.get_template("parts.html").module
        return Markup(module.moment(value))  # noqa: S704 - a template escapes

    def _write_provenance(self, provenance: Provenance) -> Markup:
        """Where an article came from, which most of one poll have in common."""
        template = self._environment.get_template("provenance.html")
        return Markup(template.render(provenance=provenance))  # noqa: S704 - a template escapes

    def _find_feeds(self, *categories: Category | None) -> tuple[TopicFeeds, ...]:
        topics = [paths.category_topic(one) if one else EVERYTHING for one in categories]
        everything = str(self._texts("everything"))
        return tuple(TopicFeeds(topic.label or everything, forms_of(topic)) for topic in topics)

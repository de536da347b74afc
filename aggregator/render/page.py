"""What every HTML page has: the templates with what they may use, the frame, links and feeds."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, DictLoader, Environment, PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from aggregator.model import EVERYTHING, Category, Document
from aggregator.render import filters, paths
from aggregator.render.body import is_only_files
from aggregator.render.links import TopicFeeds, forms_of, links_from
from aggregator.render.texts import Texts
from aggregator.settings import Site
from aggregator.text.text import scrub

MAX_FRAGMENTS = 2048
"""Pieces of pages that are remembered, each of a few KB: three for each category, or set of them."""
LONG_TITLE = 70
"""Characters from which on a title is set in smaller type."""
# Noncharacters, which XML allows and HTML forbids: U+FDD0 to U+FDEF, and the last two of each further plane.
NONCHARACTERS = re.compile(rb"\xef\xb7[\x90-\xaf]"), re.compile(rb"[\xf0-\xf4].\xbf[\xbe\xbf]", re.DOTALL)


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
        self._zone = ZoneInfo(site.timezone)
        self._environment.globals |= {
            "site": site,
            "private": private,
            "text": self._texts,
            "home_path": paths.HOME,
            "style_path": paths.STYLE,
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
        }

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
        rendered = found.render(to=to, feeds=feeds, fragment=fragment, **values)
        body = scrub(rendered).encode()
        for forbidden in NONCHARACTERS:
            body = forbidden.sub(b"", body)
        return Document(path, body)

    def _render_fragment(self, name: str, to: Callable[[str], str], feeds: tuple[TopicFeeds, ...]) -> Markup:
        """What is the same on all pages of a depth and with these feeds, rendered once for them."""
        template = self._environment.get_template(name)
        return Markup(template.render(to=to, feeds=feeds))  # noqa: S704 - a template escapes

    def _feeds(self, *categories: Category | None) -> tuple[TopicFeeds, ...]:
        topics = [paths.category_topic(one) if one else EVERYTHING for one in categories]
        everything = str(self._texts("everything"))
        return tuple(TopicFeeds(topic.label or everything, forms_of(topic)) for topic in topics)

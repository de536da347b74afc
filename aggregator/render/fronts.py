"""What shows articles (feeds, archives, pages of categories), with all that it takes to write it anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Concatenate, ParamSpec

from aggregator.model import Document, KeptArticle, Topic
from aggregator.render.articles import Look, Renderer, make_renderer
from aggregator.render.feeds import FORMS, Items, render_archive
from aggregator.render.pages import Pages
from aggregator.settings import Site

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class FeedsOf:
    """The feeds of a topic, or an archive of them."""

    write: partial[list[Document]]
    """``render_feeds`` or ``write_archive``, with all that it needs of the store."""

    @property
    def size(self) -> int:
        """How many documents it is at most."""
        return len(FORMS)

    def documents(self, renderer: Renderer) -> list[Document]:
        """Write them, with the entries that a renderer remembers."""
        return self.write(items=renderer.items)


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of a category."""

    write: Callable[..., Document]
    """A method of ``Pages``."""
    given: tuple[object, ...]
    """All that it needs of the store."""

    @property
    def size(self) -> int:
        """How many documents it is."""
        return 1

    def documents(self, renderer: Renderer) -> list[Document]:
        """Write it, with the rows of lists that a renderer remembers."""
        return [self.write(renderer.pages, *self.given)]


Front = FeedsOf | PageOf


def page_of(write: Callable[Concatenate[Pages, P], Document], *given: P.args, **_: P.kwargs) -> PageOf:
    """Let a page be written later."""
    return PageOf(write, given)


def write_archive(
    site: Site, topic: Topic, number: int, articles: Sequence[KeptArticle], *, items: Items
) -> list[Document]:
    """Write what ``render_archive`` does."""
    return [render_archive(site, topic, number, articles, items)]


def render_front(look: Look, lineage: str, front: Front) -> list[Document]:
    """Write what shows articles of a database of this lineage, with what this process remembers of it."""
    renderer = make_renderer(look)
    renderer.pages.follow(lineage)
    return front.documents(renderer)

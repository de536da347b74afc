"""Articles rendered by whoever has the time: here, or in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from aggregator.model import Document, KeptArticle, Surroundings
from aggregator.render.feeds import Items
from aggregator.render.pages import Pages
from aggregator.render.post import PostTemplate
from aggregator.settings import Site

Placed = tuple[KeptArticle, Surroundings]
MAX_ITEMS = 6 * 1024**2
"""Characters of entries of feeds that are remembered: those of a category, behind which its sources come."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that decides how an article is rendered."""

    site: Site
    theme: tuple[tuple[str, str], ...] = ()
    search: bool = False
    posts: bool = False
    template: str | None = None
    """The user's, for posts."""
    private: bool = False
    """Whether it is for readers who are shown everything in full."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """What renders by a look, with what it remembers."""

    pages: Pages
    items: Items
    """Entries of feeds."""
    post: PostTemplate | None


@lru_cache(2)  # for everybody, and for readers
def make_renderer(look: Look) -> Renderer:
    """Compile what renders pages and posts."""
    pages = Pages(look.site, theme=dict(look.theme), search=look.search, private=look.private)
    return Renderer(
        pages, Items(look.site, MAX_ITEMS), PostTemplate.load(look.template) if look.posts else None
    )


def render_articles(look: Look, articles: Sequence[Placed]) -> list[list[Document]]:
    """Of each article, the pages of it and its earlier states, its post, or what leads on from its old place.

    They are made in steps, all pages before the first post (as ``share_all`` says why).
    """
    renderer = make_renderer(look)
    pages = renderer.pages.share_all(articles)
    return [
        [*_in_site(page, *renderer.pages.earlier(*placed)), *beside]
        for page, placed, beside in zip(pages, articles, _beside(look, renderer, articles), strict=True)
    ]


def _beside(look: Look, renderer: Renderer, articles: Sequence[Placed]) -> list[list[Document]]:
    """What there is of each article beside its pages."""
    if renderer.post:
        posts = [renderer.post.render(look.site, kept) for kept, _ in articles]
        return [[Document(f"posts/{post.path}", post.body)] for post in posts]
    # Where there are posts, Jekyll keeps their addresses.
    return [
        _in_site(renderer.pages.moved_article(kept)) if kept.former_path and not look.private else []
        for kept, _ in articles
    ]


def _in_site(*pages: Document) -> list[Document]:
    return [Document(f"site/{page.path}", page.body) for page in pages]


def prepare(look: Look) -> None:
    """Make all of this process ready to render."""
    make_renderer(look)

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


def render_article(look: Look, kept: KeptArticle, around: Surroundings) -> list[Document]:
    """The pages of an article and of its earlier states, its post, or what leads on from its old place."""
    renderer = make_renderer(look)
    pages, post = renderer.pages, renderer.post
    shared = [pages.share(kept, around), *pages.earlier(kept, around)]
    documents = [Document(f"site/{page.path}", page.body) for page in shared]
    if post:
        written = post.render(look.site, kept)
        documents.append(Document(f"posts/{written.path}", written.body))
    elif kept.former_path and not look.private:
        # Where there are posts, Jekyll keeps their addresses.
        leading = pages.moved_article(kept)
        documents.append(Document(f"site/{leading.path}", leading.body))
    return documents


def render_articles(look: Look, articles: Sequence[Placed]) -> list[list[Document]]:
    """Render articles, one after the other."""
    return [render_article(look, *placed) for placed in articles]


def prepare(look: Look) -> None:
    """Make all of this process ready to render."""
    make_renderer(look)

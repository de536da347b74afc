"""What changed, to files: pages rendered from the store and put in place, once for all pollers.

Output is a function of the store, the configuration and the program's version: no clock, nothing random.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator import __version__
from aggregator.errors import PublishError
from aggregator.model import Category, KeptArticle, Page
from aggregator.output import Folders
from aggregator.render.feeds import render_feeds
from aggregator.render.pages import Pages
from aggregator.render.post import PostTemplate
from aggregator.settings import Output, Site
from aggregator.store import Store, Unpublished

ON_PAGE = 200
IN_FEED = 50
BATCH = 100
LOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: pages written and removed; ``finished`` is false where it was stopped."""

    articles: int = 0
    written: int = 0
    removed: int = 0
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what the store says: ``changed``, ``missing`` or ``unexpected``."""

    path: str
    what: str


class Publisher:
    """Renders what a store holds into the folders of a configuration."""

    def __init__(self, site: Site, output: Output, store: Store, template: str | None) -> None:
        self._site = site
        self._store = store
        self._pages = Pages(site)
        self._post = PostTemplate.load(template) if output.posts is not None else None
        roots = {"site": Path(output.site)} | ({"posts": Path(output.posts)} if output.posts else {})
        self.folders = Folders(roots)
        said = "\n".join((__version__, site.model_dump_json(), output.model_dump_json(), template or ""))
        self.fingerprint = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()

    def publish(
        self,
        *,
        everything: bool = False,
        stopped: Callable[[], bool] = lambda: False,
        progress: Callable[[int, int], None] = lambda done, total: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> Published:
        """Render what is unpublished, or everything, and put it in place.

        A store whose output was made by another configuration or version is rendered whole.
        ``progress`` gets articles done and in all. Raises PublishError, BusyError.
        """
        with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped):
            pending = self._store.unpublished()
            if everything or pending.fingerprint != self.fingerprint:
                return self._publish_all(pending, stopped, progress)
            return self._publish_some(pending, stopped, progress)

    def check(self, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Difference]:
        """Render everything and compare it with the files, byte by byte."""
        differences = []
        rendered = set()
        total = self._store.article_count()
        done = 0
        for article_id, page in self._render_all():
            found = self.folders.read(page.path)
            if found != page.body:
                differences.append(Difference(page.path, "missing" if found is None else "changed"))
            if article_id is not None and page.path.startswith("site/"):
                done += 1
                progress(done, total)
            rendered.add(page.path)
        differences += [
            Difference(path, "unexpected") for path in self.folders.files() if path not in rendered
        ]
        return sorted(
            (replace(item, path=self.folders.shown(item.path)) for item in differences), key=_by_path
        )

    def _publish_some(
        self, pending: Unpublished, stopped: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Published:
        result = Published()
        for batch in _batches(pending.articles):
            if stopped():
                return replace(result, finished=False)
            kept = self._store.kept([article_id for article_id, _ in batch])
            result = self._put_articles(kept, result)
            self._store.mark_published([(item.id, item.version) for item in kept], [])
            progress(result.articles, len(pending.articles))
        if pending.categories:
            # The front comes first: what stops us later leaves a category unpublished, which brings us back.
            result = self._put(self._front_pages(), result)
        for batch in _batches(pending.categories):
            if stopped():
                return replace(result, finished=False)
            touched = [category for slug, _ in batch if (category := self._store.category(slug))]
            result = self._put(self._category_pages(touched), result)
            self._store.mark_published([], batch)
        return result

    def _publish_all(
        self, pending: Unpublished, stopped: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Published:
        result = Published()
        total = self._store.article_count()
        rendered: set[str] = set()
        batch: list[tuple[str | None, Page]] = []
        for article_id, page in self._render_all():
            if len(batch) >= 2 * BATCH:
                if stopped():
                    return replace(result, finished=False)
                result = self._put_owned(batch, result)
                batch = []
            batch.append((article_id, page))
            rendered.add(page.path)
            if article_id is not None and page.path.startswith("site/"):
                result = replace(result, articles=result.articles + 1)
                progress(result.articles, total)
        result = self._put_owned(batch, result)
        stale = [path for path in self._store.planned_pages(None) if path not in rendered]
        result = self._drop(stale, result)
        self._store.mark_published(pending.articles, pending.categories, self.fingerprint)
        return result

    def _put_articles(self, kept: list[KeptArticle], result: Published) -> Published:
        pages = [(item.id, page) for item in kept for page in self._article_pages(item)]
        before = self._store.planned_pages([item.id for item in kept])
        result = self._put_owned(pages, result)
        now = {page.path for _, page in pages}
        return self._drop(
            [path for path in before if path not in now],
            replace(result, articles=result.articles + len(kept)),
        )

    def _put(self, pages: Iterable[Page], result: Published) -> Published:
        return self._put_owned([(None, page) for page in pages], result)

    def _put_owned(self, pages: Sequence[tuple[str | None, Page]], result: Published) -> Published:
        """Put pages in place; the store learns of them first, so that a crash leaves no unknown file."""
        self._store.plan_pages({page.path: article_id for article_id, page in pages})
        written = sum(self.folders.write(page) for _, page in pages)
        return replace(result, written=result.written + written)

    def _drop(self, stale: list[str], result: Published) -> Published:
        """Remove pages of ours that are no longer rendered; a folder no longer configured is left alone."""
        for path in stale:
            if self.folders.covers(path):
                self.folders.remove(path)
        self._store.forget_pages(stale)
        return replace(result, removed=result.removed + len(stale))

    def _render_all(self) -> Iterator[tuple[str | None, Page]]:
        for kept in self._store.every():
            for page in self._article_pages(kept):
                yield kept.id, page
        for page in self._category_pages([category for category, _, _ in self._store.categories()]):
            yield None, page
        for page in self._front_pages():
            yield None, page

    def _article_pages(self, kept: KeptArticle) -> Iterator[Page]:
        yield _in("site", self._pages.share(kept))
        if self._post:
            yield _in("posts", self._post.render(self._site, kept))

    def _category_pages(self, categories: Iterable[Category]) -> Iterator[Page]:
        counts = {category.slug: count for category, count, _ in self._store.categories()}
        for category in categories:
            newest = self._store.newest(category.slug, ON_PAGE)
            yield _in("site", self._pages.category(category, newest, counts[category.slug]))
            for page in render_feeds(self._site, category, self._store.latest(category.slug, IN_FEED)):
                yield _in("site", page)

    def _front_pages(self) -> Iterator[Page]:
        categories = [(category, count) for category, count, _ in self._store.categories()]
        yield _in("site", self._pages.home(self._store.newest(None, ON_PAGE), categories))
        for page in render_feeds(self._site, None, self._store.latest(None, IN_FEED)):
            yield _in("site", page)
        yield _in("site", self._pages.opml([category for category, _ in categories]))
        for page in self._pages.assets():
            yield _in("site", page)


def _batches(items: Sequence[tuple[str, int]]) -> Iterator[Sequence[tuple[str, int]]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def read_template(output: Output) -> str | None:
    """Read the user's post template. Raises PublishError where it cannot be read any more."""
    if output.post_template is None:
        return None
    try:
        return Path(output.post_template).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PublishError(f"cannot read {output.post_template}: {exc}") from exc


def _in(folder: str, page: Page) -> Page:
    return Page(f"{folder}/{page.path}", page.body)


def _by_path(item: Difference) -> str:
    return item.path

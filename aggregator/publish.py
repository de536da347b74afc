"""What changed, to files: pages rendered from the store and put in place, once for all pollers.

Output is a function of the store, the configuration and the program's version: no clock, nothing random.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import structlog

from aggregator import render
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

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did: articles rendered, files written and removed."""

    articles: int = 0
    written: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Rendered:
    """Pages that belong together: an article's (``article_id``, ``version``), or pages of the site.

    ``failure`` says why an article has none.
    """

    pages: tuple[Page, ...]
    article_id: str | None = None
    version: int = 0
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not what the store says, and ``what`` is wrong with it."""

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
        said = "\n".join((render.digest(), site.model_dump_json(), output.model_dump_json(), template or ""))
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

        A store whose output was made by another configuration or version is rendered whole. An article
        that cannot be rendered keeps its files as they are and stays unpublished; the others go on.
        ``progress`` gets articles done and in all. Raises PublishError, BusyError.
        """
        with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=stopped):
            pending = self._store.unpublished()
            if everything or pending.fingerprint != self.fingerprint:
                return self._publish_all(pending, stopped, progress)
            return self._publish_some(pending, stopped, progress)

    def check(
        self,
        *,
        progress: Callable[[int, int], None] = lambda done, total: None,
        on_wait: Callable[[str], None] = lambda message: None,
    ) -> list[Difference]:
        """Render everything and compare it with the files, byte by byte. Raises PublishError, BusyError."""
        with self.folders.lock(wait=LOCK_SECONDS, on_wait=on_wait, stopped=lambda: False):
            differences = []
            rendered: set[str] = set()
            total = self._store.article_count()
            for done, batch in enumerate(self._render_all()):
                for page in batch.pages:
                    found = self.folders.read(page.path)
                    if found != page.body:
                        differences.append(Difference(page.path, "missing" if found is None else "changed"))
                rendered.update(page.path for page in batch.pages)
                if batch.failure:
                    kept = self._store.planned_pages([batch.article_id] if batch.article_id else [])
                    differences += [Difference(path, "cannot be rendered") for path in kept]
                    rendered.update(kept)
                progress(min(done + 1, total), total)
            strangers = (path for path in self.folders.files() if path not in rendered)
            differences += [Difference(path, "unexpected") for path in strangers]
        return sorted(
            (replace(item, path=self.folders.shown(item.path)) for item in differences), key=_by_path
        )

    def _publish_some(
        self, pending: Unpublished, stopped: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Published:
        result = Published()
        failures: list[str] = []
        for batch in _batches(pending.articles):
            if stopped():
                return result
            rendered = [self._render(kept) for kept in self._store.kept([name for name, _ in batch])]
            whole = [item for item in rendered if not item.failure]
            failures += [item.failure for item in rendered if item.failure]
            before = self._store.planned_pages([item.article_id for item in whole if item.article_id])
            result = self._put(whole, result)
            now = {page.path for item in whole for page in item.pages}
            result = self._drop([path for path in before if path not in now], result)
            self._store.mark_published(
                [(item.article_id, item.version) for item in whole if item.article_id], []
            )
            progress(result.articles, len(pending.articles))
        categories = self._store.categories() if pending.categories else []
        if categories:
            # The front comes first: what stops us later leaves a category unpublished, which brings us back.
            result = self._put([Rendered(tuple(self._front_pages(categories)))], result)
        known = {category.slug: (category, count) for category, count, _ in categories}
        for batch in _batches(pending.categories):
            for slug, version in batch:
                if stopped():
                    return result
                category, count = known[slug]
                result = self._put([Rendered(tuple(self._category_pages(category, count)))], result)
                self._store.mark_published([], [(slug, version)])
        _complain(failures)
        return result

    def _publish_all(
        self, pending: Unpublished, stopped: Callable[[], bool], progress: Callable[[int, int], None]
    ) -> Published:
        result = Published()
        if pending.fingerprint != self.fingerprint:
            # From the first page on the output is neither the old configuration's nor this one's.
            self._store.mark_published([], [], "")
        total = self._store.article_count()
        rendered: set[str] = set()
        failures: dict[str, str] = {}
        batch: list[Rendered] = []
        for item in self._render_all():
            if item.failure and item.article_id:
                failures[item.article_id] = item.failure
                continue
            batch.append(item)
            rendered.update(page.path for page in item.pages)
            if len(batch) >= BATCH:
                if stopped():
                    return result
                result = self._put(batch, result)
                batch = []
                progress(min(result.articles, total), total)
        result = self._put(batch, result)
        planned = self._store.planned_pages(None)
        stale = [path for path, owner in planned.items() if path not in rendered and owner not in failures]
        result = self._drop(stale, result)
        done = [
            (article_id, version) for article_id, version in pending.articles if article_id not in failures
        ]
        self._store.mark_published(done, pending.categories, self.fingerprint)
        _complain(list(failures.values()))
        return result

    def _put(self, rendered: Sequence[Rendered], result: Published) -> Published:
        """Put pages in place; the store learns of them first, so that a crash leaves no unknown file."""
        self._store.plan_pages({page.path: item.article_id for item in rendered for page in item.pages})
        written = sum(self.folders.write(page) for item in rendered for page in item.pages)
        articles = sum(item.article_id is not None for item in rendered)
        return replace(result, articles=result.articles + articles, written=result.written + written)

    def _drop(self, stale: Sequence[str], result: Published) -> Published:
        """Remove pages of ours that are no longer rendered; a folder no longer configured is left alone."""
        ours = [path for path in stale if self.folders.covers(path)]
        for path in ours:
            self.folders.remove(path)
        self._store.forget_pages(stale)
        return replace(result, removed=result.removed + len(ours))

    def _render_all(self) -> Iterator[Rendered]:
        for kept in self._store.every():
            yield self._render(kept)
        categories = self._store.categories()
        for category, count, _ in categories:
            yield Rendered(tuple(self._category_pages(category, count)))
        yield Rendered(tuple(self._front_pages(categories)))

    def _render(self, kept: KeptArticle) -> Rendered:
        """Render an article. What it cannot be rendered for is its own failure, and no other article's."""
        try:
            pages = [_in("site", self._pages.share(kept))]
            if self._post:
                pages.append(_in("posts", self._post.render(self._site, kept)))
        except Exception as exc:
            log.debug("cannot render", article=kept.id, exc_info=exc)
            return Rendered((), kept.id, kept.version, f"{kept.id} cannot be rendered: {exc}")
        return Rendered(tuple(pages), kept.id, kept.version)

    def _category_pages(self, category: Category, count: int) -> Iterator[Page]:
        newest = self._store.newest(category.slug, ON_PAGE)
        yield _in("site", self._pages.category(category, newest, count))
        for page in render_feeds(self._site, category, self._store.latest(category.slug, IN_FEED)):
            yield _in("site", page)

    def _front_pages(self, categories: Sequence[tuple[Category, int, datetime]]) -> Iterator[Page]:
        counted = [(category, count) for category, count, _ in categories]
        yield _in("site", self._pages.home(self._store.newest(None, ON_PAGE), counted))
        for page in render_feeds(self._site, None, self._store.latest(None, IN_FEED)):
            yield _in("site", page)
        yield _in("site", self._pages.opml([category for category, _ in counted]))
        for page in self._pages.assets():
            yield _in("site", page)


def _complain(failures: Sequence[str]) -> None:
    """Say at the end what could not be rendered. Raises PublishError."""
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise PublishError(f"{failures[0]}{more}; everything else is published")


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

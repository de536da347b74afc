"""Posts become articles of a source: batch by batch, each in one commit, told to nobody."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from aggregator.content.normalise import labels_of, normalise
from aggregator.discover.posts.reader import HTML, MARKDOWN, JekyllSite, Post, read_post, read_site
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import IMPORTED, Article, Known, Outcome, PollState, Sighting
from aggregator.poll import Leases
from aggregator.settings import Source
from aggregator.store import Store
from aggregator.store.identity import ANY_FORM
from aggregator.text.addresses import comparable

BATCH_SIZE = 100
MAX_POST_SIZE = 8 * 1024**2
"""Bytes of a post."""
CONFIG = "_config.yml"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What became of posts."""

    found: int = 0
    new: int = 0
    known: int = 0
    """Posts whose articles are held already."""
    unpublished: int = 0
    broken: tuple[str, ...] = ()
    """Posts that could not be read: the file, the line and why."""
    notes: tuple[str, ...] = ()
    """What of posts was mended or is not carried over: the file and what."""
    unplaced: Counter[str] = field(default_factory=Counter)
    """Keys of front matter without a place here, and in how many posts they stand."""

    def __add__(self, other: "Arrivals") -> "Arrivals":
        return Arrivals(
            self.found + other.found,
            self.new + other.new,
            self.known + other.known,
            self.unpublished + other.unpublished,
            self.broken + other.broken,
            self.notes + other.notes,
            self.unplaced + other.unplaced,
        )


def find_site(folder: Path) -> tuple[Path, JekyllSite]:
    """Find the site that a folder is, or is ``_posts`` of, and read its configuration. Raises ReadError."""
    for root in (folder, *folder.absolute().parents[:2]):
        config = root / CONFIG
        if config.is_file():
            try:
                return root, read_site(config.read_bytes())
            except ReadError as exc:
                raise ReadError(f"{config} {exc}") from None
    return (folder.parent if folder.name == "_posts" else folder), JekyllSite()


def find_posts(folder: Path) -> list[Path]:
    """Find the files of posts: in a site those below ``_posts``, else all; oldest first by their names."""
    files = [file for file in folder.rglob("*") if file.suffix.lower() in MARKDOWN | HTML and file.is_file()]
    hidden = [file for file in files if any(part[0] in "._" for part in file.relative_to(folder).parts[:-1])]
    posts = [file for file in files if "_posts" in file.relative_to(folder).parts]
    return sorted(posts or [file for file in files if file not in hidden], key=lambda file: file.name)


@dataclass(frozen=True, slots=True)
class PostReader:
    """Reads the posts of a site into articles of a source."""

    root: Path
    site: JekyllSite
    source: Source

    def read(self, files: Sequence[Path], now: datetime) -> tuple[list[tuple[Post, Article]], Arrivals]:
        """Read some files; what cannot be read is named and costs none of the others."""
        articles: list[tuple[Post, Article]] = []
        result = Arrivals(found=len(files))
        for file in files:
            name = str(file.relative_to(self.root)) if file.is_relative_to(self.root) else file.name
            try:
                post = self._read(file, name)
                if post is None:
                    result += Arrivals(unpublished=1)
                    continue
                articles.append((post, self._make(post, now)))
            except (ReadError, IncompleteError) as exc:
                result += Arrivals(broken=(f"{name}: {exc}",))
            except OSError as exc:
                result += Arrivals(broken=(f"{name}: cannot be read: {exc.strerror}",))
            else:
                notes = tuple(f"{name}: {note}" for note in post.notes)
                result += Arrivals(notes=notes, unplaced=Counter(post.unplaced))
        return articles, result

    def _read(self, file: Path, name: str) -> Post | None:
        if file.stat().st_size > MAX_POST_SIZE:
            raise ReadError(f"has more than {MAX_POST_SIZE >> 20} MB")
        return read_post(name, file.read_bytes(), self.site)

    def _make(self, post: Post, now: datetime) -> Article:
        """Make the article of a post: its own words, in its own categories."""
        zone = self.site.timezone or self.source.timezone
        plain = self.source.model_copy(
            update={"timezone": zone, "share_url": "", "article_url": "", "full_text": "never"}
        )
        article = normalise(post.entry, plain, now)
        labels = post.labels or labels_of(replace(post.entry, fields={}), plain)
        shares = self.source.share_url.partition("{")[0]
        if shares and article.address.startswith(shares):
            article = replace(article, share_url=article.address, address="")
        return replace(article, labels=labels, complete=True)


async def take_in(
    files: Sequence[Path],
    reader: PostReader,
    leases: Leases,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> Arrivals:
    """Take posts in, a hundred a commit; those that are held stay as they are, and learn their old address.

    Raises BusyError where another process polls the source for long, StoreError.
    """
    arrivals = Arrivals()
    for start in range(0, len(files), BATCH_SIZE):
        progress(start, len(files))
        posts, read = reader.read(files[start : start + BATCH_SIZE], clock())
        arrivals += read
        async with leases.hold(reader.source, clock) as lease:
            outcome, known = _outcome(reader.source, lease.state, posts, leases.store)
            if not outcome.is_bare:
                await lease.save(outcome, clock(), confirmed=True)
        arrivals += Arrivals(new=len(outcome.new), known=known)
    progress(len(files), len(files))
    return arrivals


def look_through(
    files: Sequence[Path], reader: PostReader, store: Store, now: datetime
) -> tuple[list[tuple[Post, Article]], Arrivals]:
    """Read posts as :func:`take_in` would, and say which are new; nothing is written."""
    posts, arrivals = reader.read(files, now)
    held = _held(reader.source, posts, store)
    new = [(post, article) for post, article in posts if not _of(post, held)]
    return new, arrivals + Arrivals(new=len(new), known=len(posts) - len(new))


def _held(source: Source, posts: Sequence[tuple[Post, Article]], store: Store) -> Mapping[str, Known]:
    keys = [key for post, _ in posts for key in (post.entry.key, *post.others)]
    return store.known(source.name, source.identity, list(dict.fromkeys(keys)))


def _of(post: Post, held: Mapping[str, Known]) -> Known | None:
    """Give what is known of a post's article, under any of its keys."""
    return next((held[key] for key in (post.entry.key, *post.others) if key in held), None)


def _outcome(
    source: Source, state: PollState, posts: Sequence[tuple[Post, Article]], store: Store
) -> tuple[Outcome, int]:
    """Give what a batch changes, and how many of its posts are held already."""
    held = _held(source, posts, store)
    new: dict[str, Article] = {}
    sightings: list[Sighting] = []
    aliases: dict[str, str] = {}
    paths: dict[str, str] = {}
    known = 0
    for post, article in posts:
        one = _of(post, held)
        key = one.article_key if one else article.key
        known += one is not None or key in new
        if one and one.removed:
            continue
        if post.former_path:
            paths[key] = post.former_path
        if one or key in new:
            continue
        new[key] = article
        others = [*post.others, *(f"{ANY_FORM}{comparable(other)}" for other in post.others)]
        fresh = [other for other in others if other not in aliases]
        aliases |= dict.fromkeys(fresh, key)
        sightings += [Sighting(name, IMPORTED, article.labels) for name in (key, *fresh)]
    outcome = Outcome(
        source.name,
        source.identity,
        state,
        new=tuple(sorted(new.values(), key=lambda article: article.published)),
        sightings=tuple(sightings),
        aliases=tuple(aliases.items()),
        former_paths=paths,
    )
    return outcome, known

"""Posts become articles of a source: batch by batch, each in one commit, told to nobody."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from aggregator.content.normalise import labels_of, normalise
from aggregator.discover.posts.reader import HTML, MARKDOWN, JekyllSite, Post, read_post, read_site
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import IMPORTED, Article, Outcome, PollState, Sighting
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
    """Reads the posts of a site, and makes them articles of a source."""

    root: Path
    site: JekyllSite
    source: Source

    def read(self, files: Sequence[Path]) -> tuple[list[Post], Arrivals]:
        """Read some files; what cannot be read is named and costs none of the others."""
        posts: list[Post] = []
        result = Arrivals(found=len(files))
        for file in files:
            name = str(file.relative_to(self.root)) if file.is_relative_to(self.root) else file.name
            try:
                post = self._read(file, name)
            except ReadError as exc:
                result += Arrivals(broken=(f"{name}: {exc}",))
            except OSError as exc:
                result += Arrivals(broken=(f"{name}: cannot be read: {exc.strerror}",))
            else:
                posts += [post] if post else []
                result += Arrivals(unpublished=int(post is None))
        return posts, result

    def _read(self, file: Path, name: str) -> Post | None:
        if file.stat().st_size > MAX_POST_SIZE:
            raise ReadError(f"has more than {MAX_POST_SIZE >> 20} MB")
        return read_post(name, file.read_bytes(), self.site)

    def make(self, posts: Sequence[Post], now: datetime) -> tuple[list[tuple[Post, Article]], Arrivals]:
        """Make articles of posts; one that gives none is named."""
        made: list[tuple[Post, Article]] = []
        result = Arrivals()
        for post in posts:
            try:
                made.append((post, self._make(post, now)))
            except (ReadError, IncompleteError) as exc:
                result += Arrivals(broken=(f"{post.file}: {exc}",))
            else:
                notes = tuple(f"{post.file}: {note}" for note in post.notes)
                result += Arrivals(new=1, notes=notes, unplaced=Counter(post.unplaced))
        return made, result

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
    taken: dict[str, str] = {}
    for start in range(0, len(files), BATCH_SIZE):
        progress(start, len(files))
        found, read = reader.read(files[start : start + BATCH_SIZE])
        posts, twins = _tell_apart(found, taken)
        taken |= {name: post.file for post in posts for name in (post.entry.key, f"/{post.former_path}")}
        async with leases.hold(reader.source, clock) as lease:
            sorted_out = _sort(reader.source, posts, leases.store)
            articles, made = reader.make(sorted_out.new, clock())
            outcome = _outcome(reader.source, lease.state, articles, sorted_out.paths)
            if not outcome.is_bare:
                await lease.save(outcome, clock(), confirmed=True)
        arrivals += read + twins + made + Arrivals(known=sorted_out.known)
    progress(len(files), len(files))
    return arrivals


def look_through(
    files: Sequence[Path], reader: PostReader, store: Store, now: datetime
) -> tuple[list[tuple[Post, Article]], Arrivals]:
    """Read posts as :func:`take_in` would, and make those that are new; nothing is written."""
    found, read = reader.read(files)
    posts, twins = _tell_apart(found, {})
    sorted_out = _sort(reader.source, posts, store)
    articles, made = reader.make(sorted_out.new, now)
    return articles, read + twins + made + Arrivals(known=sorted_out.known)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Posts by what is known of them."""

    new: Sequence[Post]
    known: int
    paths: Mapping[str, str]
    """The former paths of articles that are held, by key."""


def _tell_apart(posts: Sequence[Post], taken: Mapping[str, str]) -> tuple[list[Post], Arrivals]:
    """Give posts with the slug of another one keys of their own, and name those that have its address.

    ``taken`` has files by their keys, and by their addresses with a slash in front.
    """
    files, kept, twins = dict(taken), [], []
    for post in posts:
        key, address = post.entry.key, f"/{post.former_path}"
        if post.former_path and address in files:
            twins.append(f"{post.file}: lies at {address}, as {files[address]} does; change its `permalink`")
            continue
        if key in files:
            # Notes of every week are called alike, and the day tells them apart.
            stem = PurePosixPath(post.file).stem
            key = post.file if stem in files else stem
        files |= {key: post.file, address: post.file}
        kept.append(replace(post, entry=replace(post.entry, key=key)))
    return kept, Arrivals(broken=tuple(twins))


def _sort(source: Source, posts: Sequence[Post], store: Store) -> _Sorted:
    """Tell new posts from those that are held, under any of their keys."""
    keys = [key for post in posts for key in (post.entry.key, *post.others)]
    held = store.known(source.name, source.identity, list(dict.fromkeys(keys)))
    new: list[Post] = []
    paths: dict[str, str] = {}
    for post in posts:
        one = next((held[key] for key in (post.entry.key, *post.others) if key in held), None)
        if one is None:
            new.append(post)
        elif post.former_path and not one.removed:
            paths[one.article_key] = post.former_path
    return _Sorted(new, len(posts) - len(new), paths)


def _outcome(
    source: Source, state: PollState, made: Sequence[tuple[Post, Article]], paths: Mapping[str, str]
) -> Outcome:
    """Give what a batch changes: articles that are known by every key of their posts, and told to nobody."""
    sightings: list[Sighting] = []
    aliases: dict[str, str] = {}
    for post, article in made:
        others = [*post.others, *(f"{ANY_FORM}{comparable(other)}" for other in post.others)]
        fresh = [other for other in others if other not in aliases]
        aliases |= dict.fromkeys(fresh, article.key)
        sightings += [Sighting(key, IMPORTED, article.labels) for key in (article.key, *fresh)]
    former = {article.key: post.former_path for post, article in made if post.former_path}
    return Outcome(
        source.name,
        source.identity,
        state,
        new=tuple(sorted((article for _, article in made), key=lambda article: article.published)),
        sightings=tuple(sightings),
        aliases=tuple(aliases.items()),
        former_paths={**paths, **former},
    )

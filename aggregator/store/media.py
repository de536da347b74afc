"""Files that are mirrored: which articles show them, which we hold, which are to be fetched."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, delete, exists, literal, or_, select, update

from aggregator.model import MEDIA_FOLDERS, Attachment, MediaFile, Wish
from aggregator.model.digest import hexdigest
from aggregator.store.categories import count_up
from aggregator.store.codec import make_row, read_row
from aggregator.store.columns import is_among
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.rows import upsert
from aggregator.store.schema import articles, media, pages, sources, uses


@dataclass(frozen=True, slots=True)
class Due:
    """A file that is to be fetched; ``attempts`` counts those that failed."""

    identity: str
    kind: str
    address: str
    source: str
    attempts: int


EARLIER = "earlier"
"""The kind of a mirrored file that stood at its address before; it cannot be fetched again."""


_other = media.alias()
_STAYS = exists().where(_other.c.path == media.c.path, uses.c.media == _other.c.identity)
_IS_UNUSED = ~exists().where(uses.c.media == media.c.identity)
_UNUSED = select(case((_STAYS, ""), else_=media.c.path).label("path")).where(_IS_UNUSED).distinct()
_FORGET_UNUSED = delete(media).where(_IS_UNUSED)


class Media(Database):
    """The files of articles that are mirrored."""

    def save_uses(self, source: str, wishes: Mapping[int, Sequence[Wish]], now: datetime) -> None:
        """Note which files articles of a source show, by the articles' numbers.

        Those that show other files of ours than before are published again.
        """
        with self._write_alone() as connection:
            before = media_of(connection, list(wishes))
            note_uses(connection, source, wishes, now)
            after = media_of(connection, list(wishes))
            count_up(connection, {one for one in wishes if before.get(one) != after.get(one)})

    def claim_media(self, now: datetime, limit: int, lease: timedelta) -> list[Due]:
        """Return files that are due, those due for longest first; nobody else gets them during ``lease``."""
        due = (
            select(media)
            .where(media.c.retry_at <= now, media.c.kind != EARLIER)
            .order_by(media.c.retry_at)
            .limit(limit)
        )
        with self._write_alone() as connection:
            files = [read_row(Due, row) for row in connection.execute(due)]
            claimed = update(media).values(retry_at=now + lease)
            change_in(connection, claimed, media.c.identity, [file.identity for file in files])
        return files

    def save_media(self, identity: str, file: MediaFile) -> None:
        """Note a file that is in place, and have the articles that show it published again."""
        with self._write_alone() as connection:
            connection.execute(
                update(media)
                .where(media.c.identity == identity)
                .values(make_row(file, error="", attempts=0, retry_at=None))
            )
            shown = select(uses.c.article).where(uses.c.media == identity)
            count_up(connection, set(connection.scalars(shown)))

    def mark_media_missing(self, paths: Sequence[str], now: datetime) -> None:
        """Have files fetched again that are gone, and their articles published without them until then."""
        if not paths:
            return
        with self._write_alone() as connection:
            shown = rows_in(connection, select(uses.c.article).join(media), media.c.path, paths)
            count_up(connection, {row.article for row in shown})
            change_in(connection, update(media).values(path="", retry_at=now), media.c.path, paths)

    def put_off_media(self, identity: str, error: str, retry_at: datetime) -> None:
        """Note why a file could not be fetched, and when to try again."""
        with self._write() as connection:
            failed = update(media).values(error=error, attempts=media.c.attempts + 1, retry_at=retry_at)
            connection.execute(failed.where(media.c.identity == identity))

    def media_paths(self) -> set[str]:
        """Return the paths, below the root of their folder, of all files that we hold."""
        with self._read() as connection:
            return set(connection.scalars(select(media.c.path).where(media.c.path != "").distinct()))

    def misplaced_media(self, hidden: Collection[str]) -> list[tuple[str, bool]]:
        """Return the paths of files in the wrong folder, and whether they belong into the private one.

        There belong those that only articles of ``hidden`` sources show.
        """
        other = media.alias()
        public = exists().where(
            other.c.path == media.c.path,
            uses.c.media == other.c.identity,
            articles.c.number == uses.c.article,
            ~is_among(articles.c.source, hidden),
        )
        in_site, in_private = (
            exists().where(pages.c.path == literal(f"{folder}/") + media.c.path) for folder in MEDIA_FOLDERS
        )
        concerned = or_(is_among(media.c.source, hidden), in_private)
        wrong = or_(and_(public, in_private), and_(~public, in_site))
        found = select(media.c.path, ~public).where(media.c.path != "", concerned, wrong).distinct()
        with self._read() as connection:
            return [(path, bool(private)) for path, private in connection.execute(found)]

    def unused_media(self) -> list[str]:
        """Return the paths of files that no article shows any more.

        One that we do not hold, or that an article shows under another address, has an empty path.
        """
        with self._read() as connection:
            return sorted(connection.scalars(_UNUSED))

    def forget_unused_media(self) -> None:
        """Forget the files that no article shows any more."""
        with self._write_alone() as connection:
            connection.execute(_FORGET_UNUSED)

    def mirror_settings(self) -> dict[str, str]:
        """Return by source the setting of ``mirror`` for which its uses are right."""
        with self._read() as connection:
            return dict(connection.execute(select(sources.c.name, sources.c.mirror)).all())

    def note_mirror(self, source: str, setting: str) -> None:
        """Note that the uses of a source are right for this setting of ``mirror``."""
        with self._write() as connection:
            connection.execute(update(sources).where(sources.c.name == source).values(mirror=setting))

    def articles_of(self, source: str, after: int, limit: int) -> list[tuple[int, str]]:
        """Return number and public id of a source's articles with a number above ``after``, in that order."""
        found = select(articles.c.number, articles.c.id).where(
            articles.c.source == source, articles.c.number > after
        )
        with self._read() as connection:
            rows = connection.execute(found.order_by(articles.c.number).limit(limit))
            return [(row.number, row.id) for row in rows]


def note_uses(
    connection: Connection, source: str, wishes: Mapping[int, Sequence[Wish]], now: datetime
) -> None:
    """Note which files articles show, by the articles' numbers; new files are due now."""
    kept = select(media.c.identity).where(media.c.kind == EARLIER)
    change_in(connection, delete(uses).where(uses.c.media.not_in(kept)), uses.c.article, wishes)
    wanted = {_identify(wish): wish for some in wishes.values() for wish in some}
    known = {row.identity for row in rows_in(connection, select(media.c.identity), media.c.identity, wanted)}
    empty = {"path": "", "media_type": "", "length": 0, "error": "", "attempts": 0}
    rows = [
        {**empty, "identity": identity, "source": source, "retry_at": now, **make_row(wish)}
        for identity, wish in wanted.items()
        if identity not in known
    ]
    upsert(connection, media, rows, [media.c.identity])
    shown = [
        {"article": number, "media": _identify(wish)} for number, some in wishes.items() for wish in some
    ]
    upsert(connection, uses, shown, [uses.c.article, uses.c.media])


def keep_files(connection: Connection, number: int, left: Sequence[Attachment], now: datetime) -> None:
    """Keep the mirrored files of attachments that only earlier states of an article have.

    They stay under their addresses and, as a fragment, the digest by which the states know the attachment
    (empty for the first file at its address). What stands at these addresses now is fetched anew.
    """
    for attachment in left:
        identity = _identify(Wish("attachment", attachment.address))
        row = connection.execute(select(media).where(media.c.identity == identity)).one_or_none()
        if row is None:
            continue
        connection.execute(update(media).where(media.c.identity == identity).values(retry_at=now))
        if row.path:
            address = f"{attachment.address}#{attachment.digest}"
            earlier = {"identity": hexdigest(f"{EARLIER}\n{address}"), "kind": EARLIER, "address": address}
            upsert(connection, media, [{**row._mapping, **earlier, "retry_at": None}], [media.c.identity])
            shown = [{"article": number, "media": earlier["identity"]}]
            upsert(connection, uses, shown, [uses.c.article, uses.c.media])


_PRESENT = (
    select(uses.c.article, media)
    .join(media)
    .where(media.c.path != "")
    .order_by(uses.c.article, media.c.address)
)


def media_of(connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, MediaFile]]:
    """Return the files of articles that we hold, by the article's number and the file's address."""
    held: dict[int, dict[str, MediaFile]] = {}
    for row in rows_in(connection, _PRESENT, uses.c.article, numbers):
        held.setdefault(row.article, {})[row.address] = read_row(MediaFile, row)
    return held


def _identify(wish: Wish) -> str:
    return hexdigest(f"{wish.kind}\n{wish.address}")

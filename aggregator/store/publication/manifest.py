"""The manifest: every document that we wrote or were about to write, so that a crash leaves none unknown."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, delete, exists, func, select

from aggregator.model import MEDIA_FOLDERS
from aggregator.store.database import Database, change_in, rows_in
from aggregator.store.rows import upsert
from aggregator.store.schema import media, pages, totals

_GENERATION = select(totals.c.generation)
_PLANNED = select(pages.c.path, pages.c.article)


def _stale(removed: bool) -> Select[Any]:
    current = 0 if removed else select(totals.c.generation).scalar_subquery()
    found = select(pages.c.path).where(pages.c.generation < current)
    # A mirrored file is not rendered, so it is stale only when no row of ``media`` has it any more.
    for folder in MEDIA_FOLDERS:
        below = func.substr(pages.c.path, len(folder) + 2)
        found = found.where(~exists().where(pages.c.path.like(f"{folder}/media/%"), media.c.path == below))
    return found.limit(bindparam("most"))


_STALE = {removed: _stale(removed) for removed in (False, True)}


class Manifest(Database):
    """The documents on disk, by path, and the article that each shows."""

    def plan_documents(self, paths: Mapping[str, str | None]) -> None:
        """Remember documents of this generation, with the id of the article each shows, before writing."""
        if not paths:
            return
        with self._write_alone() as connection:
            generation = connection.execute(_GENERATION).scalar_one()
            rows = [
                {"path": path, "article": article, "generation": generation}
                for path, article in paths.items()
            ]
            upsert(connection, pages, rows, [pages.c.path])

    def adopt_documents(self, paths: Collection[str]) -> None:
        """Remember documents of a database that this one replaces; the next whole publication removes them.

        Those that this database has itself stay as they are.
        """
        with self._write_alone() as connection:
            upsert(connection, pages, [{"path": path} for path in paths], [pages.c.path])

    def planned_documents(self, article_ids: Sequence[str] | None) -> dict[str, str | None]:
        """Return the article's id by path, for the documents of these articles or (None) for all."""
        with self._read() as connection:
            if article_ids is None:
                return dict(connection.execute(_PLANNED).all())
            rows = rows_in(connection, _PLANNED, pages.c.article, article_ids)
            return {row.path: row.article for row in rows}

    def stale_documents(self, limit: int, *, removed: bool = False) -> list[str]:
        """Return documents that this generation did not render, or only those of removed articles."""
        with self._read() as connection:
            return list(connection.scalars(_STALE[removed], {"most": limit}))

    def forget_documents(self, paths: Collection[str]) -> None:
        """Forget documents that are deleted from disk."""
        if not paths:
            return
        with self._write_alone() as connection:
            change_in(connection, delete(pages), pages.c.path, paths)

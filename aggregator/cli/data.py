"""Commands on the database: backup, restore, migrate-database, prune, rename-category."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import (
    clock,
    counted,
    find_category,
    find_source,
    load_config,
    open_app,
    open_to_read,
    say,
    tell,
)
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, DryRun, Json, TrustClock, cli
from aggregator.cli.progress import progress_bar
from aggregator.cli.publishing import publish_changes

if TYPE_CHECKING:
    from aggregator.fetch.archive.archive import ArchiveFile
    from aggregator.settings import Config
    from aggregator.store import Expired


@cli.command()
def backup(
    target: Annotated[
        str,
        typer.Argument(metavar="FILE|DIR", help="The copy that is written; in a folder, named by the time."),
    ],
    config: ConfigFile = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE where it exists.")] = False,
) -> None:
    """Write a copy of the database, while the daemon runs.

    It is one state of the whole database, in one file. Everything that is published can be made from it.
    """
    from aggregator.store.upkeep.backup import backup as write_backup
    from aggregator.store.upkeep.backup_files import backup_name

    settings = load_config(config)
    file = Path(target)
    if target.endswith("/") or file.is_dir():
        file /= backup_name(settings.storage.file, clock())
    if file.exists() and not force:
        raise typer.BadParameter(f"{file} exists; --force overwrites it", param_hint="FILE|DIR")
    with progress_bar("Copying") as progress:
        count = write_backup(settings.storage.database, file, progress)
    typer.echo(f"Wrote {file} ({counted(count)}, {file.stat().st_size / 1024**2:.1f} MB).")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `aggregator backup` wrote.")],
    config: ConfigFile = DEFAULT,
    tell_again: Annotated[
        bool, typer.Option("--tell", help="Tell receivers what waits in the copy and what comes in again.")
    ] = False,
) -> None:
    """Put a copy in the place of the database; the daemon must be stopped.

    The file of before is kept beside it; of PostgreSQL none is. Every source is visited anew, so that what
    came since the copy comes in again, and everything is published from what was restored.
    """
    from aggregator.store.upkeep.backup import restore as restore_backup

    settings = load_config(config)
    written = _written_documents(settings)
    before = restore_backup(settings.storage.database, file)
    if before:
        say(f"The database of before is {before}.")
    with open_app(settings) as app:
        app.store.adopt_documents(written)
        app.store.begin_anew(clock())
        untold = 0 if tell_again else app.store.mark_restored(clock())
        count = app.store.article_count()
    typer.echo(f"Restored {counted(count)} from {file}.")
    if untold:
        waited = f"{counted(untold, 'hit')} that waited in it"
        typer.echo(f"Not told, since they may have been since the copy: {waited}. With --tell they are.")
    typer.echo("The next `aggregator publish`, or the daemon, makes the output what it says.")


def _written_documents(settings: Config) -> Collection[str]:
    """Give what the database that is to be replaced has written, as far as it can be read."""
    from aggregator.errors import StoreError
    from aggregator.store import Store

    storage = settings.storage
    if storage.file and not Path(storage.file).exists():
        return ()
    try:
        with Store.open(storage.database) as store:
            return store.planned_documents(None)
    except StoreError as exc:
        say(f"Files of later articles may stay; `aggregator publish --check` names them: {exc}")
        return ()


@cli.command(name="migrate-database")
def migrate_database(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="The address of the database.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The address of an empty one.")],
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Move the database to another one, from SQLite to PostgreSQL or back; the daemon must be stopped.

    FROM is only read. Every row is compared by hashes at the end. A move that was ended anywhere goes on
    when it is called again, and until it is done the program refuses TO.
    """
    from aggregator.cli.tables import moved
    from aggregator.store.upkeep.transfer import move, plan

    if dry_run:
        planned = plan(origin, target)
        _print(moved.planned_json(planned) if json else moved.planned_lines(planned))
        say(f"{counted(sum(one.rows for one in planned), 'row')}; nothing was moved (--dry-run).")
        return
    try:
        with progress_bar("Moving") as progress:
            compared = move(origin, target, progress)
    except KeyboardInterrupt:
        say("Stopped; the same command goes on from here.")
        raise typer.Exit(FAILED) from None
    _print(moved.compared_json(compared) if json else moved.compared_lines(compared))
    if not all(one.is_equal for one in compared):
        say("FROM was changed meanwhile: stop the daemon, and call the same again, which begins anew.")
        raise typer.Exit(FAILED)
    for file in _carry(origin, target):
        say(f"Copied {file}, too.")
    rows = counted(sum(one.rows for one in compared), "row")
    say(f"All is there ({rows}). Name TO in the configuration, as `[storage] database`; FROM is as it was.")


def _print(lines: str | Iterable[str]) -> None:
    for line in [lines] if isinstance(lines, str) else lines:
        typer.echo(line)


def _carry(origin: str, target: str) -> Iterator[Path]:
    """Copy what lies beside a database, unless it is there."""
    from aggregator.settings import Storage

    before, after = Storage(database=origin), Storage(database=target)
    for file, copy in ((before.key, after.key), (before.accepted, after.accepted)):
        if Path(file).exists() and not Path(copy).exists():
            Path(copy).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
            yield Path(copy)


@cli.command()
def prune(
    names: Annotated[
        list[str] | None,
        source_argument("Only these sources."),
    ] = None,
    config: ConfigFile = DEFAULT,
    dry_run: DryRun = False,
    trust_clock: TrustClock = False,
) -> None:
    """Take out what sources keep no longer (keep_for, keep_items, archive_for).

    The daemon does it by itself, every hour. Pages, posts, feeds, archives and files follow; what the list
    of a source still shows does not come in again.
    """
    from aggregator.publish.retention import expire, expire_files, expired_files, has_end, list_expired

    settings = load_config(config)
    sources = [find_source(settings, name) for name in names or ()] or settings.sources
    if not any(has_end(one) or one.archive_for for one in sources):
        say("No source has keep_for, keep_items or archive_for: everything is kept.")
        return
    opened = open_to_read if dry_run else open_app
    with opened(settings) as app:
        expired = list_expired(app.store, sources, clock())
        total = sum(item.articles for item in expired)
        _say_expired(expired, expired_files(app.archive, sources, clock()))
        if dry_run:
            say("Nothing was taken out (--dry-run).")
            return
        if trust_clock:
            app.store.trust_clock(clock())
        with progress_bar("Taking out") as progress:
            count = expire(app.store, sources, clock(), progress=lambda done: progress(done, total))
        removed = expire_files(app.raw_answers, app.store, sources, clock())
        answers = f" and {counted(removed, 'file')} of raw answers" if removed else ""
        typer.echo(f"Took out {counted(count)}{answers}.")
        publish_changes(app, everything=False)


def _say_expired(expired: Sequence[Expired], archived: Mapping[str, Sequence[ArchiveFile]]) -> None:
    for item in expired:
        came = f"that came from {item.first:%Y-%m-%d} to {item.last:%Y-%m-%d}"
        typer.echo(f"{item.source}: {counted(item.articles)} {came}")
    for name, files in archived.items():
        size = sum(file.size for file in files) / 1024**2
        days = f"from {files[0].day} to {files[-1].day}"
        typer.echo(f"{name}: {counted(len(files), 'file')} of raw answers {days} ({size:.1f} MB)")


@cli.command(name="rename-category")
def rename_category(
    old: Annotated[str, typer.Argument(metavar="OLD", help="Its label, or its name in addresses.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The label of a new or another category.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Give a category another label and address, or its articles to another category.

    Old addresses lead on: pages to the new page, while feeds and archives go on where they are. What the
    configuration files under the old label comes into the new category, too.
    """
    if not new.strip():
        raise typer.BadParameter("a category needs a label", param_hint="NEW")
    with open_app(load_config(config)) as app:
        category = find_category(app.store, old, "OLD")
        if category.label == " ".join(new.split()):
            raise typer.BadParameter(f"{old!r} is called so already", param_hint="NEW")
        label, count = app.store.rename_category(category.slug, new)
        tell(f"{category.label}: {counted(count)} moved to {label}.")
        publish_changes(app, everything=False)

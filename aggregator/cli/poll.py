"""Commands that work once: poll, backfill, publish, accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.cli.completion import source_argument
from aggregator.cli.context import (
    clock,
    fail,
    find_source,
    keep_quiet,
    load_config,
    note,
    open_app,
    open_to_read,
    run_loop,
    say,
    tell,
)
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, TrustClock, cli
from aggregator.cli.progress import progress_bar, walking_bar
from aggregator.cli.publishing import mirror_files, publish_changes, seal_what_was_kept, tell_receivers
from aggregator.errors import FAULTS

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.model import Outcome
    from aggregator.poll.backfill import Walked
    from aggregator.poll.sweep import Visited
    from aggregator.store import Store


TellAll = Annotated[
    bool,
    typer.Option("--tell", help="Let rules tell of all that is new, even of what a first visit finds."),
]


@cli.command()
def poll(
    names: Annotated[
        list[str] | None,
        source_argument("Which sources; none means all."),
    ] = None,
    config: ConfigFile = DEFAULT,
    trust_clock: TrustClock = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong: for cron.")
    ] = False,
    tell_all: TellAll = False,
) -> None:
    """Visit sources now, publish, and exit: for cron.

    They are visited due or not; a server that asked us to wait (Retry-After) is left alone until then.
    Sources that are named also take up what they owe before its time.
    """
    from aggregator.poll.sweep import visit_all

    if quiet:
        keep_quiet()
    settings = load_config(config)
    sources = [find_source(settings, name) for name in dict.fromkeys(names or ())] or list(settings.sources)

    async def run(app: App) -> list[Visited]:
        async with app.tools(clock) as tools:
            return await visit_all(
                sources,
                app.leases,
                replace(tools, tells=tell_all),
                again=bool(names),
                on_visited=report,
                on_wait=note,
            )

    with open_app(settings) as app:
        app.prepare(clock())
        if trust_clock:
            app.store.trust_clock(clock())
        with progress_bar("Visiting") as progress:
            done = count(1)

            def report(visited: Visited) -> None:
                _report_visit(visited, app.store)
                progress(next(done), len(sources))

            failures = sum(visited.failed for visited in run_loop(run(app)))
        app.store.advance_events(clock())
        mirror_files(app)
        publish_changes(app, everything=False)
        tell_receivers(app)
        seal_what_was_kept(app)
    if failures:
        raise typer.Exit(FAILED)


@cli.command()
def backfill(
    name: Annotated[str, source_argument("Which source.")],
    config: ConfigFile = DEFAULT,
    pages: Annotated[
        int | None, typer.Option("--pages", metavar="N", min=1, help="So many pages of its list.")
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"Back to a day: {DAYS}.")] = "",
    restart: Annotated[bool, typer.Option("--restart", help="Begin at the first page again.")] = False,
    tell_all: TellAll = False,
) -> None:
    """Walk a source's list back through its older pages.

    What is known is not fetched again. Stopped with Ctrl-C, or by --pages, it goes on from there when it is
    started again.
    """
    from aggregator.poll.backfill import Limits, walk_back

    settings = load_config(config)
    source = find_source(settings, name)
    back_to = read_day(since, clock(), ZoneInfo(source.timezone), "--since")

    async def run(app: App, bar: Callable[[int, int, int], None]) -> Walked:
        async with app.tools(clock) as tools:
            telling, limits = replace(tools, tells=tell_all), Limits(pages, back_to)
            return await walk_back(source, app.leases, telling, limits, progress_of=bar, on_wait=say)

    with open_app(settings) as app:
        app.prepare(clock())
        if restart:
            app.store.end_backfill(name)
        elif earlier := app.store.backfill(name):
            so_far = f"{earlier.pages} pages and {earlier.articles} articles so far"
            say(f"{name}: going on at page {earlier.number} ({so_far})")
        with walking_bar(name) as bar:
            try:
                walked = run_loop(run(app, bar))
            except KeyboardInterrupt:
                say(f"{name}: stopped; the same command goes on from here")
                raise typer.Exit(FAILED) from None
        tell(f"{name}: {walked.pages} pages, {walked.articles} new articles: {walked.end}")
        mirror_files(app)
        publish_changes(app, everything=False)
        tell_receivers(app)


@cli.command()
def publish(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; compare what is on disk with what should be.")
    ] = False,
    config: ConfigFile = DEFAULT,
) -> None:
    """Render everything again from the database."""
    opened = open_to_read if check else open_app
    with opened(load_config(config)) as app:
        if not check:
            mirror_files(app)
            publish_changes(app, everything=True)
            return
        with progress_bar("Comparing") as progress:
            differences = app.publisher.check(progress=progress, on_wait=say)
        waiting = app.store.publication().articles
    for item in differences:
        tell(f"{item.what}: {item.path}")
    if differences:
        if waiting:
            say(f"{waiting} articles are not published yet; `aggregator publish` does it")
        raise typer.Exit(FAILED)
    typer.echo("Every file is what the database says.")


@cli.command()
def accept(
    name: Annotated[str, source_argument("A source that is suspect.")],
    config: ConfigFile = DEFAULT,
) -> None:
    """Take a suspect source as it is now.

    A source is suspect when its list or its articles look unlike what they always were; what is new is kept
    aside. Once accepted, its next visit takes everything in and learns anew what is usual.
    """
    from aggregator.poll.sweep import accept as accept_source

    settings = load_config(config)
    source = find_source(settings, name)
    with open_app(settings) as app:
        app.prepare(clock())
        state = run_loop(accept_source(source, app.leases, clock, say))
    if state.status != "suspect":
        typer.echo(f"{name} is not suspect, but {state.status}: there is nothing to accept")
        return
    typer.echo(f"{name}: accepted; the next visit, due now, takes what it shows and what was kept aside")


def _report_visit(visited: Visited, store: Store) -> None:
    name, outcome = visited.source.name, visited.outcome
    if outcome is None:
        note(f"{name}: {visited.left}", err=False)
        return
    if outcome.state.failures:
        fail(f"{name}: {outcome.state.status}: {outcome.state.error}")
        return
    summary = f"{name}: {len(outcome.new)} new, {len(outcome.changed)} changed"
    left_out = [debt.key for debt in outcome.owed if debt.reason == "filtered"]
    put_off = [debt for debt in outcome.owed if debt.reason != "filtered"]
    if put_off:
        summary += f", {len(put_off)} put off"
    if left_out:
        summary += f", {len(left_out)} left out by its rules"
        if known := store.count_published(visited.source.name, visited.source.identity, left_out):
            summary += f" ({known} published before)"
    if visited.looked:
        summary += f"; {_told_of_looks(visited.looked)}"
    note(summary, err=False)
    if outcome.state.error:
        say(f"{name}: {outcome.state.error}")
    for debt in put_off:
        tell_debt = say if debt.reason in FAULTS else note
        tell_debt(f"{name}: {debt.reason}: {debt.key}: {debt.message}")


def _told_of_looks(looked: Outcome) -> str:
    """Say how many articles were looked at again, and what came of it."""
    seen = looked.seen
    told = {
        "changed": len(looked.changed) - len(looked.overwriting),
        "missing": sum(one.missing_since is not None and not one.withdrawn for one in seen.standings),
        "withdrawn": sum(one.withdrawn is not None for one in seen.standings),
        "back": sum(one.missing_since is None for one in seen.standings),
        "unsteady": len(seen.unsteady),
    }
    parts = [f"{times} {what}" for what, times in told.items() if times]
    return ", ".join([f"looked at {len(seen.revisits)} again", *parts])

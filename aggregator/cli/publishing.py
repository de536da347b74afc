"""What commands do after their own work: mirror files, publish, tell the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.cli.context import clock, counted, note, run_loop, say
from aggregator.cli.progress import progress_bar

if TYPE_CHECKING:
    from aggregator.app import App


def mirror_files(app: App) -> None:
    """Fetch the files that are due to be mirrored, and print their number."""

    async def run() -> tuple[int, int]:
        async with app.fetcher(clock) as fetcher:
            return await mirror.fetch_due(fetcher)

    mirror = app.mirror(clock)
    mirror.follow_settings()
    if not any(source.mirror for source in app.config.sources):
        return
    fetched, refused = run_loop(run())
    if fetched or refused:
        note(f"Mirrored {fetched} files; {refused} could not be had.", err=False)


def publish_changes(app: App, *, everything: bool) -> None:
    """Publish, print what was written, and tell the hub."""
    from aggregator.publish.restored import RESTORED

    if app.publisher.take_up_older(clock()):
        note(f"{RESTORED[0].upper()}{RESTORED[1:]}.")
    with progress_bar("Publishing") as progress:
        done = app.publisher.publish(everything=everything, progress=progress, on_wait=note)
    written = counted(done.written, "file")
    note(f"Published {counted(done.articles)}: {written} written, {done.removed} removed.", err=False)
    if hub := app.config.websub.hub:
        _tell_hub(app, hub)
    if app.config.output.purge:
        _tell_caches(app)


def tell_receivers(app: App) -> None:
    """Tell receivers what rules match; who cannot be told is told next time."""
    from aggregator.publish.alerts import Teller

    async def run() -> int:
        async with app.fetcher(clock) as fetcher:
            return await Teller(app.config, app.store, app.publisher.documents, clock).tell(fetcher)

    if app.config.receivers and (count := run_loop(run())):
        note(f"Told {count} hits.")


def seal_what_was_kept(app: App) -> None:
    """Seal the days that are over, have them stamped, ask the witness; what fails is done next time."""
    from aggregator.errors import AggregatorError
    from aggregator.publish.chain import seal_days
    from aggregator.publish.stamps import ask_stamps
    from aggregator.publish.witness import ask_witness

    async def ask() -> None:
        async with app.fetcher(clock) as fetcher:
            if evidence.witness:
                await ask_witness(app.store, fetcher, app.config, now)
            if evidence.timestamp:
                await ask_stamps(app.store, fetcher, evidence.timestamp)

    now, evidence = clock(), app.config.evidence
    if app.store.believed_time(now) != now:
        return
    try:
        seal_days(app.store, app.archive, app.config.sources, now)
        if app.depository:
            app.depository.deposit(app.config.sources, now)
        if evidence.timestamp or evidence.witness:
            run_loop(ask())
    except AggregatorError as exc:
        say(f"The days that are over could not be sealed and stamped; they will be next time: {exc}")


def _tell_hub(app: App, hub: str) -> None:
    """Tell the hub what changed; where that fails, the next publication tells it."""
    from aggregator.errors import FetchError
    from aggregator.publish.hub import announce

    async def run() -> int:
        async with app.fetcher(clock) as fetcher:
            return await announce(app.store, fetcher, hub)

    try:
        if count := run_loop(run()):
            note(f"Told the hub of {count} feeds.")
    except FetchError as exc:
        say(f"The hub was not told and will be next time: {exc}")


def _tell_caches(app: App) -> None:
    """Tell caches what changed; where that fails, the next publication tells them."""
    from aggregator.errors import TellError
    from aggregator.publish.purge import purge

    async def run() -> int:
        async with app.fetcher(clock) as fetcher:
            return await purge(app.config, app.store, fetcher)

    try:
        if count := run_loop(run()):
            note(f"Told caches what changed at {count} addresses.")
    except TellError as exc:
        say(f"Caches were not told and will be next time: {exc}")

"""The command that looks whether all is well: doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from aggregator.cli.context import clock, counted, load_config, run_loop
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, Json, cli
from aggregator.cli.progress import progress_bar
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.cli.checks import Check
    from aggregator.settings import Config

SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "dim")}


@cli.command()
def doctor(config: ConfigFile = DEFAULT, json: Json = False) -> None:
    """Look whether all is well here, and say how to mend what is not; exit 1 if something is not.

    It looks at the configuration, permissions, disks, the clock, names and certificates, at the host of each
    source (for its robots.txt), the database, the output, and the service. `aggregator doctor --json` is for
    programs.
    """
    from aggregator.cli.tables.terminal import console, dump

    checks = [*_checks(config)]
    if json:
        typer.echo(dump([asdict(one) for one in checks]))
    else:
        from rich.padding import Padding
        from rich.text import Text

        terminal = console()
        for one in checks:
            mark, colour = SIGNS[one.ok]
            terminal.print(Text.assemble((f"{mark} ", colour), (f"{one.what}: ", "bold"), one.found))
            if one.mend:
                terminal.print(Padding(Text(f"→ {one.mend}"), (0, 0, 0, 2), expand=False))
    if any(one.ok is False for one in checks):
        raise typer.Exit(FAILED)


def _checks(path: Path) -> Iterator[Check]:
    """Make all checks; without a configuration that can be used, those that need none."""
    from aggregator.cli.checks import Check, machine, stored

    try:
        config = load_config(path)
    except ConfigError as exc:
        for problem in exc.problems:
            yield Check("configuration", ok=False, found=str(problem), mend=f"mend it in {problem.file}")
        yield from (machine.check_roots(), machine.check_clock(clock(), None), machine.check_unit())
        return
    yield Check("configuration", ok=True, found=f"{path}: {counted(len(config.sources), 'source')}")
    yield from machine.check_secrets(config, path)
    yield from machine.check_libraries(config)
    yield from machine.check_folders(config)
    yield from stored.check_buckets(config)
    yield machine.check_roots()
    yield from _network(config)
    with progress_bar("Looking through the database"):
        database = [*stored.check_database(config)]
    yield from database
    yield stored.check_daemon(config, path)
    yield machine.check_unit()


def _network(config: Config) -> Iterator[Check]:
    """Check names, hosts, and by what these say, the clock."""
    from aggregator.cli.checks import hosts, machine
    from aggregator.fetch import make_fetcher

    async def ask() -> tuple[list[Check], bool | None]:
        async with make_fetcher(config) as fetcher:
            checks = await hosts.check_hosts(hosts.hosts_of(config.sources), fetcher, progress)
            return checks, fetcher.confirms(clock())

    with progress_bar("Asking hosts") as progress:
        checks, confirmed = run_loop(ask())
    yield from checks
    yield machine.check_clock(clock(), confirmed)

"""Commands on alerts: what happened, was told and waits, a test of a receiver, what a rule would tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import clock, load_config, open_app, open_store, open_to_read, run_loop, say
from aggregator.cli.days import DAYS, read_day
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, Json, cli

if TYPE_CHECKING:
    from aggregator.settings import Config

MAX_HITS = 1000
"""New articles that are shown of a rule."""


@cli.command()
def tell(
    test: Annotated[
        str, typer.Option("--test", metavar="RECEIVER", help="Send it the newest article, as a test.")
    ] = "",
    config: ConfigFile = DEFAULT,
) -> None:
    """Tell receivers what is due now, and exit; the daemon does so by itself.

    With --test, one receiver gets the newest article, whatever the rules say.
    """
    from aggregator.errors import PublishError, TellError
    from aggregator.publish.alerts import Teller
    from aggregator.settings import closest

    settings = load_config(config)
    receivers = {receiver.name: receiver for receiver in settings.receivers}
    if test and test not in receivers:
        raise typer.BadParameter(
            f'there is no receiver "{test}"{closest(test, receivers)}', param_hint="--test"
        )
    with open_app(settings) as app:
        teller = Teller(settings, app.store, app.publisher.documents, clock)

        async def run() -> int:
            async with app.fetcher(clock) as fetcher:
                if not test:
                    return await teller.tell(fetcher)
                await teller.test(receivers[test], fetcher)
                return 1

        try:
            count = run_loop(run())
        except (PublishError, TellError) as exc:
            say(f"{test} was not told: {exc}")
            raise typer.Exit(FAILED) from None
        typer.echo(f"Told {test}." if test else f"Told {count} hits.")


@cli.command()
def outbox(config: ConfigFile = DEFAULT, json: Json = False) -> None:
    """List the receivers: how much waits for each, how much it was told, and what is wrong."""
    from aggregator.cli.tables.alerts import outbox_json, show_outbox
    from aggregator.cli.tables.terminal import console

    settings = load_config(config)
    with open_to_read(settings) as app:
        standings = app.store.standings()
    if json:
        typer.echo(outbox_json(settings, standings))
    elif not (settings.receivers or standings):
        say("There is no [[receiver]]; see the page on alerts.")
    else:
        show_outbox(console(), settings, standings)


@cli.command()
def events(
    config: ConfigFile = DEFAULT,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help=f"From this day: {DAYS}.")] = "",
    json: Json = False,
) -> None:
    """List the program's own news, of sources, the configuration, the disk, receivers; the last one last.

    What the operations feed shows (feeds/operations.atom.xml), one line an event, as it stands now. A rule
    tells of them: on = ["source-broken", "source-back"].
    """
    from zoneinfo import ZoneInfo

    from aggregator.cli.tables.alerts import events_json, show_events
    from aggregator.cli.tables.terminal import console

    settings = load_config(config)
    zone = ZoneInfo(settings.site.timezone)
    first = read_day(since, clock(), zone, "--since")
    with open_store(settings) as store:
        found = store.events(first)[::-1]
    if json:
        typer.echo(events_json(found))
    elif found:
        show_events(console(), found, zone)
    else:
        say("Nothing happened.")


def preview_rule(config: Config, name: str, since: str) -> None:
    """Show what a rule would have told of what is held, before anything is sent."""
    from zoneinfo import ZoneInfo

    from aggregator.cli.tables.alerts import show_hits
    from aggregator.cli.tables.terminal import console
    from aggregator.decide.alerts import query_of
    from aggregator.model import Change
    from aggregator.publish.alerts import Teller
    from aggregator.settings import closest
    from aggregator.store import Search

    rules = {rule.name: rule for rule in config.rules}
    if name not in rules:
        raise typer.BadParameter(f'there is no rule "{name}"{closest(name, rules)}', param_hint="--rule")
    rule, zone = rules[name], ZoneInfo(config.site.timezone)
    first = read_day(since, clock(), zone, "--since")
    with open_to_read(config) as app:
        teller = Teller(config, app.store, app.publisher.documents, clock)
        happened = [*app.store.changes(first), *(event.change for event in app.store.events(first))]
        hits = list(teller.matching(rule, happened))
        if "new" in rule.on:
            found = app.store.search(Search(query_of(rule, config.site.timezone), limit=MAX_HITS))
            meant = {kept.id for kept in found}
            hits += [
                (Change(kept.first_seen, "new", kept.id, 1, kept.article.source, "", ""), kept)
                for kept in found
                if (first is None or kept.first_seen >= first)
                # Of a text that several sources have, the first is told.
                and not any(one.id in meant for one in app.store.came_before(kept.id))
            ]
    show_hits(console(), config, sorted(hits, key=lambda hit: hit[0].at))
    say(f"{len(hits)} hits, each for {', '.join(rule.tell)}; nothing was sent.")

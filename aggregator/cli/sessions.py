"""Commands on the sessions of sites: login, logout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from aggregator.cli.context import (
    clock,
    find_source,
    load_config,
    open_app,
    open_store,
    run_loop,
    say,
    tell,
)
from aggregator.cli.options import DEFAULT, FAILED, ConfigFile, cli
from aggregator.errors import FetchError, ReadError

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.settings import Config, Source

Name = Annotated[str, typer.Argument(metavar="NAME", help="A source that has a [source.session].")]


@cli.command()
def login(name: Name, config: ConfigFile = DEFAULT) -> None:
    """Log in to a source's site now, say each step, and keep the session.

    It tries even what was refused before, once; the source's list then says whether the session holds.
    """
    from aggregator.poll.list import ask_for_list

    settings = load_config(config)
    source = _find(settings, name)

    async def run(app: App) -> str:
        async with app.fetcher(clock) as fetcher:
            try:
                if source.session and source.session.login:
                    await fetcher.sessions.log_in(source.access, tell)
                answer = await ask_for_list(source, fetcher)
            finally:
                if session := fetcher.session_change(source.access):
                    app.store.save_session(session)
        return answer.address

    with open_app(settings) as app:
        app.prepare(clock())
        try:
            address = run_loop(run(app))
        except (FetchError, ReadError) as exc:
            say(f"{name}: {exc}")
            raise typer.Exit(FAILED) from None
        app.store.make_due([source.name], clock())
    typer.echo(f"{name}: {address} answers within the session, which is kept; the next visit is due now")


@cli.command()
def logout(name: Name, config: ConfigFile = DEFAULT) -> None:
    """Forget the session that is kept of a source's site; the site is told nothing."""
    settings = load_config(config)
    session = _find(settings, name).access.session
    with open_store(settings) as store:
        known = store.forget_session(session.name if session else name)
    typer.echo(f"{name}: {'its session is forgotten' if known else 'there is no session of it'}")


def _find(settings: Config, name: str) -> Source:
    source = find_source(settings, name)
    if source.session is None:
        raise typer.BadParameter(f"{name} has no [source.session]", param_hint="NAME")
    return source

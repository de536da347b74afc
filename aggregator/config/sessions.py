"""Checks of ``[source.session]`` that need to know selectors, JMESPath and the other sources."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from aggregator.config.report import Location
from aggregator.errors import Problem
from aggregator.settings import Source
from aggregator.sources import selectors
from aggregator.text.addresses import same_site


def session_problems(location: Location, source: Source) -> Iterator[Problem]:
    """Find what is wrong with the session of one source."""
    session = source.session
    if session is None:
        return
    if source.browser:
        message = "and browser do not go together: a browser has its own cookies, and forgets them"
        yield location.problem("session", message)
    if not (session.login or source.cookies):
        yield location.problem("session", "begins with [source.session.login], or with [source.cookies]")
    if login := session.login:
        for key, message in selectors.check("session.login", login, "form"):
            yield location.problem(key, message)
        if login.token:
            from aggregator.sources.json_answer import check_path  # loads JMESPath, which few tables need

            if fault := check_path(login.token):
                yield location.problem("session.login.token", fault)


def shared_problems(sources: Sequence[tuple[Path, Source]]) -> Iterator[Problem]:
    """Find the sources that give the session of another one, and mean something else by it."""
    first: dict[str, Source] = {}
    for file, source in sources:
        if source.session is None or source.access.session is None:
            continue
        name = source.access.session.name
        other = first.setdefault(name, source)
        location = Location(str(file), f'source "{source.name}"')
        if other.access.session != source.access.session or other.cookies != source.cookies:
            message = f'"{name}" is the session of "{other.name}", whose [source.session] or cookies differ'
            yield location.problem("session.name", message)
        elif not same_site(other.url, source.url):
            yield location.problem("session.name", f'"{name}" is the session of "{other.name}", another site')

"""Checks of the network: names, and each host of a source, asked as the source's visits would ask it."""

import asyncio
import ipaddress
import socket
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.cli.checks import Check
from aggregator.decide.explanation import mend_of
from aggregator.errors import AggregatorError, FetchError
from aggregator.fetch import Fetcher
from aggregator.model import Request
from aggregator.settings import Source

MAX_ASKED = 20
"""Hosts that are asked at a time."""
RESOLVE_SECONDS = 10
NAMED = 3
"""Sources of a host that are named."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host, and the sources that are read from it by one way."""

    origin: str
    """Its scheme, name and port."""
    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        """Its name alone."""
        return urlsplit(self.origin).hostname or ""


def hosts_of(sources: Sequence[Source]) -> list[Host]:
    """Put sources together by the host of their address, and by the proxy through which it is asked."""
    found: defaultdict[tuple[str, str], list[Source]] = defaultdict(list)
    for source in sources:
        parts = urlsplit(source.url)
        found[f"{parts.scheme}://{parts.netloc}", str(source.proxy)].append(source)
    return [Host(origin, tuple(some)) for (origin, _), some in found.items()]


async def check_hosts(
    hosts: Sequence[Host], fetcher: Fetcher, progress: Callable[[int, int], None]
) -> list[Check]:
    """Check that names are resolved and that each host answers, whatever it answers."""
    slots, done = asyncio.Semaphore(MAX_ASKED), 0
    resolved = await _check_names(hosts)

    async def one(host: Host) -> Check:
        nonlocal done
        async with slots:
            check = await _check_host(host, fetcher)
        progress(done := done + 1, len(hosts))
        return check

    checks = await asyncio.gather(*map(one, hosts))
    failed = [check for check in checks if not check.ok]
    answer = f"{len(hosts) - len(failed)} of {len(hosts)} hosts answer"
    return [resolved, *failed, Check("hosts", not failed if hosts else None, answer)]


async def _check_host(host: Host, fetcher: Fetcher) -> Check:
    """Ask a host for its robots.txt, which every host expects to be asked for."""
    first = host.sources[0]
    more = "" if len(host.sources) <= NAMED else f" and {len(host.sources) - NAMED} more"
    of = f"{', '.join(source.name for source in host.sources[:NAMED])}{more}"
    request = Request(f"{host.origin}/robots.txt", once=True)
    try:
        await fetcher.fetch(
            request, first.access.model_copy(update={"browser": None, "session": None, "archive": ""})
        )
    except FetchError as exc:
        if exc.status is None:
            return Check(host.name, ok=False, found=f"{exc.reason} ({of})", mend=_mend(exc.reason))
    except AggregatorError as exc:
        return Check(host.name, ok=False, found=f"{exc} ({of})", mend=_mend(str(exc)))
    return Check(host.name, ok=True, found="it answers")


def _mend(fault: str) -> str:
    """Say what to do, but not to run the command that says it."""
    parts = mend_of(fault).replace(" (`aggregator doctor`)", "").split("; ")
    return "; ".join(part for part in parts if "`aggregator doctor`" not in part)


async def _check_names(hosts: Sequence[Host]) -> Check:
    """Check that some name of a host is resolved; which ones are not, their own checks say."""
    names = {host.name for host in hosts if not host.sources[0].proxy and not _is_address(host.name)}
    if not names:
        return Check("DNS", ok=None, found="no source needs it")
    found = await asyncio.gather(*map(_resolves, sorted(names)[:MAX_ASKED]))
    said = f"{sum(found)} of {len(found)} names are resolved"
    mend = "see /etc/resolv.conf, and whether this machine has a network at all"
    return Check("DNS", any(found), said, "" if any(found) else mend)


async def _resolves(name: str) -> bool:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return True


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

"""The guard against requests to internal addresses (SSRF), through which every connection goes."""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterable
from functools import partial
from typing import Any

import httpcore

from aggregator.fetch.stream import Backend

MAX_LOOKUPS = 20  # names that are resolved at a time
CONNECT_TIMEOUT = 5.0  # seconds after which the next address of a host is tried

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
BARRED = tuple(
    map(
        ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20", "5f00::/16")
    )
)
"""Networks that some versions of Python take for public although they are not.

They are protocol assignments (the metadata service of one cloud among them), relays of 6to4, documentation,
and the internal address of another cloud, whose number alone is public.
"""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1


class RefusedError(Exception):
    """A host has an address that is not public and not allowed."""


class UnresolvedError(Exception):
    """A host's name has no address; ``passing`` where the name server may know it later."""

    def __init__(self, host: str, *, passing: bool) -> None:
        self.passing = passing
        super().__init__(f"cannot resolve {host}")


class Guard(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that it has resolved and checked itself.

    A name that is resolved twice may answer differently the second time (DNS rebinding), so the very
    address that was checked is the one connected to. TLS still verifies the name: httpcore wraps the
    stream afterwards. ``allow_private`` are networks, such as ``127.0.0.0/8``, that are allowed although
    they are not public.
    """

    def __init__(self, allow_private: Iterable[str]) -> None:
        self._allowed = tuple(ipaddress.ip_network(network) for network in allow_private)
        self._backend = Backend()
        self._turns = asyncio.Semaphore(MAX_LOOKUPS)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the parent's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that answers.

        Raises RefusedError, UnresolvedError, and what the backend raises for the last address.
        """
        *others, last = await self._resolve(host)
        connect = partial(
            self._backend.connect_tcp, port=port, local_address=local_address, socket_options=socket_options
        )
        for address in others:
            try:
                return await connect(address, timeout=CONNECT_TIMEOUT)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await connect(last, timeout=timeout)

    async def check(self, host: str) -> None:
        """Refuse a host that a proxy shall connect to, as far as this machine can resolve its name.

        Raises RefusedError. The proxy may resolve the name to another address.
        """
        with contextlib.suppress(UnresolvedError):
            await self._resolve(host)

    async def is_inside(self, host: str) -> bool:
        """Tell whether no address of a host is public.

        Raises RefusedError and UnresolvedError.
        """
        addresses = map(ipaddress.ip_address, await self._resolve(host))
        return not any(is_public(unwrap(address)) for address in addresses)

    async def _resolve(self, host: str) -> list[str]:
        """Give every address of a host, at least one, all of them allowed."""
        try:
            found = await self._look_up(host)
        except (OSError, UnicodeError) as exc:
            passing = isinstance(exc, socket.gaierror) and exc.errno == socket.EAI_AGAIN
            raise UnresolvedError(host, passing=passing) from exc
        addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
        for address in addresses:
            if not self._may_connect(ipaddress.ip_address(address)):
                which = f"{host} is" if host == address else f"{host} is {address},"
                raise RefusedError(f"refused: {which} not a public address ([network] allow_private)")
        return addresses

    async def _look_up(self, host: str) -> list[Any]:
        """Ask the system's resolver, in a thread of its own for which not even the program's end waits."""
        await self._turns.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(found: list[Any], error: BaseException | None) -> None:
            self._turns.release()
            if answer.done():
                return
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(found)

        def work() -> None:
            found: list[Any] = []
            error: BaseException | None = None
            try:
                found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as exc:
                error = exc
            with contextlib.suppress(RuntimeError):  # the loop is closed, so nobody waits any more
                loop.call_soon_threadsafe(settle, found, error)

        threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
        return await answer

    def _may_connect(self, address: IPAddress) -> bool:
        inner = unwrap(address)
        return is_public(inner) or any(inner in network for network in self._allowed)


def unwrap(address: IPAddress) -> IPAddress:
    """Give the IPv4 address inside an IPv6 one (IPv4-mapped, 6to4, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: IPAddress) -> bool:
    """Tell whether an address is that of one host on the internet.

    ``is_global`` alone is not enough: it holds for multicast, for IPv6 blocks that are reserved (local-use
    NAT64 among them) and for the old site-local ones.
    """
    site_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    barred = address.is_multicast or address.is_reserved or site_local
    return address.is_global and not barred and not any(address in network for network in BARRED)

"""The guard against requests to inside addresses."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from ipaddress import ip_address

import httpx
import pytest

from aggregator.fetch.guard import Guard, RefusedError, is_public, unwrap
from aggregator.settings import Network
from tests.support.fetching import failure, fetch_body, limited
from tests.support.loopback import Site


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "[::1]"]
)
def test_loopback_is_refused_in_every_spelling(host: str) -> None:
    """Without allow_private nothing reaches a server on this machine, and nobody asks twice."""
    if host == "[::1]" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with Site({"/": b"secret"}) as site:
        error = failure(site.url.replace("127.0.0.1", host), Network(delay=timedelta(0)))
        assert error.reason.startswith("refused: ")
        assert error.reason.endswith("not a public address ([network] allow_private)")
        assert not site.requests


def test_the_refusal_names_the_host_and_its_address() -> None:
    """One sees from the message what a name leads to."""
    error = failure("http://2130706433/", Network())
    assert error.reason == "refused: 2130706433 is 127.0.0.1, not a public address ([network] allow_private)"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.5",
        "100.64.0.1",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "3fff::1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::127.0.0.1",
        "::ffff:10.0.0.5",
        "64:ff9b::10.0.0.5",
        "64:ff9b:1::10.0.0.5",
        "2002:a00:5::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    """Private, shared, link-local, multicast and reserved ones, wrapped in IPv6 or not."""
    guard = Guard(("127.0.0.0/8",))
    with pytest.raises(RefusedError):
        asyncio.run(guard.connect_tcp(address, 9))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses_pass(address: str) -> None:
    """Those of the internet do, also where the network reaches IPv4 through NAT64."""
    assert is_public(unwrap(ip_address(address)))


def test_the_transport_really_asks_the_guard() -> None:
    """The private attribute through which httpx gets our guard is the one that httpx uses."""
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    assert hasattr(transport._pool, "_network_backend")
    with Site({"/": b"x"}) as site:
        assert failure(site.url, limited(allow_private=())).reason.startswith("refused")
        assert failure(site.url, limited(allow_private=("10.0.0.0/8", "::1/128"))).reason.startswith(
            "refused"
        )
        assert fetch_body(site.url, limited(allow_private=("127.0.0.1/32",))) == b"x"

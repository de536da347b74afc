"""A site that a daemon serves, to be asked by way of other servers, and what must be the same then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.loopback import Site
from tests.support.running import daemon, free_port, get
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace

READER = "5ecd" * 10
OURS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "x-robots-tag",
    "x-frame-options",
    "cross-origin-resource-policy",
    "cache-control",
)
"""Headers that say what may be done with an answer."""
PATHS = (
    "/",
    "/feeds.html",
    "/feeds/rss.xml",
    "/feeds/atom.xml",
    "/feeds/feed.json",
    "/feeds/operations.atom.xml",
    "/feeds.opml",
    "/assets/style.css",
    "/search",
    "/search?q=Title",
    "/search/rss.xml?q=Title",
    "/search/atom.xml?q=Title",
    "/search/feed.json?q=Title",
    "/share/nothing.html",
    "/websub/nothing",
    f"/r/{READER}/",
    f"/r/{READER}/feeds/atom.xml",
    f"/r/{READER}/search?q=Title",
    f"/r/{READER}/nothing",
    "/r/nothing/",
)
FOR_THE_OPERATOR = (
    "/status",
    "/status.json",
    "/status/paper",
    "/metrics",
    "//status",
    "/%73tatus",
    "/./metrics",
)


@contextmanager
def served(folder: Path) -> Iterator[tuple[Workplace, str]]:
    """A daemon that has polled and published three articles, and has a reader; and its host and port."""
    workplace = Workplace(folder)
    address = f"127.0.0.1:{free_port()}"
    with Site({"/feed.xml": feed(*map(item, range(1, 4)))}) as site:
        (workplace.folder / "token").write_text(READER)
        reader = '[[reader]]\nname = "desk"\ntoken = { file = "token" }\n'
        workplace.configure(f'[server]\nlisten = "{address}"\n{reader}{feed_source(site)}')
        workplace.run("poll")
        with daemon(workplace, int(address.partition(":")[2])):
            yield workplace, address


def answers(address: str) -> bool:
    """Whether a server is up."""
    try:
        return get(address).status_code < 600
    except httpx.TransportError:
        return False


class Proxied:
    """What holds of every server between readers and a daemon; ``servers`` are the addresses of both."""

    @pytest.mark.parametrize("path", PATHS)
    def test_it_answers_as_the_daemon_does(self, servers: tuple[str, str], path: str) -> None:
        """The same status, type, body and headers, and none of these twice."""
        first, second = (get(f"{address}{path}", headers={"Accept": "text/html, */*"}) for address in servers)
        assert first.status_code == second.status_code
        assert first.content == second.content
        for name in ("content-type", *OURS):
            assert len(first.headers.get_list(name)) <= 1, name
            assert _plain(first, name) == _plain(second, name), name
        assert "x-answered-by" not in first.headers

    @pytest.mark.parametrize(
        "path", ["/", "/feeds/rss.xml", "/search?q=Title", f"/r/{READER}/feeds/atom.xml"]
    )
    def test_what_is_known_costs_little(self, servers: tuple[str, str], path: str) -> None:
        """Files and what the daemon answers alike come packed, and as a 304 where they are known."""
        packed = get(f"{servers[0]}{path}", headers={"Accept-Encoding": "gzip"})
        assert packed.headers.get("content-encoding") == "gzip"
        assert "accept-encoding" in packed.headers.get("vary", "").lower()
        known = {"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"}
        again = get(f"{servers[0]}{path}", headers=known)
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("path", FOR_THE_OPERATOR)
    def test_the_operators_pages_are_closed(self, servers: tuple[str, str], path: str) -> None:
        """Nobody sees them through the proxy, while this machine does."""
        require_closed(servers[0], path)
        assert get(f"{servers[1]}/status").status_code == 200


def require_closed(address: str, path: str) -> None:
    """Hold a server to showing nobody what is the operator's, whatever a client says of itself."""
    for said in ({}, {"Host": "localhost"}, {"X-Forwarded-For": ""}, {"X-Forwarded-For": "127.0.0.1"}):
        for method in ("GET", "POST"):
            answer = httpx.request(method, f"{address}{path}", headers=said, trust_env=False)
            # Caddy has nothing at all for a host that its configuration does not name.
            nothing = answer.status_code == 200 and not answer.content
            assert nothing or answer.status_code in (400, 404, 405), (method, path, said)


def _plain(answer: httpx.Response, name: str) -> str:
    return str(answer.headers.get(name, "")).replace(" ", "").lower()

"""What the server refuses, however it is asked."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aggregator.web import Health
from tests.support.website import serving, write, write_output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An output folder to change."""
    return write_output(tmp_path / "public")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the server of a folder that nobody changes."""
    with serving(write_output(tmp_path_factory.mktemp("site") / "public")) as client:
        yield client


def get_raw(site: httpx.Client, target: bytes) -> bytes:
    """The whole answer to a request target that no client library would send."""
    with socket.create_connection(("127.0.0.1", site.base_url.port or 0)) as sock:
        sock.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.parametrize("path", ["/", "/feeds/rss.xml", "/missing", "/healthz"])
def test_every_answer_forbids_scripts_and_frames(site: httpx.Client, path: str) -> None:
    """Mirrored text can run nothing, whichever address it is reached by."""
    answer = site.get(path)
    policy = answer.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not any(part.startswith("script-src") for part in policy)
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/feeds/rss.xml", "/healthz", "/html_News/NewsShare.html"])
def test_other_methods_are_refused(site: httpx.Client, method: str, path: str) -> None:
    """There is nothing to write here: 405, with the methods that are allowed."""
    answer = site.request(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_nothing_outside_the_output_is_served(root: Path) -> None:
    """No spelling of a way up, of a hidden file or of a link leads to anything."""
    (root / "link.html").symlink_to(root / "index.html")
    (root / "out.txt").symlink_to(root.parent / "secret.txt")
    (root / "up").symlink_to(root.parent)
    (root / "same").symlink_to(root / "folder")
    write(root / "back\\slash.html", b"a secret")
    os.mkfifo(root / "pipe.html")
    with serving(root) as site:
        for target in (
            b"/../secret.txt",
            b"/%2e%2e/secret.txt",
            b"/%2e%2e%2fsecret.txt",
            b"/..%2Fsecret.txt",
            b"/folder/../../secret.txt",
            b"/folder/../index.html",
            b"/..%5csecret.txt",
            b"/folder\\..\\..\\secret.txt",
            b"/back%5cslash.html",
            b"/%252e%252e/secret.txt",
            b"/%c0%ae%c0%ae/secret.txt",
            b"/%00",
            b"/index.html%00.png",
            b"/index.html%0a",
            b"/index.html/",
            b"//index.html",
            b"/folder//page.html",
            b"/./index.html",
            b"/" + os.fsencode(root.parent / "secret.txt"),
            b"/.env",
            b"/.hidden/key.txt",
            b"/link.html",
            b"/out.txt",
            b"/up/secret.txt",
            b"/same/page.html",
            b"/pipe.html",
            b"/folder",
            b"/folder/",
            b"/" + b"a" * 5000,
            b"/%ff%fe",
            b"/missing.html",
        ):
            answer = get_raw(site, target)
            assert answer.startswith(b"HTTP/1.1 404 "), target
            assert b"secret" not in answer


def test_a_file_swapped_for_a_link_is_refused(root: Path) -> None:
    """What was served from memory is refused once a link stands in its place."""
    with serving(root) as site:
        assert site.get("/folder/page.html").status_code == 200
        (root / "folder").rename(root / "moved")
        (root / "folder").symlink_to(root / "moved")
        assert site.get("/folder/page.html").status_code == 404


def test_bytes_that_are_no_request_harm_nobody(site: httpx.Client) -> None:
    """A request that cannot be read is refused, and the next one is served."""
    assert get_raw(site, b"/\x00\xff bad").startswith(b"HTTP/1.1 400 ")
    assert get_raw(site, b"/").startswith(b"HTTP/1.1 200 ")


def test_a_fault_is_a_plain_500(root: Path) -> None:
    """A fault in the program shows nothing of it, with the same headers as every answer."""

    def broken() -> Health:
        raise RuntimeError("a secret")

    with serving(root, broken) as site:
        answer = site.get("/healthz")
        assert (answer.status_code, answer.text) == (500, "500 Internal Server Error\n")
        assert "content-security-policy" in answer.headers

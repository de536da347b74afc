"""Copies of closed files of raw answers in a bucket: each once, never one in the place of another, gone with its file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from aggregator.errors import PublishError
from aggregator.fetch.archive import Archive, Exchange
from aggregator.output.bucket import PART_SIZE
from aggregator.publish.depository import Depository
from aggregator.publish.retention import expire_files
from aggregator.settings import Source
from tests.support.bucket import BucketServer
from tests.support.posts import a_press

DAY = datetime(2026, 3, 5, 12, tzinfo=UTC)
LATER = DAY + timedelta(days=1)
NAME = "paper-20260305-00001.warc.gz"
SOURCES = [Source(name="paper", kind="feed", url="https://paper.example/", archive="warc", archive_for="30d")]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketServer]:
    with BucketServer(monkeypatch) as server:
        yield server


def an_archive(folder: Path, body: bytes = b"Text.") -> Archive:
    """An archive with one answer."""
    archive = Archive(folder)
    archive.keep(
        "paper", Exchange("https://paper.example/1", DAY, 200, (("Content-Type", "text/plain"),), body)
    )
    return archive


def test_a_file_is_copied_once_when_its_day_is_over(server: BucketServer, tmp_path: Path) -> None:
    """What may still grow waits; the copy is the file, byte by byte; another process copies nothing again."""
    archive = an_archive(tmp_path)
    depository = Depository(archive, server.address)
    assert depository.deposit(SOURCES, DAY) == 0
    assert depository.deposit(SOURCES, LATER) == 1
    assert server.get(f"site/paper/{NAME}")[0] == archive.path("paper", NAME).read_bytes()
    assert Depository(Archive(tmp_path), server.address).deposit(SOURCES, LATER) == 0
    assert server.written() == [f"paper/{NAME}"]


def test_a_lost_index_copies_nothing_again(server: BucketServer, tmp_path: Path) -> None:
    """What is there already is known by its hash."""
    archive = an_archive(tmp_path)
    Depository(archive, server.address).deposit(SOURCES, LATER)
    for file in (tmp_path / "paper").glob("index.db*"):
        file.unlink()
    assert Depository(Archive(tmp_path), server.address).deposit(SOURCES, LATER) == 1
    assert server.written() == [f"paper/{NAME}"]


def test_two_machines_keep_both(server: BucketServer, tmp_path: Path) -> None:
    """The second file of a name gets one with its hash, and goes alone."""
    first, second = an_archive(tmp_path / "a"), an_archive(tmp_path / "b", b"Another text.")
    for archive in (first, second):
        assert Depository(archive, server.address).deposit(SOURCES, LATER) == 1
    mine, theirs = server.written()
    assert theirs.endswith(f"-{NAME}")
    assert server.get(f"site/{theirs}")[0] == second.path("paper", NAME).read_bytes()
    Depository(second, server.address).remove("paper", [NAME])
    assert server.get(f"site/{mine}")[0] == first.path("paper", NAME).read_bytes()
    with pytest.raises(Exception, match="404"):
        server.get(f"site/{theirs}")


def test_a_copy_goes_with_its_file(server: BucketServer, tmp_path: Path) -> None:
    """What is older than archive_for goes in both places; while the bucket refuses, in none."""
    archive = an_archive(tmp_path / "evidence")
    depository = Depository(archive, server.address)
    depository.deposit(SOURCES, LATER)
    with a_press(tmp_path) as press:
        end = DAY + timedelta(days=40)
        press.store.trust_clock(end)
        server.fault = lambda method, path: "403 AccessDenied" if method == "POST" else ""
        with pytest.raises(PublishError, match=r"cannot remove .*\(\[evidence\] bucket\): AccessDenied"):
            expire_files(depository, press.store, SOURCES, end, confirmed=True)
        assert archive.path("paper", NAME).exists()
        server.fault = lambda method, path: ""
        assert expire_files(depository, press.store, SOURCES, end, confirmed=True) == 1
    assert not archive.path("paper", NAME).exists()
    with pytest.raises(Exception, match="404"):
        server.get(f"site/paper/{NAME}")


def test_a_large_file_is_put_in_parts(server: BucketServer, tmp_path: Path) -> None:
    """Its bytes are those of the file all the same."""
    archive = an_archive(tmp_path, Random(1).randbytes(PART_SIZE + 1))  # noqa: S311
    Depository(archive, server.address).deposit(SOURCES, LATER)
    assert server.get(f"site/paper/{NAME}")[0] == archive.path("paper", NAME).read_bytes()
    assert len(server.written()) == 2

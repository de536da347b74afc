"""What the doctor says of buckets."""

from pathlib import Path

import pytest

from aggregator.cli.checks.stored import check_buckets
from aggregator.config import load
from tests.support.bucket import BucketServer


def test_each_bucket_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It writes an object and removes it, and says what the store says where that fails."""
    with BucketServer(monkeypatch) as server:
        path = tmp_path / "aggregator.toml"
        path.write_text(
            f'[site]\nurl = "https://news.example.org"\n[output]\nsite = "{server.address}"\n', "utf-8"
        )
        config = load(path)
        assert [(one.ok, one.found) for one in check_buckets(config)] == [
            (True, f"{server.address} can be written to")
        ]
        assert server.written() == ["probe.txt"]
        server.fault = lambda method, path: "403 AccessDenied" if method == "PUT" else ""
        [check] = check_buckets(config)
        assert not check.ok
        assert "AccessDenied, The store says AccessDenied." in check.found

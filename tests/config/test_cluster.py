"""``[cluster]``: several machines, which share a database that they all reach."""

from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError

HEAD = '[site]\nurl = "https://news.example.org"\n'
SHARED = '[storage]\ndatabase = "postgresql://db.example/news"\n'
CLUSTER = '[cluster]\nengine = "procrastinate"\n'


def test_a_cluster_is_configured_by_its_engine_alone(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.toml"
    path.write_text(HEAD + SHARED + CLUSTER, "utf-8")
    cluster = load(path).cluster
    assert cluster is not None
    assert cluster.engine == "procrastinate"
    path.write_text(HEAD, "utf-8")
    assert load(path).cluster is None


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (CLUSTER, '[cluster] engine: needs [storage] database = "postgresql://…"'),
        (SHARED + "[cluster]\n", "[cluster] engine: is missing"),
        (SHARED + CLUSTER.replace("procrastinate", "celery"), "[cluster] engine: 'celery': should be"),
    ],
)
def test_what_cannot_be_a_cluster_is_named_by_file_and_key(tmp_path: Path, tables: str, said: str) -> None:
    path = tmp_path / "aggregator.toml"
    path.write_text(HEAD + tables, "utf-8")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert f"{path}: {said}" in str(raised.value)

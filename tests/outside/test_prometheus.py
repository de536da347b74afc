"""Prometheus itself reads docs/prometheus: its checks, its alerts, and its answers to the dashboard's queries."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from docs.site.blocks import CHECKOUT
from tests.support.loopback import Site
from tests.support.running import daemon, free_port, get, serving, until
from tests.support.samples import feed, item
from tests.support.workplace import PATIENCE, Workplace

pytestmark = pytest.mark.slow

SHOWN = CHECKOUT / "docs" / "prometheus"
HEALTHY = {
    'up{job="aggregator",instance="i"}': 1,
    'aggregator_database_up{job="aggregator",instance="i"}': 1,
    'aggregator_overdue_seconds{job="aggregator",instance="i"}': 2,
    'aggregator_unpublished_articles{job="aggregator",instance="i"}': 0,
    'aggregator_sources{job="aggregator",instance="i",state="ok"}': 8,
    'aggregator_sources{job="aggregator",instance="i",state="failed"}': 1,
    'aggregator_sources{job="aggregator",instance="i",state="paused"}': 30,
    'aggregator_workers_resident_memory_bytes{job="aggregator",instance="i"}': 100_000_000,
    'process_resident_memory_bytes{job="aggregator",instance="i"}': 200_000_000,
    'aggregator_dispatchers{job="aggregator",instance="i"}': 1,
    'aggregator_nodes{job="aggregator",instance="i",state="bad"}': 0,
    'aggregator_clock_offset_seconds{job="aggregator",instance="i"}': 2,
    'aggregator_jobs_lag_seconds{job="aggregator",instance="i",task="visit"}': 30,
}
TROUBLES = {
    "AggregatorDown": ("up{", 0),
    "AggregatorDatabaseUnusable": ("aggregator_database_up{", 0),
    "AggregatorVisitsLate": ("aggregator_overdue_seconds{", 900),
    "AggregatorUnpublished": ("aggregator_unpublished_articles{", 5),
    "AggregatorManySourcesFail": ('aggregator_sources{job="aggregator",instance="i",state="failed"', 20),
    "AggregatorMemory": ("process_resident_memory_bytes{", 900_000_000),
    "AggregatorNeedsYou": ('aggregator_events_open{job="aggregator",instance="i",kind="disk-short"}', 1),
    "AggregatorSourceInTrouble": (
        'aggregator_events_open{job="aggregator",instance="i",kind="source-gone"}',
        1,
    ),
    "AggregatorNoDispatcher": ("aggregator_dispatchers{", 0),
    "AggregatorNodeIdle": ("aggregator_nodes{", 2),
    "AggregatorClocksApart": ("aggregator_clock_offset_seconds{", 600),
    "AggregatorJobsWait": ("aggregator_jobs_lag_seconds{", 1200),
}


def tool(name: str) -> str:
    """Where a program of Prometheus lies; the test is skipped without it."""
    if not (found := shutil.which(name)):
        pytest.skip(f"{name} is not installed (on Debian: apt install prometheus)")
    return found


def promtool(*arguments: str | Path, text: str = "") -> str:
    """What promtool says of something that it finds right."""
    done = subprocess.run(
        [tool("promtool"), *arguments], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_finds_nothing_wrong() -> None:
    """With the configuration, with what its comments offer, and with the rules."""
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", SHOWN / "prometheus.yml")
    assert "12 rules found" in promtool("check", "rules", SHOWN / "alerts.yml")


def test_each_alert_is_raised_by_its_trouble_alone(tmp_path: Path) -> None:
    """Two hours of a healthy daemon raise none; each trouble raises its own."""
    rules = yaml.safe_load((SHOWN / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert {rule["alert"] for rule in rules} == TROUBLES.keys()

    def case(series: dict[str, float], raised: str) -> dict[str, Any]:
        return {
            "interval": "1m",
            "input_series": [{"series": name, "values": f"{value}x120"} for name, value in series.items()],
            "promql_expr_test": [
                {
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                    "eval_time": "2h",
                    "exp_samples": [{"labels": f'{{alertname="{raised}"}}', "value": 1}] if raised else [],
                }
            ],
        }

    cases = [case(HEALTHY, "")]
    for alert, (begins, value) in TROUBLES.items():
        names = [name for name in HEALTHY if name.startswith(begins)] or [begins]
        cases.append(case(HEALTHY | dict.fromkeys(names, value), alert))
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(SHOWN / "alerts.yml")], "tests": cases}))
    assert "SUCCESS" in promtool("test", "rules", file)


@contextmanager
def prometheus(folder: Path, port: int, token: str) -> Iterator[str]:
    """Prometheus with our files, reading a daemon with a token; its address."""
    text = (SHOWN / "prometheus.yml").read_text("utf-8").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    text = re.sub(
        r"# (authorization:|  credentials_file:).*", lambda found: found[0].removeprefix("# "), text
    )
    text = text.replace("/etc/prometheus/aggregator.token", str(folder / "token"))
    (folder / "token").write_text(token)
    (folder / "prometheus.yml").write_text(
        f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n{text}"
    )
    shutil.copy(SHOWN / "alerts.yml", folder)
    own = free_port()
    process = subprocess.Popen(
        [
            tool("prometheus"),
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{own}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{own}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_prometheus_reads_the_daemon(workplace: Workplace, tmp_path: Path) -> None:
    """Each second, with the token; it answers every query of the dashboard, and finds the figures well named."""
    tool("prometheus")
    port, token = free_port(), "t" * 40
    (workplace.folder / "operator.token").write_text(token)
    with Site({"/feed.xml": feed(item(1))}) as site:
        tables = serving(site, port, interval="1h") + '[operator]\ntoken = {file = "operator.token"}\n'
        workplace.configure(tables)
        scraped = tmp_path / "prometheus"
        scraped.mkdir()
        with daemon(workplace, port), prometheus(scraped, port, token) as server:
            until(lambda: answers(server, "aggregator_articles == 1"))
            board = json.loads((SHOWN / "dashboard.json").read_text("utf-8"))
            for panel in board["panels"]:
                for target in panel["targets"]:
                    query = target["expr"].replace("$instance", ".*").replace("$__rate_interval", "1m")
                    answers(server, query)
            assert answers(server, "sum(aggregator_polls_total)")
            rules = get(f"{server}/api/v1/rules").json()["data"]["groups"][0]["rules"]
            assert {rule["health"] for rule in rules} == {"ok"}
            address = f"http://127.0.0.1:{port}/metrics"
            text = get(address, headers={"Authorization": f"Bearer {token}"}).text
            assert get(address).status_code == 401
            promtool("check", "metrics", text=text)


def answers(server: str, query: str) -> bool:
    """Whether Prometheus finds something; it must understand the query."""
    try:
        said = get(f"{server}/api/v1/query", params={"query": query}).json()
    except (ValueError, httpx.TransportError):
        return False
    assert said["status"] == "success", (query, said)
    return bool(said["data"]["result"])

"""What Prometheus is told, and the line of each visit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from itertools import pairwise

from prometheus_client.parser import text_string_to_metric_families

from docs.site.blocks import block
from tests.support.loopback import Site
from tests.support.running import free_port, get, logged_daemon, serving, until
from tests.support.samples import feed, item
from tests.support.workplace import Workplace, environment


def scraped(port: int) -> dict[tuple[str, str], float]:
    """The samples of ``/metrics``, by name and the values of their labels."""
    answer = get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, " ".join(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def broken(site: Site, name: str = "gone") -> str:
    """A source whose address nobody answers, told at once to be in trouble."""
    return f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "{site.url}/{name}.xml"\ninterval = "0.2s"\n'


def test_counts_what_the_daemon_does(workplace: Workplace) -> None:
    """Visits by result, requests, bytes, articles, what is held, and the memory of the process; no source by name."""
    port, whole = free_port(), feed(item(1), item(2))
    with Site({"/feed.xml": whole}) as site:
        workplace.configure(serving(site, port, interval="1h") + broken(site))
        with logged_daemon(workplace, port) as running:
            # An answer is held for seconds, so it is asked for when all of it is there.
            until(lambda: "articles=2" in running.log and "source=gone" in running.log)
            found = scraped(port)
            for headers, status in (
                ({"X-Forwarded-For": "192.0.2.1"}, 404),
                ({"Host": "news.example.org"}, 404),
            ):
                assert get(f"http://127.0.0.1:{port}/metrics", headers=headers).status_code == status
    assert found["aggregator_polls_total", "ok list"] == 1
    assert found["aggregator_polls_total", "failed list"] >= 1
    assert found["aggregator_publish_seconds_count", ""] >= 1
    assert found["aggregator_exchanges_total", "2xx"] == 1
    assert found["aggregator_exchanges_total", "4xx"] >= 1
    assert found["aggregator_received_bytes_total", ""] >= len(whole)
    assert found["aggregator_articles_new_total", ""] == found["aggregator_articles", ""] == 2
    assert found["aggregator_sources", "ok"] == found["aggregator_sources", "failed"] == 1
    assert found["aggregator_documents_written_total", ""] >= 1
    assert found["aggregator_database_up", ""] == 1
    assert found["process_resident_memory_bytes", ""] > 10_000_000
    assert not [name for name, labels in found if name.startswith("aggregator_source_") or "paper" in labels]


def test_names_sources_where_that_is_wanted(workplace: Workplace) -> None:
    """With the one key, each source has its figures."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1))}) as site:
        tables = serving(site, port, interval="1h") + "[daemon]\nmetrics_per_source = true\n"
        workplace.configure(tables)
        with logged_daemon(workplace, port) as running:
            until(lambda: "polled source=paper" in running.log)
            found = scraped(port)
    assert found["aggregator_source_failures", "paper"] == found["aggregator_source_owed", "paper"] == 0
    polled = found["aggregator_source_last_success_timestamp_seconds", "paper"]
    assert found["aggregator_source_due_timestamp_seconds", "paper"] > polled


def test_a_line_for_each_visit(workplace: Workplace) -> None:
    """One reads as text and parses as JSON; a warning is what needs a person, once: trouble that lasts."""
    port = free_port()
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        tables = serving(site, port, interval="1h") + broken(site)
        workplace.configure(tables)
        with logged_daemon(workplace, port) as running:
            until(lambda: "polled source=gone" in running.log)
        text = (
            r"\[info\] polled source=gone visit=list result=failed new=0 .* failures=1 reason='answered 404 "
        )
        assert re.search(text, running.log)
        shown = block("docs/metrics.md", "The log")
        assert re.findall(r"(\w+)=", running.log.partition("polled")[2])[:10] == re.findall(r"(\w+)=", shown)
        workplace.configure(tables + '[daemon]\nlog_format = "json"\n')
        with logged_daemon(workplace, port) as running:
            until(lambda: '"failures": 4' in running.log)
    lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    visits = [line for line in lines if line["event"] == "polled"]
    gone = [line for line in visits if line["source"] == "gone"]
    assert {(line["result"], line["requests"], line["bytes"] > 0) for line in gone} == {("failed", 1, True)}
    assert all(
        datetime.fromisoformat(one["timestamp"]) <= datetime.fromisoformat(two["timestamp"])
        for one, two in pairwise(gone)
    )
    assert [line["failures"] for line in gone][:3] == [2, 3, 4]
    warnings = [line for line in lines if line["level"] != "info"]
    assert [(line["source"], line["trouble"]) for line in warnings] == [("gone", "source-broken")]


PAST_THE_LOG = """
import logging
from aggregator.cli.log import open_log, write_as
from aggregator.worker.quiet import tame_libraries
from aggregator.worker.worker import Worker
tame_libraries(), open_log(), write_as("json")
logging.getLogger("library").warning("odd\\nmarkup")
logging.getLogger("library").error("lost", exc_info=ValueError("why"))
Worker().do(logging.warning, "in a worker")
raise ValueError("unforeseen")
"""


def test_json_is_also_what_comes_past_the_log() -> None:
    """Warnings of libraries, also in workers, and tracebacks are lines that a program can read."""
    done = subprocess.run(
        [sys.executable, "-c", PAST_THE_LOG], env=environment(), capture_output=True, text=True, check=False
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["info", "error", "info", "critical"]
    said = [line["event"] for line in lines]
    assert said[0] == "library: odd\nmarkup"
    assert said[1].endswith("ValueError: why")
    assert said[2] == "root: in a worker"
    assert said[3].endswith("ValueError: unforeseen")


def test_levels_reach_the_journal(workplace: Workplace) -> None:
    """Where journald reads stderr, each line says its level; elsewhere none does."""
    workplace.configure("[site\n")
    code = "import os; s = os.fstat(2); os.environ['JOURNAL_STREAM'] = f'{s.st_dev}:{s.st_ino}'; from aggregator.cli import main; main()"
    command = [sys.executable, "-c", code, "run"]
    done = subprocess.run(
        command, cwd=workplace.folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert [line[:3] for line in done.stderr.splitlines()] == ["<3>"]
    assert done.stderr == f"<3>{workplace.run('run', expect=2).stderr}"

"""The process that reads for the daemon: what becomes of it costs one source one visit, and nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.errors import ReadError
from aggregator.worker import LONGEST, Worker
from tests import ownkind
from tests.loopback import Site
from tests.test_daemon import daemon, free_port, healthy, stop, until
from tests.test_poll import feed, item
from tests.workplace import Workplace

KIND = """
import logging, os, signal, warnings
from aggregator.errors import ReadError
from aggregator.sources.feed import ask, check, read_article
from aggregator.sources import feed

class Odd(Exception):
    def __init__(self, what, where):
        super().__init__(what)

def read_list(source, answer):
    if source.name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if source.name == "stays":
        signal.alarm(1)  # as after two minutes
        while True:
            pass
    if source.name == "odd":
        raise Odd("nobody", "knows")
    if source.name == "refuses":
        raise ReadError("no list", fault="gated")
    print("said by a library")
    os.write(1, b"and past Python")
    warnings.warn("of odd markup")
    logging.getLogger("library").warning("worth \x1b[31m knowing")
    return feed.read_list(source, answer)
"""
SOURCE = (
    '[[source]]\nname = "{}"\nkind = "perilous"\nurl = "{}/feed.xml"\nfull_text = "never"\ninterval = "1h"\n'
)
NAMES = ("dies", "stays", "odd", "refuses", "well", "better")


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker; ended in the end."""
    made = Worker()
    yield made
    made.close()


def refuse() -> None:
    """What a kind does that cannot read."""
    raise ReadError("no", fault="wrong-type")


def test_a_worker_gives_back_what_was_computed(worker: Worker) -> None:
    """Values, foreseen errors with all they say, and others with where they arose; then the next job."""
    assert worker.do(sorted, [3, 1, 2], reverse=True) == [3, 2, 1]
    with pytest.raises(ReadError, match=r"^no$") as refused:
        worker.do(refuse)
    assert refused.value.fault == "wrong-type"
    with pytest.raises(ZeroDivisionError) as unforeseen:
        worker.do(divmod, 1, 0)
    assert "worker.py" in unforeseen.value.__notes__[0]
    assert worker.do(len, "x" * 10_000_000) == 10_000_000
    left, _ = worker.do(signal.getitimer, signal.ITIMER_REAL)
    assert LONGEST - 10 < left <= LONGEST, "what goes on for longer is ended by the clock"
    assert worker.alive


def test_a_job_that_cannot_be_sent_harms_none_after_it(worker: Worker) -> None:
    """The pipe is not left with half of it."""
    with pytest.raises((AttributeError, TypeError)):
        worker.do(lambda: None)
    assert worker.do(len, "abc") == 3


def test_what_ends_the_process_is_said(worker: Worker) -> None:
    """By which signal, or with which code."""
    with pytest.raises(ReadError, match=r"^the process that read it ended \(exit 3\)$"):
        worker.do(os._exit, 3)
    assert not worker.alive


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_ends_with_its_parent(busy: bool) -> None:
    """However that one ends; one that is at work at the end of its time."""
    code = "from aggregator.worker import Worker; w = Worker(); print(w._process.pid, flush=True);"
    work = "w.do(exec, 'import signal, time; signal.alarm(2); time.sleep(1000)')" if busy else "input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", code + work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    number = int(parent.stdout.readline())
    with parent:
        parent.kill()
    until(lambda: not Path(f"/proc/{number}").exists())


def test_a_worker_that_keeps_memory_is_replaced(worker: Worker) -> None:
    """What a document took goes back with the process that read it; what was given back need not."""
    worker.do(exec, "bytes(1) * 300_000_000")
    assert worker.alive
    worker.do(exec, "import builtins; builtins.kept = bytes(1) * 300_000_000")
    assert not worker.alive


def test_signals_meant_for_the_family_leave_a_worker_at_work(worker: Worker) -> None:
    """Ctrl-C and systemd end everybody at once; the daemon still reads what it has begun."""
    worker.do(len, "")  # it has begun
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        worker._process.send_signal(number)
    assert worker.do(len, "abc") == 3


def test_one_document_costs_no_other(
    workplace: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources whose reading ends the process, takes too long or raises anything are failed; the others come."""
    port = free_port()
    monkeypatch.setenv("PYTHONPATH", ownkind.install(tmp_path / "kinds", "perilous", KIND))
    with Site({"/feed.xml": feed(item(1))}) as site:
        tables = "".join(SOURCE.format(name, site.url) for name in NAMES)
        workplace.configure(f'[server]\nlisten = "127.0.0.1:{port}"\n' + tables)
        with daemon(workplace, port) as process:
            until(lambda: all(one["status"] != "new" for one in workplace.sources().values()))
            sources = workplace.sources()
            assert healthy(port)
            said, logged = stop(process)
    assert {name: sources[name]["status"] for name in NAMES} == dict.fromkeys(NAMES, "failed") | {
        "refuses": "gated",
        "well": "ok",
        "better": "ok",
    }
    assert "the process that read it ended (SIGKILL)" in sources["dies"]["error"]
    assert "reading it takes longer than 120 s" in sources["stays"]["error"]
    assert "Odd: nobody" in sources["odd"]["error"]
    assert "perilous.py" in logged, "the traceback is of where it arose"
    assert "library: worth" in logged
    assert not any(word in said + logged for word in ("said by", "past Python", "odd markup", "\x1b"))

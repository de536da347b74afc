"""The process that reads for the daemon: what becomes of it costs one source one visit, and nobody else."""

from __future__ import annotations

import asyncio
import operator
import os
import platform
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest

from aggregator import model
from aggregator.errors import ReadError
from aggregator.model import Entry
from aggregator.model.value import Value
from aggregator.worker.pool import MAX_BACKLOG, Pool
from aggregator.worker.processes import give_back_memory
from aggregator.worker.worker import LAST_CALL, EndedError, Worker
from tests.support import ownkind
from tests.support.loopback import Site
from tests.support.running import daemon, free_port, healthy, stop, until
from tests.support.samples import feed, item
from tests.support.workplace import PATIENCE, Workplace

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
    if source.name == "stops":
        next(iter(()))
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
NAMES = ("dies", "stops", "odd", "refuses", "well", "better")


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker; ended in the end."""
    made = Worker()
    yield made
    made.close()


def refuse() -> None:
    """What a kind does that cannot read."""
    raise ReadError("no", fault="wrong-type")


class Unmade(str):
    """What can be sent and not be made again."""

    def __new__(cls, text: str) -> Unmade:
        """Only of a text."""
        return super().__new__(cls, text)

    def __reduce__(self) -> tuple[type[Unmade], tuple[()]]:
        return type(self), ()


def unmade(size: int) -> list[str]:
    """The result of a kind of somebody's."""
    return ["x" * size, Unmade("y"), "x" * size]


def pid_of_slow() -> int:
    """What a kind does that takes a moment."""
    time.sleep(0.01)
    return os.getpid()


def hold_up(mark: Path) -> None:
    """What a document does that takes long, until the mark is there; the first is through at once."""
    while not mark.exists() and held:
        time.sleep(0.01)
    held.append(mark)


held: list[Path] = []


def note(log: Path, what: str) -> None:
    """What leaves a trace."""
    with log.open("a") as file:
        file.write(f"{what}\n")


def die_once(mark: Path) -> str:
    """What happens when memory runs out."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


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
    assert worker.alive


def test_values_come_over_with_all_that_they_hold(worker: Worker) -> None:
    """Also what two equal values may differ in, such as the receipts of an entry."""
    kinds = [one for one in vars(model).values() if isinstance(one, type) and issubclass(one, Value)]
    named = {kind: [field.name for field in fields(kind)] for kind in kinds}
    made = worker.do(list, [kind(*names) for kind, names in named.items()])
    assert [type(one) for one in made] == kinds
    assert [[getattr(one, name) for name in named[type(one)]] for one in made] == list(named.values())
    assert Entry in kinds


def test_a_job_that_cannot_be_sent_harms_none_after_it(worker: Worker) -> None:
    """The pipe is not left with half of it."""
    with pytest.raises((AttributeError, TypeError)):
        worker.do(lambda: None)
    assert worker.do(len, "abc") == 3


def test_several_threads_have_jobs_at_a_worker(worker: Worker) -> None:
    """Each gets what became of its own, however much waits at the process."""
    with ThreadPoolExecutor(8) as threads:
        jobs = [threads.submit(worker.do, operator.mul, [number], number * 1000) for number in range(100)]
    assert [job.result() for job in jobs] == [[number] * number * 1000 for number in range(100)]


@pytest.mark.parametrize("size", [3, 10_000_000])
def test_a_job_that_waits_behind_another_is_not_lost(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int
) -> None:
    """One that takes long or ends the process holds it up; it is told so, and another process can do it."""
    monkeypatch.setattr("aggregator.worker.worker.LONG_JOB", 0.2)
    worker.do(hold_up, tmp_path / "mark")
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(worker.do, hold_up, tmp_path / "mark")
        until(lambda: not worker._last.is_set())
        with pytest.raises(EndedError, match="held up"):
            worker.do(len, "x" * size)
        assert not worker.alive
        (tmp_path / "mark").touch()
        slow.result()
    monkeypatch.undo()
    with ThreadPoolExecutor() as threads:
        other = Worker()
        fatal = threads.submit(other.do, exec, "import time; time.sleep(.1); exit(3)")
        until(lambda: not other._last.is_set())
        for wait in (lambda: other.do(len, "abc"), fatal.result):
            with pytest.raises(EndedError, match="exit 3"):
                wait()


def test_jobs_that_all_take_long_are_all_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a machine is so busy that each holds up the next, that one is done by a process of its own."""
    monkeypatch.setattr("aggregator.worker.pool.SPARE_CORES", 1)
    monkeypatch.setattr("aggregator.worker.worker.LONG_JOB", 0.01)

    async def work() -> set[None]:
        with Pool() as pool:
            jobs = (pool.run_apart(time.sleep, 0.1) for _ in range(MAX_BACKLOG + 10))
            return {*await asyncio.gather(*jobs)}

    assert asyncio.run(work()) == {None}


@pytest.mark.parametrize("size", [10, 9_000, 70_000, 1_000_000])
def test_an_answer_that_cannot_be_taken_over_is_nobody_elses(size: int) -> None:
    """What is left of it in the pipe would be the answer to the next job, for ever."""
    worker = Worker()
    with pytest.raises(ReadError, match="cannot be taken over"):
        worker.do(unmade, size)
    assert not worker.alive


@pytest.mark.parametrize("how", ["time.sleep(100)", "os.kill(os.getpid(), signal.SIGSTOP)"])
def test_what_takes_too_long_is_ended(worker: Worker, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Nobody in the process is asked."""
    worker.do(len, "")
    monkeypatch.setattr("aggregator.worker.worker.JOB_TIMEOUT", 0.5)
    with pytest.raises(ReadError, match=r"^reading it takes longer than 0.5 s$"):
        worker.do(exec, f"import os, signal, time; {how}")
    assert not worker.alive


def test_where_no_process_can_be_had_it_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that is being upgraded, or no room for one more task, fails no source."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    async def read() -> int:
        pool = Pool(apart=True)
        try:
            return await pool.run(os.getpid)
        finally:
            pool.close()

    assert asyncio.run(read()) == os.getpid()


def test_a_document_that_takes_long_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is read at a time, until it takes too long; and what is read raises what it raises."""
    monkeypatch.setattr("aggregator.worker.pool.LONG_JOB", 0.1)

    async def work() -> None:
        pool, other = Pool(apart=False), threading.Event()
        slow = asyncio.create_task(pool.run(other.wait, 20))
        await asyncio.sleep(0)
        await pool.run(other.set)
        assert await slow
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0)
        pool.close()

    asyncio.run(work())


@pytest.mark.parametrize("cores", [0, 1, 2])
def test_a_large_round_is_for_every_core(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    """From a full backlog on, processes compute, as many as there are other cores; few jobs start none.

    While they start, we do what they cannot; one is there for those that come later.
    """
    monkeypatch.setattr("aggregator.worker.pool.SPARE_CORES", cores)
    monkeypatch.setattr("aggregator.worker.pool.LONG_JOB", 60.0)  # no start counts as one

    async def work() -> tuple[list[int], list[int], list[int]]:
        pool = Pool(apart=False)
        few = await asyncio.gather(*(pool.run(os.getpid) for _ in range(5)))
        many = await asyncio.gather(*(pool.run(pid_of_slow) for _ in range(40)))
        monkeypatch.setattr("aggregator.worker.pool.PAUSE", -1)
        later = [await pool.run(os.getpid) for _ in range(3)]
        kept = len(pool.memory)
        pool.close()
        assert kept == min(cores, 1)
        return few, many, later

    few, many, later = asyncio.run(work())
    assert {*few} == {os.getpid()}
    assert len({*many} - {os.getpid()}) == cores
    assert many.count(os.getpid()) > 2, "more than those before the round was large"
    assert {*later} <= {*many} if cores else {*later} == {*few}


def test_one_process_parses_and_renders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both take turns, however many wait of either; what is taken back is never done."""
    monkeypatch.setattr("aggregator.worker.pool.SPARE_CORES", 1)
    log = tmp_path / "log"

    async def work() -> int:
        with Pool(apart=True) as pool:
            await pool.run(hold_up, log)
            held = asyncio.create_task(pool.run(hold_up, log))
            await asyncio.sleep(0)
            rendering = [pool.submit(note, log, f"render {number}") for number in range(4)]
            parsing = asyncio.gather(*(pool.run(note, log, f"parse {number}") for number in range(2)))
            await asyncio.sleep(0)
            assert rendering[1].cancel()
            log.touch()
            await asyncio.gather(held, parsing, *map(asyncio.wrap_future, rendering[2:]))
            assert not rendering[0].cancel()
            return len(pool.memory)

    assert asyncio.run(work()) == 1
    assert log.read_text().split("\n")[:-1] == ["render 0", "parse 0", "render 2", "parse 1", "render 3"]


def test_an_idle_worker_ends() -> None:
    """It holds memory for nobody; the next job starts another one."""
    code = (
        "import os; from aggregator.worker import worker; worker.MAX_IDLE = 0.5; worker.serve(os.getppid())"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.wait(PATIENCE) == 0

    async def work() -> None:
        with Pool(apart=True) as pool:
            first = await pool.run(os.getpid)
            os.kill(first, signal.SIGKILL)
            until(lambda: not pool.is_warm)
            assert pool.memory == []
            assert await pool.run(os.getpid) != first

    asyncio.run(work())


def test_a_worker_that_is_about_to_end_gets_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end over it: a source that is visited every five minutes comes just then."""

    async def work() -> None:
        with Pool(apart=True) as pool:
            first = await pool.run(os.getpid)
            assert await pool.run(os.getpid) == first
            monkeypatch.setattr("aggregator.worker.worker.MAX_IDLE", LAST_CALL)
            assert not pool.is_warm
            assert await pool.run_apart(os.getpid) != first

    asyncio.run(work())


def test_what_waits_is_given_up_with_the_pool(tmp_path: Path) -> None:
    """Whoever waits for it is told, and what runs ends with its process."""

    async def work() -> None:
        pool = Pool(apart=True)
        running, waiting = (asyncio.create_task(pool.run(time.sleep, 1000)) for _ in range(2))
        await asyncio.sleep(0)
        rendering = pool.submit(os.getpid)
        until(lambda: pool.is_warm)
        pool.close()
        with pytest.raises(ReadError):
            await running
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(waiting, PATIENCE)
        assert rendering.cancelled()

    asyncio.run(work())


def test_no_process_starts_for_what_ended_with_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose process ended for no fault of its own is done again, but for nobody."""
    pool, tries = Pool(apart=True), list[object]()

    def end(worker: Worker, work: object) -> None:
        tries.append(work)
        pool.close()
        raise EndedError("the process that read it ended")

    monkeypatch.setattr(Worker, "do", end)
    with pytest.raises(EndedError):
        asyncio.run(pool.run(os.getpid))
    assert len(tries) == 1


def test_nothing_is_rendered_apart_with_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process would only take from ours."""
    monkeypatch.setattr("aggregator.worker.pool.SPARE_CORES", 0)
    with Pool(apart=True) as pool:
        assert pool.submit(os.getpid).cancel()
        assert pool.memory == []


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to give memory back")
def test_memory_between_pieces_in_use_is_given_back(worker: Worker) -> None:
    """Of 100 MB in pieces, all but the last one are free."""
    worker.do(exec, "import builtins; builtins.kept = [bytes(10_000) for _ in range(10_000)]; del kept[:-1]")
    before = worker.memory
    worker.do(give_back_memory)
    assert before - worker.memory > 50_000_000


def test_a_process_that_ends_by_chance_costs_a_retry(tmp_path: Path) -> None:
    """The document is read by the next one; one that ends every process fails."""

    async def work() -> None:
        pool = Pool(apart=True)
        assert await pool.run(die_once, tmp_path / "died") == "alive"
        with pytest.raises(ReadError, match="exit 3"):
            await pool.run(os._exit, 3)
        pool.close()

    asyncio.run(work())


def test_what_ends_the_process_is_said(worker: Worker) -> None:
    """By which signal, or with which code."""
    with pytest.raises(ReadError, match=r"^the process that read it ended \(exit 3\)$"):
        worker.do(os._exit, 3)
    assert not worker.alive


@pytest.mark.parametrize("busy", [False, True])
def test_a_worker_ends_with_its_parent(busy: bool) -> None:
    """However that one ends, and whatever it is at."""
    code = "from aggregator.worker.worker import Worker; w = Worker(); print(w._process.pid, flush=True);"
    work = "import time; w.do(time.sleep, 1000)" if busy else "input()"
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
    for _ in range(2):  # while it starts, and when it has begun
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
    assert "StopIteration" in sources["stops"]["error"]
    assert "Odd: nobody" in sources["odd"]["error"]
    assert "perilous.py" in logged, "the traceback is of where it arose"
    assert "library: worth" in logged
    assert not any(word in said + logged for word in ("said by", "past Python", "odd markup", "\x1b"))


def test_a_job_apart_has_limited_memory() -> None:
    """It is done in a process even where others are done in threads; one that wants too much costs nobody."""

    async def jobs() -> None:
        pool = Pool(apart=False)
        assert await pool.run_apart(os.getpid) != os.getpid()
        with pytest.raises((MemoryError, ReadError)):
            await pool.run_apart(bytearray, 3_000_000_000)
        assert await pool.run_apart(len, "next") == 4
        pool.close()

    asyncio.run(jobs())

"""What several tests share: the corpora beside the checkout."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bs4  # noqa: F401  (before the program, which keeps its builder over html5lib out)
import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.database import (  # noqa: F401  (fixtures)
    database_url,
    postgresql,
    postgresql_server,
    postgresql_template,
    sqlite_template,
    store,
)
from tests.support.workplace import Workplace

# The usual formatter of tracebacks shows all variables, which takes minutes where some of them are large.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# pytest-xdist sets it in its processes, where commands would write for a terminal as wide and not for a pipe.
os.environ.pop("COLUMNS", None)

# How long an example takes says only how busy the machine is.
settings.register_profile("aggregator", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("aggregator")

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpora"


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real feeds, pages and posts; the test is skipped without it."""
    folder = Path(os.environ.get("AGGREGATOR_CORPORA", BESIDE))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; set AGGREGATOR_CORPORA")
    return folder


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty working directory for the program."""
    return Workplace(tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where everything must be at hand (CI), say which tests were skipped all the same."""
    if os.environ.get("AGGREGATOR_NO_SKIPS") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("AGGREGATOR_NO_SKIPS: a skipped test is a failure here", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that skipped a test where none may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("AGGREGATOR_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

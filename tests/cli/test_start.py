"""What short commands load: a table is shown, or a configuration checked, before a database would be open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aggregator.store import Store
from tests.support.workplace import Workplace, environment

CODE = """
import sys
from aggregator.cli import main
try:
    main()
except SystemExit:
    pass
print(*sorted({"asyncio", "bs4", "feedparser", "lark", "pydantic", "sqlalchemy", "structlog"} & sys.modules.keys()))
"""
LAST = """
from aggregator.cli import main
try:
    main()
finally:
    print(gc.isenabled())
"""


@pytest.mark.parametrize(
    ("command", "loaded"),
    [
        ("--help", ""),
        ("check", "pydantic"),
        ("sources", "asyncio pydantic sqlalchemy"),
        ("changes", "asyncio pydantic sqlalchemy"),
    ],
)
def test_what_short_commands_load(workplace: Workplace, command: str, loaded: str) -> None:
    """Neither what reads sources, nor the log, nor a database where its names are enough."""
    workplace.configure('[[source]]\nname = "wire"\nkind = "feed"\nurl = "http://127.0.0.1:1/feed"\n')
    Store.open(f"sqlite:///{workplace.folder}/var/test.db").close()
    done = subprocess.run(
        [sys.executable, "-c", CODE, command],
        cwd=workplace.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == loaded


@pytest.mark.parametrize(("command", "collects"), [("check", False), ("explain", True)])
def test_only_short_commands_leave_garbage(workplace: Workplace, command: str, collects: bool) -> None:
    """They end before there is much; whatever may take long collects it."""
    workplace.configure('[[source]]\nname = "wire"\nkind = "feed"\nurl = "http://127.0.0.1:1/feed"\n')
    code = f"import gc, sys; sys.argv = ['aggregator', '{command}']\n{LAST}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=workplace.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,  # a call without a source is wrong
    )
    assert done.stdout.splitlines()[-1] == str(collects)


def test_what_a_daemon_loads_before_it_is_asked() -> None:
    """What only the API, exports, assistants, migrations or terminals need is loaded where it is needed."""
    unneeded = {"fastapi", "pyarrow", "mcp", "alembic", "rich", "pygments", "html5lib"}
    code = (
        f"import sys, aggregator.cli.log, aggregator.daemon.daemon; print(*{unneeded} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_libraries_can_be_had_after_the_log_kept_them_out() -> None:
    """Tables are shown by rich, whose absence only structlog is made to believe in."""
    code = "import aggregator.cli.log, structlog.dev, rich.console; print(structlog.dev.rich)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"

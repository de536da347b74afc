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


def test_what_a_daemon_loads_before_it_is_asked() -> None:
    """What only the API, exports or assistants need is loaded by the first who asks for it."""
    code = "import sys, aggregator.daemon.daemon; print(*{'fastapi', 'pyarrow', 'mcp'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"

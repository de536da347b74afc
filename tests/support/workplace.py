"""A working directory with a configuration, and the program run in it as its users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.forkserver import Forked, fork

HEAD = """
[site]
title = "Test"
url = "{url}"
language = "zh-CN"
timezone = "Asia/Shanghai"

[storage]
database = "sqlite:///var/test.db"

[output]
site = "public"
posts = "_posts"
{output}

[network]
allow_private = ["127.0.0.0/8"]
delay = "0s"
timeout = "60s"
"""


PATIENCE = 300
"""Seconds after which something is taken never to happen, on however busy a machine."""


class Workplace:
    """A folder with ``config/aggregator.toml``; commands run there as processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config" / "aggregator.toml"

    def configure(self, sources: str, *, url: str = "https://news.example.org", output: str = "") -> None:
        """Write the configuration: a site of that address, and these [[source]] tables."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(HEAD.format(url=url, output=output) + sources, "utf-8")

    def run(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run ``aggregator`` with these arguments and hold it to its exit code (None: any)."""
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"{arguments} hangs: {process.communicate()}") from None
        assert expect is None or process.returncode == expect, (process.returncode, out, err)
        assert process.returncode is not None
        return subprocess.CompletedProcess(self.command(*arguments), process.returncode, out, err)

    def start(
        self, *arguments: str, before: Sequence[str] = (), **environ: str
    ) -> subprocess.Popen[str] | Forked:
        """Start ``aggregator``, by another program where ``before`` names one, and leave it running."""
        env = environment() | environ
        if not before and (forked := fork(arguments, self.folder, env)):
            return forked
        return subprocess.Popen(
            [*before, *self.command(*arguments)],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line of the program under test."""
        return [sys.executable, "-m", "aggregator", *arguments]

    def sources(self) -> dict[str, Any]:
        """What ``aggregator sources --json`` says, by name."""
        return {item["name"]: item for item in json.loads(self.run("sources", "--json").stdout)}

    def files(self, *folders: str) -> dict[str, bytes]:
        """Every file below these folders, by path."""
        found = {}
        for folder in folders or ("public", "_posts"):
            for path in sorted((self.folder / folder).rglob("*")):
                if path.is_file():
                    found[path.relative_to(self.folder).as_posix()] = path.read_bytes()
        return found

    def posts(self) -> list[Path]:
        """The posts, in the order of their names."""
        return sorted((self.folder / "_posts").glob("*"))


def environment() -> dict[str, str]:
    """The environment without what would steer the program."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AGGREGATOR_CONFIG", "NOTIFY_"))
    }

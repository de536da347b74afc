"""Somebody who follows the API of a daemon that is killed again and again, and is cut off himself."""

import json
import subprocess
import threading
from pathlib import Path

import pytest

from docs.site.blocks import block
from tests.support.loopback import Site
from tests.support.running import daemon, free_port, serving, until
from tests.support.samples import feed, item
from tests.support.workplace import Workplace


@pytest.mark.slow
def test_the_script_of_the_docs_misses_nothing(workplace: Workplace) -> None:
    """It is typed as it stands, while articles come and change and the daemon is killed; each line comes once."""
    port = free_port()
    script = block("docs/api.md", "Following").replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    lines: list[str] = []
    titles: list[str] = []

    def follow() -> None:
        """Ask once; where the daemon is gone meanwhile, what came is dropped, and the cursor stays."""
        done = subprocess.run(["bash", "-ec", script], cwd=workplace.folder, capture_output=True, check=False)
        if done.returncode == 0:
            lines.extend((workplace.folder / "new.jsonl").read_text("utf-8").splitlines())

    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(serving(site, port))
        for turn in range(3):
            with daemon(workplace, port):
                for step in range(2):
                    newest = 1 + turn * 2 + step
                    titles.append(f"Title {newest}")
                    # The one before is edited, as editors do.
                    entries = [item(newest, "The text of"), item(newest - 1, f"Better text {turn} of")]
                    site.pages["/feed.xml"] = feed(*entries[: 1 if newest == 1 else 2])
                    until(lambda: follow() or any(f'"title":"{titles[-1]}"' in line for line in lines))
                ending = threading.Thread(target=follow)
                ending.start()
            ending.join()
        with daemon(workplace, port):
            follow()
            follow()
    told = [json.loads(line) for line in lines]
    cursors = [one["cursor"] for one in told]
    assert len(set(cursors)) == len(cursors)
    assert [one["article"]["title"] for one in told if one["kind"] == "arrived"] == titles
    held = [json.loads(line) for line in workplace.run("export").stdout.splitlines()]
    newest_told = {one["id"]: one["article"] for one in told}
    assert {one["id"]: one["content"] for one in held} == {
        name: article["content"] for name, article in newest_told.items()
    }
    assert {one["kind"] for one in told} >= {"arrived", "changed"}
    assert Path(workplace.folder / "cursor").read_text().strip() == cursors[-1]

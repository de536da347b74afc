"""Build the site of the documentation: ``make docs``. It fails on a dead link or anchor.

Zensical makes it, by those who made Material for MkDocs and put that into maintenance in its favour. What a
page would ask others for is replaced by a file of ours.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.site import commands, keys
from docs.site.blocks import CHECKOUT

HERE = Path(__file__).parent
TARGET = CHECKOUT / "var" / "docs"
ELSEWHERE = re.compile(r'<script src="https://unpkg\.com/iframe-worker/shim"[^>]*></script>')
"""What Zensical has pages fetch from a server of others, for browsers that start no worker from a file."""
NAMED_AFTER_FILE = re.compile(r"\[([\w-]+)\.md\]\(")
"""A link that is called like the file it leads to, which means nothing to readers of the site."""


def write_sources(folder: Path) -> None:
    """Copy the pages to a folder, with those that are made from the code beside them."""
    unread = shutil.ignore_patterns("site", "*.py", "pyproject.toml", "__pycache__")
    shutil.copytree(CHECKOUT / "docs", folder, ignore=unread)
    for page in folder.rglob("*.md"):
        page.write_text(NAMED_AFTER_FILE.sub(r"[\1](", page.read_text("utf-8")), "utf-8")
    shutil.copy(HERE / "style.css", folder)
    (folder / "keys.md").write_text(keys.page(), "utf-8")
    (folder / "commands.md").write_text(commands.page(), "utf-8")
    news = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")
    (folder / "changelog.md").write_text(news.replace("](docs/", "]("), "utf-8")


def build(target: Path) -> None:
    """Build the site into a folder. Raises SystemExit where a link or an anchor leads nowhere."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_sources(work / "docs")
        shutil.copy(HERE / "zensical.toml", work)
        command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
        if subprocess.run(command, cwd=work, check=False).returncode:
            raise SystemExit("the site was not built: a page, a link or an anchor is missing, see above")
        shutil.copy(HERE / "iframe-worker.js", work / "site" / "assets")
        for page in (work / "site").rglob("*.html"):
            root = "../" * (len(page.relative_to(work / "site").parts) - 1)
            ours = f'<script src="{root}assets/iframe-worker.js"></script>'
            page.write_text(ELSEWHERE.sub(ours, page.read_text("utf-8")), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(work / "site", target)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    build(folder)
    print(f"Open {(folder / 'index.html').resolve().as_uri()}")

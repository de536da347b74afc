"""The example of a kind of one's own: a package beside ours, found by its entry point."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.site.blocks import block
from tests.support.loopback import Site
from tests.support.samples import article_page, published_articles
from tests.support.workplace import Workplace

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "example-kind"
BULLETIN = "# 港务局公告\n2026-03-05 08:00\t渡轮改道\t/n/ferry.html\n\n昨天\t检修\nMarch 4, 2026\tCrane\tn/crane.html\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which pip has installed the example, built from a copy of it."""
    copy, target = tmp_path_factory.mktemp("copy") / "example", tmp_path_factory.mktemp("installed")
    shutil.copytree(EXAMPLE, copy)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target), str(copy)]
    subprocess.run([*pip, *offline], check=True, timeout=300)
    return target


@pytest.mark.slow
def test_its_page(workplace: Workplace, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bulletin that its README.md shows is read by the source that it shows."""
    bulletin, table = (
        block("docs/example-kind/README.md", "A kind of your own", number) for number in (1, 2)
    )
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join(filter(None, [str(installed), os.environ.get("PYTHONPATH")]))
    )
    pages = {f"/notices/{name}.html": article_page() for name in ("ferry", "crane")}
    with Site({"/notices.txt": bulletin.encode(), **pages}) as site:
        workplace.configure(table.replace("https://harbour.example.org", site.url))
        workplace.run("poll")
    assert set(published_articles(workplace)) == {"Ferry moves to the northern quay", "Crane inspection"}


@pytest.mark.slow
def test_example(workplace: Workplace, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once installed, the kind is checked, polled and published like one of ours."""
    found = '[[source]]\nname = "port"\nkind = "bulletin"\nurl = "{}/bulletin.txt"\n[source.article]\nbody = "#zoom"\n'
    workplace.configure(found.format("http://127.0.0.1:1"))
    assert 'there is no kind "bulletin"' in workplace.run("check", expect=2).stderr
    paths = [str(installed), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    pages = {
        f"/n/{name}.html": f"<div id=zoom><p>Text of {name}</p></div>".encode() for name in ("ferry", "crane")
    }
    with Site({"/bulletin.txt": BULLETIN.encode("gb18030"), **pages}) as site:
        workplace.configure(
            found.format(site.url).replace("[source.article]", '[source.list]\nentry = "x"\n[source.article]')
        )
        assert "list.entry: means nothing here" in workplace.run("check", expect=2).stderr
        workplace.configure(found.format(site.url))
        workplace.run("poll", expect=1)
    posts = {path.name[:10]: path.read_text("utf-8") for path in workplace.posts()}
    assert sorted(posts) == ["2026-03-04", "2026-03-05"]
    assert 'title: "渡轮改道"' in posts["2026-03-05"]
    assert "Text of ferry" in posts["2026-03-05"]
    (debt,) = workplace.sources()["port"]["owed"]
    assert "has no address" in debt["message"]

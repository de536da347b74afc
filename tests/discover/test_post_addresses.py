"""Where Jekyll puts posts."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC
from pathlib import Path

import pytest

from aggregator.discover.posts.addresses import Named, address_of, moment_of
from aggregator.discover.posts.arrival import find_posts, find_site
from aggregator.discover.posts.reader import read_post
from tests.support.jekyll import CONFIG, POSTS, lay

EXPECTED = {
    "town/notices/2021/12/09/evening.html",
    "big town/渔市/2021/12/09/offset.html",
    "2021/12/08/none.html",
    "p/2021/Cased_Name.v2/index.html",
    "fixed.html",
    "one two/2021/12/09/渔市-消息.html",
    "2021/12/09/Other-Slug.html",
    "2021/12/10/quoted.html",
    "2021/12/10/shorter.html",
    "2021/12/11/iso-form.html",
    "2021/12/11/iso-zone.html",
    "sub cat/21/12/335/parts.html",
    "c/sub-cat/slugs.html",
    "sub/x/2021/12/01/below.html",
}
"""Where Jekyll 4.3 puts them, which the slow test below asks it."""


def addresses(folder: Path) -> set[str]:
    """Where we find that the posts of a site are."""
    root, site = find_site(folder)
    read = [read_post(str(file.relative_to(root)), file.read_bytes(), site) for file in find_posts(folder)]
    return {post.former_path for post in read if post}


def test_addresses(tmp_path: Path) -> None:
    """Styles, patterns, dates with and without zones and quotes, slugs and folders give what Jekyll gives."""
    assert addresses(lay(tmp_path)) == EXPECTED


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("jekyll"), reason="needs Jekyll (Debian: jekyll)")
@pytest.mark.parametrize(
    "style", ["date", "pretty", "ordinal", "weekdate", "none", "/:year/:short_month/:w_day/:title:output_ext"]
)
def test_as_jekyll_does(tmp_path: Path, style: str) -> None:
    """Jekyll itself puts every post where we say that it is."""
    site = lay(tmp_path / "site", POSTS, f"{CONFIG}permalink: {style}\n")
    subprocess.run(["jekyll", "build", "-q", "-s", site, "-d", tmp_path / "built"], check=True, timeout=120)
    built = {str(file.relative_to(tmp_path / "built")) for file in (tmp_path / "built").rglob("*.html")}
    assert addresses(site) == built


@pytest.mark.parametrize(
    "pattern",
    [
        "/../../etc/:title",
        "/.git/:title",
        "/share/:title",
        "/index.html",
        "/sitemap.xml",
        "/a\x00b",
        "/" + "x" * 300,
        "/r/x",
        "/%2e%2e/x",
        "/media/",
        "/websub/:title",
        "/healthz/",
    ],
)
def test_no_place_of_ours(pattern: str) -> None:
    """An address outside of the site, or where a document of ours lies, is not kept."""
    moment = moment_of("2021-12-08", UTC, plain=True)
    assert moment
    assert address_of(pattern, Named("x", moment)) == ""

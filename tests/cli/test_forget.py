"""A source that left the configuration: its feeds say so, and `forget` takes out what it gave."""

import json

import pytest

from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def two_sources(site: Site) -> tuple[str, str]:
    """The tables of "paper" and "other", which both show item 4; with a namespace it is one article."""
    common = 'namespace = "both"\nkind = "feed"\nfull_text = "never"\ncategory = "Town"\n'
    paper = f'[[source]]\nname = "paper"\nurl = "{site.url}/paper.xml"\n{common}'
    return paper, f'[[source]]\nname = "other"\nurl = "{site.url}/other.xml"\n{common}'


def pages_of_two() -> dict[str, bytes]:
    return {
        "/paper.xml": feed(*(item(number) for number in range(1, 5))),
        "/other.xml": feed(item(4), item(9)),
    }


def test_feeds_of_a_source_that_left_say_so(workplace: Workplace) -> None:
    """Their title says that they have ended, JSON Feed "expired"; nobody finds them anew; all is undone when it returns."""
    with Site(pages_of_two()) as site:
        paper, other = two_sources(site)
        workplace.configure(paper + other)
        workplace.run("poll", "paper")
        workplace.run("poll")
        before = workplace.files()
        workplace.configure(other)
        workplace.run("poll")
        after = workplace.files()
        ended = json.loads(after["public/source/paper/feed.json"])
        assert (ended["title"], ended["expired"]) == ("paper（已停止更新） - Test", True)
        assert len(ended["items"]) == 4
        for form in ("rss.xml", "atom.xml"):
            assert "已停止更新".encode() in after[f"public/source/paper/{form}"]
        assert b"source/paper" not in after["public/feeds.opml"] + after["public/feeds.html"]
        assert b"expired" not in after["public/source/other/feed.json"]
        workplace.run("publish", "--check")
        workplace.configure(paper + other)
        workplace.run("poll")
        assert workplace.files() == before


def test_what_was_not_shown_whole_stays_so(workplace: Workplace) -> None:
    """A source that left keeps its label, and its texts are shown as little as before."""
    with Site({"/feed.xml": feed(item(1, "a secret text"))}) as site:
        workplace.configure(feed_source(site, label="The Town Paper", publish="link"))
        workplace.run("poll")
        workplace.configure("")
        workplace.run("poll")
        workplace.run("publish", "--check")
    files = {path: body for path, body in workplace.files().items() if not path.endswith(".gz")}
    assert not [path for path, body in files.items() if b"a secret text" in body]
    assert (
        json.loads(files["public/source/paper/feed.json"])["title"] == "The Town Paper（已停止更新） - Test"
    )
    (page,) = (body for path, body in files.items() if "/share/" in path)
    assert b"The Town Paper" in page


def test_forget(workplace: Workplace) -> None:
    """A dry run counts; then its articles are nowhere, what another source shows stays, and it may begin anew."""
    with Site(pages_of_two()) as site:
        paper, other = two_sources(site)
        workplace.configure(paper + other)
        workplace.run("poll", "paper")
        workplace.run("poll")
        whole = workplace.files()
        assert "is in the configuration" in workplace.run("forget", "paper", expect=2).stderr
        workplace.configure(other)
        said = workplace.run("forget", "paper", "--dry-run")
        assert "paper: 3 articles, 6 pages and posts of them" in said.stdout
        assert "1 article more will stay" in said.stdout
        assert "Nothing was taken out" in said.stderr
        assert workplace.files() == whole
        assert "Forgotten" in workplace.run("forget", "paper").stdout
        left = workplace.files()
        assert not [path for path in left if "source/paper" in path]
        for number in (1, 2, 3):
            assert not [path for path, body in left.items() if f"Title {number}".encode() in body]
        shared = [one["title"] for one in json.loads(left["public/source/other/feed.json"])["items"]]
        assert sorted(shared) == ["Title 4", "Title 9"]
        assert "Nothing was found" in workplace.run("search", "Title 2").stderr
        workplace.run("publish", "--check")
        workplace.run("check", "--database")
        again = workplace.run("forget", "papers", expect=2).stderr
        assert 'no source "papers" left the configuration' in again
        workplace.configure(paper + other)
        assert "paper: 3 new" in workplace.run("poll").stdout
        workplace.run("publish", "--check")


@pytest.mark.slow
def test_forget_takes_former_names_along(workplace: Workplace) -> None:
    """The feeds under the names that the source had before go, too; a name that is one no more is not forgotten."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        table = feed_source(site)
        workplace.configure(table)
        workplace.run("poll")
        name = next(iter(workplace.sources()))
        workplace.configure(table.replace(f'"{name}"', f'"renamed"\nwas = "{name}"'))
        workplace.run("poll")
        assert "its name is now 'renamed'" in workplace.run("forget", name, expect=2).stderr
        workplace.configure("")
        workplace.run("forget", "renamed")
        assert not [path for path in workplace.files() if "/source/" in path]
        workplace.run("publish", "--check")

"""A category that gets another name: its articles, pages and feeds go on, and old addresses lead there."""

import json
import re

import pytest

from tests.support.loopback import Site
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def titles(files: dict[str, bytes], folder: str) -> list[str]:
    """What a feed shows, sorted."""
    return sorted(one["title"] for one in json.loads(files[f"public/{folder}/feed.json"])["items"])


def test_old_addresses_lead_on(workplace: Workplace) -> None:
    """The old page leads to the new one; old feeds, archives and the search go on; lists name the new one alone."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 4)))}) as site:
        workplace.configure(feed_source(site, category="Town"))
        workplace.run("poll")
        assert (
            "Town: 3 articles moved to City Hall"
            in workplace.run("rename-category", "Town", "City Hall").stdout
        )
        files = workplace.files()
        assert titles(files, "category/city-hall") == ["Title 1", "Title 2", "Title 3"]
        assert titles(files, "category/town") == ["Title 1", "Title 2", "Title 3"]
        assert json.loads(files["public/category/town/feed.json"])["title"] == "City Hall - Test"
        for path in ("public/category/town.html", "public/category/town/page-1.html"):
            page = files[path].decode()
            target = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
            assert target
            assert (workplace.folder / path).parent.joinpath(target[1]).resolve().name == "city-hall.html"
            assert '<link rel="canonical" href="https://news.example.org/category/city-hall.html">' in page
        for path in ("feeds.html", "feeds.opml", "index.html", "sitemap-pages.xml"):
            assert b"category/town" not in files[f"public/{path}"]
        assert all(b"categories: city-hall\n" in post.read_bytes() for post in workplace.posts())
        # What the configuration still calls by the old name comes into the new category.
        site.pages["/feed.xml"] = feed(item(4), item(1))
        workplace.run("poll")
        assert "Title 4" in titles(workplace.files(), "category/city-hall")
        assert "Title 4" in titles(workplace.files(), "category/town")
        for name in ("Town", "town", "City Hall", "city-hall"):
            assert "Title 4" in workplace.run("search", "Title", "--category", name).stdout
        before = workplace.files()
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        assert workplace.files() == before
        workplace.run("publish", "--check")
        workplace.run("check", "--database")


@pytest.mark.slow
def test_into_a_category_that_is_there_and_back(workplace: Workplace) -> None:
    """Articles join those of the other category, each once; back again, the first name is the right one."""
    with Site({"/feed.xml": feed(item(1), item(2)), "/two.xml": feed(item(2), item(3))}) as site:
        both = feed_source(site, category="Town", namespace="one")
        both += both.replace("paper", "other").replace("feed.xml", "two.xml").replace("Town", "City")
        workplace.configure(both)
        workplace.run("poll")
        assert "2 articles moved to City" in workplace.run("rename-category", "Town", "City").stdout
        files = workplace.files()
        assert titles(files, "category/city") == ["Title 1", "Title 2", "Title 3"]
        assert all(
            body.count(b"categories: city\n") == 1
            for path, body in files.items()
            if path.startswith("_posts")
        )
        workplace.run("publish", "--check")
        assert "City: 3 articles moved to Town" in workplace.run("rename-category", "City", "Town").stdout
        files = workplace.files()
        assert titles(files, "category/town") == ["Title 1", "Title 2", "Title 3"]
        assert b'http-equiv="refresh"' in files["public/category/city.html"]
        assert b'http-equiv="refresh"' not in files["public/category/town.html"]
        workplace.run("publish", "--check")


def test_named_feeds_go_on(workplace: Workplace) -> None:
    """A feed of your own that names the old category shows the articles of the new one."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(
            feed_source(site, category="Town") + '[[feed]]\nname = "mine"\ncategories = ["Town"]\n'
        )
        workplace.run("poll")
        workplace.run("rename-category", "town", "City")
        site.pages["/feed.xml"] = feed(item(1), item(2))
        workplace.run("poll")
        assert titles(workplace.files(), "feed/mine") == ["Title 1", "Title 2"]
        workplace.run("publish", "--check")


def test_what_cannot_be_renamed(workplace: Workplace) -> None:
    """Exit 2 and one line."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site, category="Town"))
        workplace.run("poll")
    for names, said in (
        (("Twon", "City"), 'there is no category "Twon"; did you mean "Town"?'),
        (("Town", " Town "), "'Town' is called so already"),
        (("Town", " "), "a category needs a label"),
    ):
        assert said in " ".join(workplace.run("rename-category", *names, expect=2).stderr.split())

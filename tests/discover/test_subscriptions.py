"""A reader's subscriptions as sources, and back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from aggregator.config import load
from aggregator.discover.opml import read_opml
from aggregator.discover.subscriptions import Imported, export_opml, plan_import, write_import
from aggregator.errors import ConfigError, ReadError
from aggregator.render.opml import Subscription, write_opml
from aggregator.settings import Config, Source
from aggregator.text.addresses import canonical
from tests.support.sampling import sampled

SITE = '[site]\ntitle = "Wire"\nurl = "https://wire.example.org/news"\nlanguage = "en"\n'
HARBOUR = Subscription(
    "Harbour News", "https://www.harbour.example.org/rss", "https://harbour.example.org/", ("Asia", "Ports")
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration without sources."""
    file = tmp_path / "aggregator.toml"
    file.write_text(SITE, "utf-8")
    return file


def import_opml(path: Path, config: Config, body: bytes, name: str) -> Imported:
    """Plan and write, as the command does."""
    imported = plan_import(path, config, body, name)
    write_import(imported)
    return imported


def configure(config: Path, sources: str) -> Path:
    config.write_text(SITE + sources, "utf-8")
    return config


def bring(config: Path, *subscriptions: Subscription) -> Imported:
    return import_opml(config, load(config), write_opml("x", subscriptions), "reader")


def tables(config: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(
        (config.parent / "sources.d" / "reader.toml").read_text("utf-8")
    )["source"]
    return found


def test_a_subscription_becomes_a_source(config: Path) -> None:
    """Named after the title, filed under its folders, with its title and its page."""
    imported = bring(config, HARBOUR)
    assert (config.parent / "sources.d" / "reader.toml").read_text("utf-8") == (
        "#:schema ../aggregator.schema.json\n\n"
        "[[source]]\n"
        'name = "harbour-news"\n'
        'label = "Harbour News"\n'
        'kind = "feed"\n'
        'url = "https://www.harbour.example.org/rss"\n'
        'page = "https://harbour.example.org/"\n'
        'category = "Asia / Ports"\n'
        'folders = ["Asia", "Ports"]\n'
    )
    assert [table.keys["name"] for table in imported.added] == ["harbour-news"]
    assert [(source.name, source.category) for source in load(config).sources] == [
        ("harbour-news", "Asia / Ports")
    ]


@pytest.mark.parametrize(
    ("subscription", "table"),
    [
        (Subscription("", "https://www.a.example/rss"), {"name": "a-example", "label": "a.example"}),
        (Subscription("paper", "https://a.example/rss"), {"name": "paper"}),
        (Subscription("The Paper", "https://a.example/rss"), {"name": "the-paper", "label": "The Paper"}),
        (
            Subscription("paper", "https://a.example/rss", folders=("paper",)),
            {"name": "paper", "category": "paper"},
        ),
        (
            Subscription("临江 {title}", "https://a.example/rss", folders=("{x", "}")),
            {
                "name": "linjiang-title",
                "label": "临江 {title}",
                "category": "(x / )",
                "folders": ["{x", "}"],
            },
        ),
    ],
)
def test_names_and_categories(config: Path, subscription: Subscription, table: dict[str, str]) -> None:
    """Without a title the host gives the name; without a folder there is no category; no template is made."""
    bring(config, subscription)
    assert tables(config) == [{"kind": "feed", "url": subscription.address, **table}]
    load(config)


def test_a_list_goes_out_as_it_came_in(config: Path) -> None:
    """Titles, pages and folders, also those that no name and no category can hold."""
    came = [
        Subscription(
            "Blog, number 119", "https://a.example/rss", "https://a.example/", ("News", "Far / near")
        ),
        Subscription("船 & Hafen <live>", "https://b.example/rss", folders=("{draft}",)),
        Subscription("plain", "https://c.example/rss", folders=("plain",)),
        Subscription("Alone", "https://d.example/rss"),
        Subscription("Alone", "https://e.example/rss", "https://e.example/?q={x}", ("A", "B", "C")),
    ]
    bring(config, *came)
    # A page's address is read as browsers write it.
    assert export_opml(load(config)) == write_opml("Wire", came).replace(b"{x}", b"%7Bx%7D")


def test_what_is_there_is_not_added_again(config: Path) -> None:
    """A configured address, a feed of our own and a second import are skipped, with the reason."""
    configure(
        config, '[[source]]\nname = "paper"\nkind = "feed"\nurl = "https://A.example/rss?utm_source=x"\n'
    )
    subscriptions = [
        Subscription("Paper", "https://a.example/rss"),
        Subscription("Ours", "https://wire.example.org/news/category/ports/rss.xml"),
        Subscription("All", "https://wire.example.org/news/feeds/atom.xml"),
        Subscription("Source", "https://wire.example.org/news/source/paper/rss.xml"),
        Subscription("Tag", "https://wire.example.org/news/tag/ships/feed.json"),
        Subscription("Chosen", "https://wire.example.org/news/feed/recalls/atom.xml"),
        Subscription("Neighbour", "https://wire.example.org/news/blog/rss.xml"),
        HARBOUR,
    ]
    first = bring(config, *subscriptions)
    assert first.skipped == (
        '"Paper" is source "paper" already',
        '"Ours" is a feed of our own',
        '"All" is a feed of our own',
        '"Source" is a feed of our own',
        '"Tag" is a feed of our own',
        '"Chosen" is a feed of our own',
    )
    assert [table["name"] for table in tables(config)] == ["Neighbour", "harbour-news"]
    before = (config.parent / "sources.d" / "reader.toml").read_bytes()
    again = bring(config, *subscriptions)
    assert (again.added, len(again.skipped)) == ((), 8)
    assert (config.parent / "sources.d" / "reader.toml").read_bytes() == before


def test_names_never_clash(config: Path) -> None:
    """Neither with sources that are there nor with each other."""
    configure(config, '[[source]]\nname = "news"\nkind = "feed"\nurl = "https://z.example/rss"\n')
    bring(config, *(Subscription("News!", f"https://{host}.example/rss") for host in "abc"))
    assert [table["name"] for table in tables(config)] == ["news-2", "news-3", "news-4"]
    assert len(load(config).sources) == 4


def test_what_the_list_leaves_out_is_named(config: Path) -> None:
    """One bad outline costs none of the others."""
    imported = bring(config, Subscription("Bad", "mailto:a@b.example"), HARBOUR, HARBOUR)
    assert len(imported.added) == 1
    assert imported.refused == (
        '"Bad": "mailto:a@b.example" is no address on the web',
        '"Harbour News" is the same feed as "Harbour News" (https://www.harbour.example.org/rss)',
    )


@pytest.mark.parametrize(
    "address",
    ["https://a.example/f?tag={tag}&page={page}", "https://a.example/{cursor}/rss", "https://a.example/}{"],
)
def test_braces_in_an_address_are_no_template(config: Path, address: str) -> None:
    """They are written as a browser sends them, and known again; what stands beside them comes in."""
    assert len(bring(config, Subscription("Odd", address), HARBOUR).added) == 2
    assert len(load(config).sources) == 2
    assert load(config).sources[0].url == address.replace("{", "%7B").replace("}", "%7D")
    assert bring(config, Subscription("Odd", address), HARBOUR).added == ()


def test_what_would_be_refused_is_left_out(config: Path) -> None:
    """Defaults that fit no feed cost the feeds, each with the reason, and never the configuration."""
    configure(config, "[defaults.options]\ndepth = 3\n")
    imported = bring(config, HARBOUR)
    assert imported.added == ()
    assert "would be refused: options" in imported.refused[0]
    assert load(config).sources == ()


def test_a_plan_writes_nothing(config: Path) -> None:
    """What would be added can be looked at before it is written."""
    imported = plan_import(config, load(config), write_opml("x", [HARBOUR]), "reader")
    assert list(config.parent.iterdir()) == [config]
    write_import(imported)
    assert len(load(config).sources) == 1


def test_nothing_to_add_leaves_no_file(config: Path) -> None:
    """An empty list is fine and changes nothing."""
    assert bring(config).added == ()
    assert list(config.parent.iterdir()) == [config]


@pytest.mark.parametrize("name", ["../evil", "a/b", "", ".hidden", "a b"])
def test_a_file_has_a_plain_name(config: Path, name: str) -> None:
    """The name of the file leads out of no folder."""
    with pytest.raises(ConfigError, match="may hold letters, digits, - and _ only"):
        import_opml(config, load(config), write_opml("x", [HARBOUR]), name)


def test_what_is_no_list_is_refused(config: Path) -> None:
    """A feed in place of a list of feeds is a plain error."""
    with pytest.raises(ReadError, match="is not OPML, but <rss>"):
        import_opml(config, load(config), b"<rss/>", "reader")


SOURCES = """
[[source]]
name = "Town_Paper"
kind = "feed"
url = "https://Paper.example.org/feed?x=1&y=2"
category = "Town & 临江"
[[source]]
name = "plain"
kind = "feed"
url = "https://plain.example.org/feed"
[[source]]
name = "second"
kind = "feed"
url = "http://second.example.org/"
category = "Town & 临江"
[[source]]
name = "same"
kind = "feed"
url = "http://same.example.org/"
category = "same"
"""
OTHERS = """
[[source]]
name = "by-author"
kind = "feed"
url = "https://authors.example.org/feed"
category = "{author}"
[[source]]
name = "gov"
kind = "listing"
url = "https://gov.example.org/"
category = "临江 Notices"
list.entry = "li"
article.body = "div"
[[source]]
name = "gov-more"
kind = "listing"
url = "https://gov.example.org/more"
category = "临江 Notices"
list.entry = "li"
article.body = "div"
[[source]]
name = "bare-list"
kind = "listing"
url = "https://gov.example.org/bare"
list.entry = "li"
article.body = "div"
[[source]]
name = "market"
kind = "api"
url = "https://api.example.org/"
category = "{section}"
list = { entry = "items", title = "title", id = "id", body = "text" }
"""


def test_sources_become_subscriptions(config: Path) -> None:
    """A feed stands for itself in its category's folder; other kinds stand there with the feed that we publish."""
    body = export_opml(load(configure(config, SOURCES + OTHERS)))
    found, left_out = read_opml(body)
    root = "https://wire.example.org/news"
    assert left_out == []
    assert found == [
        Subscription("plain", "https://plain.example.org/feed"),
        Subscription("by-author", "https://authors.example.org/feed"),
        Subscription(
            "临江 Notices",
            f"{root}/category/linjiang-notices/rss.xml",
            f"{root}/category/linjiang-notices.html",
        ),
        Subscription("bare-list", f"{root}/category/bare-list/rss.xml", f"{root}/category/bare-list.html"),
        Subscription("Wire", f"{root}/feeds/rss.xml", f"{root}/"),
        Subscription("Town_Paper", "https://Paper.example.org/feed?x=1&y=2", folders=("Town & 临江",)),
        Subscription("second", "http://second.example.org/", folders=("Town & 临江",)),
        Subscription("same", "http://same.example.org/", folders=("same",)),
    ]


def test_what_goes_out_comes_in_again(config: Path) -> None:
    """Exported feeds, imported where there are none, are the same sources."""

    def by_name(file: Path) -> list[Source]:
        return sorted(load(file).sources, key=lambda source: source.name)

    before = by_name(configure(config, SOURCES))
    body = export_opml(load(config))
    imported = import_opml(configure(config, ""), load(config), body, "reader")
    assert (imported.skipped, imported.refused) == ((), ())
    assert by_name(config) == before
    assert export_opml(load(config)) == body


@sampled(8)
def test_the_real_lists_become_sources(config: Path, corpora: Path, step: int) -> None:
    """Hundreds of feeds of every sort, list after list, each a source that loads."""
    feeds: set[str] = set()
    for file in sorted((corpora / "opml").rglob("*.opml"))[::step]:
        body = file.read_bytes()
        imported = import_opml(config, load(config), body, "reader")
        assert imported.refused == (), file.name
        feeds |= {canonical(item.address) for item in read_opml(body)[0]}
    sources = load(config).sources
    assert {canonical(source.url) for source in sources} == feeds
    assert len(sources) == len(feeds)
    assert len(feeds) == 913 or step > 1

"""Lists of feeds: what readers and hand-written files hold in, OPML 2.0 out."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.discover.opml import MAX_DEPTH, read_opml
from aggregator.errors import ReadError
from aggregator.render.opml import Subscription, write_opml
from aggregator.text.text import fold, scrub

HARBOUR = "https://harbour.example.org/feed.xml"


def opml(outlines: str, *, declaration: str = "", version: str = "2.0") -> str:
    return (
        f'{declaration}<opml version="{version}"><head><title>x</title></head><body>{outlines}</body></opml>'
    )


def read(outlines: str) -> list[Subscription]:
    """The subscriptions of a list that leaves nothing out."""
    found, left_out = read_opml(opml(outlines).encode())
    assert left_out == []
    return found


def left_out(outlines: str) -> list[str]:
    return read_opml(opml(outlines).encode())[1]


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
@pytest.mark.parametrize(
    "attributes",
    [
        f'type="rss" text="Harbour" title="Port news" xmlUrl="{HARBOUR}" htmlUrl="https://harbour.example.org/"',
        f'text="Harbour" xmlurl="{HARBOUR}" htmlurl="https://harbour.example.org/"',
        f'TITLE="Harbour" XMLURL="{HARBOUR}" HTMLURL="https://harbour.example.org/"',
        f'type="rss" title="  Harbour\n " url="{HARBOUR}" htmlUrl="https://harbour.example.org/"',
    ],
)
def test_attributes_are_read_however_they_are_spelt(attributes: str, version: str) -> None:
    """Every case variant, without a type, and ``url`` of old lists; the text beats the title."""
    found, left_out = read_opml(opml(f"<outline {attributes}/>", version=version).encode())
    assert (found, left_out) == ([Subscription("Harbour", HARBOUR, "https://harbour.example.org/")], [])


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("feed://a.example/rss", "http://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        ("FEED://https://a.example/rss", "https://a.example/rss"),
        ("feed:a.example", "http://a.example"),
        ("a.example/rss", "http://a.example/rss"),
        ("//a.example:8000/rss", "http://a.example:8000/rss"),
        (" https://a.example/r s ", "https://a.example/r%20s"),
        ("https://a.example/rss?x=1&amp;copy=2&amp;lt=3", "https://a.example/rss?x=1&copy=2&lt=3"),
        ("https://Ä.example/rss", "https://Ä.example/rss"),
    ],
)
def test_addresses_become_web_addresses(said: str, address: str) -> None:
    """``feed:`` goes, a missing scheme comes, and what is an address already stays as it is."""
    assert [item.address for item in read(f'<outline text="a" xmlUrl="{said}"/>')] == [address]


def test_a_feed_that_stands_twice_is_named_once() -> None:
    """With the folder where it has one, and the first by its address where it has no title."""
    feed = f'<outline text="{{}}" xmlUrl="{HARBOUR}"/>'
    folder = '<outline text="Asia">{}</outline>'
    first, second = feed.format("One"), feed.format("Two")
    assert left_out(folder.format(first) + second) == [f'"Two" is the same feed as "One" ({HARBOUR})']
    assert left_out(first + folder.format(second)) == [f'"Two" in Asia is the same feed as "One" ({HARBOUR})']
    assert left_out(feed.format("") + second) == [f'"Two" is the same feed as {HARBOUR}']


@pytest.mark.parametrize(
    "said",
    ["mailto:a@b.example", "javascript:alert(1)", "file:///etc/passwd", "/rss.xml", "rss.xml", "http://"],
)
def test_what_is_no_web_address_is_left_out(said: str) -> None:
    """One bad address is named and costs none of the others."""
    found, reasons = read_opml(
        opml(f'<outline text="Bad" xmlUrl="{said}"/><outline text="Good" xmlUrl="{HARBOUR}"/>').encode()
    )
    assert [item.title for item in found] == ["Good"]
    assert reasons == [f'"Bad": "{said}" is no address on the web']


def test_folders_run_from_the_outside_in() -> None:
    """Outlines around a feed are its folders; a folder without a name is none, an empty one no loss."""
    found = read(
        '<outline text="Coast"><outline title="Ports"><outline text="a" xmlUrl="https://a.example/"/></outline>'
        '<outline><outline text="b" xmlUrl="https://b.example/"/></outline></outline>'
        '<outline text="Empty"/><outline text="c" xmlUrl="https://c.example/"/>'
    )
    assert [(item.title, item.folders) for item in found] == [
        ("a", ("Coast", "Ports")),
        ("b", ("Coast",)),
        ("c", ()),
    ]


def test_a_category_stands_in_for_a_folder() -> None:
    """The first path of ``category`` counts where no outline is around the feed, and only there."""
    found = read(
        '<outline text="a" xmlUrl="https://a.example/" category="/Coast/Ports,/Sea"/>'
        '<outline text="F"><outline text="b" xmlUrl="https://b.example/" category="/Coast"/></outline>'
    )
    assert [item.folders for item in found] == [("Coast", "Ports"), ("F",)]


def test_folders_are_cut_where_they_go_too_deep() -> None:
    """Thousands of outlines inside each other are no error and no long list of folders."""
    (item,) = read(
        '<outline text="f">' * 200 + '<outline text="a" xmlUrl="https://a.example/"/>' + "</outline>" * 200
    )
    assert item.folders == ("f",) * MAX_DEPTH
    bottomless = '<outline text="f">' * 100_000 + '<outline text="a" xmlUrl="https://a.example/"/>'
    first = '<outline text="b" xmlUrl="https://b.example/"/>'
    assert [item.title for item in read_opml(opml(first + bottomless).encode())[0]][:1] == ["b"]


def test_a_feed_that_stands_twice_is_kept_once() -> None:
    """The second is reported with its folder; the first takes that folder where it had none."""
    again = f'<outline text="Again" xmlUrl="{HARBOUR}?utm_source=list"/>'
    found, reasons = read_opml(
        opml(f'<outline text="Harbour" xmlUrl="{HARBOUR}"/><outline text="Coast">{again}</outline>').encode()
    )
    assert found == [Subscription("Harbour", HARBOUR, folders=("Coast",))]
    assert reasons == [f'"Again" in Coast is the same feed as "Harbour" ({HARBOUR})']


def test_links_and_outlines_without_an_address_are_named() -> None:
    """What says it is more than a folder, and is no feed, is reported."""
    assert left_out(
        '<outline type="link" text="Page" url="https://a.example/"/>'
        '<outline type="include" text="List" url="https://a.example/list.opml"/>'
        '<outline type="rss" text="Nothing"/><outline text="Site" htmlUrl="https://a.example/"/>'
    ) == [
        '"Page" is a link, not a feed',
        '"List" is a link, not a feed',
        '"Nothing" names no address of a feed',
        '"Site" names no address of a feed',
    ]


BROKEN = {
    "bare ampersands": '<outline text="Fish & Chips" xmlUrl="https://a.example/?a=1&b=2&copy=3"/>',
    "entities of HTML": '<outline text="Caf&eacute;&nbsp;&unknown;" xmlUrl="https://a.example/"/>',
    "a tag in a value": '<outline text="A < B" xmlUrl="https://a.example/"/>',
    "a link in a value": '<outline text="a" description="By <a href="https://b.example/" target="_blank">us</a>."'
    ' xmlUrl="https://a.example/"/>',
    "quotes in a value": '<outline text="The "Old" Port" xmlUrl="https://a.example/"/>',
    "a comment": '<!-- <outline text="No" xmlUrl="https://no.example/"/> --> & <outline text="a" xmlUrl="https://a.example/"/>',
    "no end": '<outline text="a" xmlUrl="https://a.example/"',
    "control characters": '<outline text="a\x0bb\0&#x1f;&#X62;" xmlUrl="https://a.example/"/>',
    "no blanks": '<outline text="a"xmlUrl="https://a.example/"/>&',
}


@pytest.mark.parametrize(
    ("broken", "title", "address"),
    [
        ("bare ampersands", "Fish & Chips", "https://a.example/?a=1&b=2&copy=3"),
        ("entities of HTML", "Café &unknown;", "https://a.example/"),
        ("a tag in a value", "A < B", "https://a.example/"),
        ("a link in a value", "a", "https://a.example/"),
        ("quotes in a value", 'The "Old" Port', "https://a.example/"),
        ("a comment", "a", "https://a.example/"),
        ("no end", "a", "https://a.example/"),
        ("control characters", "abb", "https://a.example/"),
        ("no blanks", "a", "https://a.example/"),
    ],
)
def test_broken_lists_are_mended(broken: str, title: str, address: str) -> None:
    """What programs write for OPML is read to the last feed, in its folder, with those behind it."""
    found = read(
        f'<outline text="F">{BROKEN[broken]}<outline text="z" xmlUrl="https://z.example/"/></outline>'
    )
    assert found == [
        Subscription(title, address, folders=("F",)),
        Subscription("z", "https://z.example/", folders=("F",)),
    ]


def test_a_list_that_breaks_off_gives_what_it_has() -> None:
    """Half an address is none; the feeds before it are whole."""
    whole = opml(
        f'<outline text="F"><outline text="a" xmlUrl="{HARBOUR}"/><outline text="b" xmlUrl="https://b.exa'
    )
    found, _ = read_opml(whole[: whole.rindex("exa") + 3].encode())
    assert found == [Subscription("a", HARBOUR, folders=("F",))]


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("gb2312", "gb18030"),
        ("utf-8", "gb18030"),
        ("iso-8859-1", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8", "utf-8-sig"),
    ],
)
def test_the_bytes_decide_over_the_declaration(declared: str, written: str) -> None:
    """A charset that is declared wrongly, or late, costs no title."""
    text = opml(
        f'<outline text="临江港市场监管" xmlUrl="{HARBOUR}"/>',
        declaration=f'<?xml version="1.0" encoding="{declared}"?>\n',
    )
    assert read_opml(text.encode(written))[0] == [Subscription("临江港市场监管", HARBOUR)]


@pytest.mark.parametrize("broken", ["", "&"])
def test_no_entity_is_followed(tmp_path: Path, broken: str) -> None:
    """Neither a file nor a bomb comes out of a DTD, in a well-formed list or a broken one."""
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words", "utf-8")
    bomb = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 10))
    for name in ("file", "b9"):
        text = opml(
            f'<outline text="a&{name};" xmlUrl="{HARBOUR}"/>{broken}',
            declaration=f'<!DOCTYPE opml [<!ENTITY file SYSTEM "{secret.as_uri()}"><!ENTITY b0 "boom">{bomb}]>',
        )
        found, _ = read_opml(text.encode())
        assert all("hidden" not in item.title and "boomboom" not in item.title for item in found)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no XML"),
        (b"\x00\x01\x02", "no XML"),
        (b"plain words", "no XML"),
        (b'<rss version="2.0"><channel/></rss>', "<rss>"),
        (b"<html><body><outline></body></html>", "<html>"),
    ],
)
def test_what_is_no_opml_is_refused(body: bytes, said: str) -> None:
    """The message says what came instead."""
    with pytest.raises(ReadError, match=f"is not OPML, but {said}"):
        read_opml(body)


@given(st.text(alphabet="<>&\"'=/ \noutlineOPMLxmlUrl:.;#x0é市-!", max_size=200))
def test_nothing_unforeseen_is_raised(text: str) -> None:
    """Whatever stands in a list, it is read or refused, and what comes of it can be written."""
    for body in (text, opml(text), opml(f'<outline text="{text}" xmlUrl="https://a.example/">')):
        try:
            found, _ = read_opml(body.encode())
        except ReadError:
            continue
        assert read_opml(write_opml("x", found))[1] == []


def test_the_real_lists_are_read_to_the_last_feed(corpora: Path) -> None:
    """119 lists that people share, 80 of them no XML: 1,713 feeds, none left out."""
    lists = sorted((corpora / "opml").rglob("*.opml"))
    feeds = 0
    for file in lists:
        body = file.read_bytes()
        found, reasons = read_opml(body)
        named = re.findall(r'xmlUrl="([^"]*)"', body.decode())
        assert {item.address for item in found} == {html.unescape(address) for address in named}, file.name
        assert reasons == [], file.name
        feeds += len(found)
    assert (len(lists), feeds) == (119, 1713)


def test_written_lists_hold_folders_as_outlines() -> None:
    """Feeds of a folder stand together, those of the folder itself first; a page is left out where none is."""
    body = write_opml(
        'Lists & "more"',
        [
            Subscription("a", "https://a.example/?x=1&y=2", folders=("Coast", "Ports")),
            Subscription("b", "https://b.example/", "https://b.example/page"),
            Subscription("c", "https://c.example/", folders=("Coast",)),
            Subscription("d", "https://d.example/", folders=("Coast", "Ports")),
        ],
    )
    root = etree.fromstring(body)
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", 'Lists & "more"')
    assert [
        (item.get("text"), item.get("type"), item.getparent().get("text"))
        for item in root.iterfind("body//outline")
    ] == [
        ("b", "rss", None),
        ("Coast", None, None),
        ("c", "rss", "Coast"),
        ("Ports", None, "Coast"),
        ("a", "rss", "Ports"),
        ("d", "rss", "Ports"),
    ]
    assert [item.get("htmlUrl") for item in root.iterfind("body/outline")] == ["https://b.example/page", None]


NAMES = st.text(max_size=20).map(lambda text: fold(scrub(text)))


@given(st.lists(st.tuples(NAMES, st.lists(NAMES.filter(bool), max_size=3).map(tuple))))
def test_what_is_written_is_read_again(items: list[tuple[str, tuple[str, ...]]]) -> None:
    """Titles, addresses, pages and folders of any characters come back, whatever their order."""
    feeds = [
        Subscription(title, f"https://a.example/{number}?a&b", f"https://a.example/{number}", folders)
        for number, (title, folders) in enumerate(items)
    ]
    found, reasons = read_opml(write_opml("x", feeds))
    assert (sorted(found, key=repr), reasons) == (sorted(feeds, key=repr), [])
    assert write_opml("x", found) == write_opml("x", feeds)

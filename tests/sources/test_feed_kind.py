"""The feed kind against real feeds, valid and broken."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest

from aggregator.content.normalise import normalise
from aggregator.errors import IncompleteError, ReadError
from aggregator.model import Fetched
from aggregator.settings import Source
from aggregator.sources import feed
from tests.support.sampling import sampled

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = Source(
    name="x", kind="feed", url="https://example.org/feed.xml", timezone="Asia/Shanghai", full_text="never"
)


def fetched(body: bytes, content_type: str = "application/xml") -> Fetched:
    """An answer with this body."""
    return Fetched(SOURCE.url, 200, {"content-type": content_type}, body)


def rss(items: str) -> bytes:
    """An RSS feed of these items."""
    return f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>".encode()


@sampled(5)
def test_every_real_feed(corpora: Path, step: int) -> None:
    """No feed crashes the kind; an answer is read or refused, an entry an article or reported."""
    seen: Counter[str] = Counter()
    for path in sorted((corpora / "feeds").rglob("*"))[::step]:
        if not path.is_file() or path.suffix not in (".xml", ".rss", ".atom", ".json", ".txt"):
            continue
        try:
            listing = feed.read_list(SOURCE, fetched(path.read_bytes(), ""))
        except ReadError:
            seen["not a feed"] += 1
            assert b"<item" not in path.read_bytes() or seen["not a feed"] < 700
            continue
        seen["feeds"] += 1
        seen["unreadable"] += len(listing.unreadable)
        assert all(item.message for item in listing.unreadable), path
        for entry in listing.entries:
            try:
                article = normalise(entry, SOURCE, NOW)
            except IncompleteError:
                # Nothing but an image: set aside, with its reason.
                assert "<img" in (entry.content or ""), path
                seen["set aside"] += 1
                continue
            seen["articles"] += 1
            seen["dated"] += article.dated
            assert article.title, path
            assert article.labels, path
            assert article.published.tzinfo, path
    assert seen["feeds"] > 600 // step, seen
    assert seen["articles"] > 900 // (2 * step - 1), seen


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026年3月5日 10:20", datetime(2026, 3, 5, 2, 20, tzinfo=UTC)),
        ("昨天 23:01", datetime(2026, 11, 22, 15, 1, tzinfo=UTC)),
        ("Thu, 05 Mar 2026 10:20:00 EST", datetime(2026, 3, 5, 15, 20, tzinfo=UTC)),
        ("2026-03-05 10:20", datetime(2026, 3, 5, 2, 20, tzinfo=UTC)),
        ("11-20 08:00", datetime(2026, 11, 20, tzinfo=UTC)),
        ("12-20 08:00", datetime(2025, 12, 20, tzinfo=UTC)),
        ("2026-03-05T10:20:00+01:00", datetime(2026, 3, 5, 9, 20, tzinfo=UTC)),
    ],
)
def test_dates(said: str, expected: datetime) -> None:
    """Dates are read as they stand, in the source's zone where they name none."""
    body = rss(f"<item><title>t</title><guid>g</guid><pubDate>{said}</pubDate></item>")
    (entry,) = feed.read_list(SOURCE, fetched(body)).entries
    assert normalise(entry, SOURCE, NOW).published == expected


def test_without_date_is_first_seen() -> None:
    """An entry without a date, or with one that is none, is dated when it was first seen, and marked so."""
    for said in ("", "<pubDate>soon</pubDate>"):
        body = rss(f"<item><title>t</title><guid>g</guid>{said}</item>")
        (entry,) = feed.read_list(SOURCE, fetched(body)).entries
        article = normalise(entry, SOURCE, NOW + timedelta(minutes=1))
        assert (article.published, article.dated) == (NOW + timedelta(minutes=1), False)


def test_empty_entry_is_reported() -> None:
    """An entry without title, link and content is reported, and costs none of the others."""
    body = rss("<item><title>one</title></item><item></item><item><title>two</title></item>")
    listing = feed.read_list(SOURCE, fetched(body))
    assert [entry.title for entry in listing.entries] == ["one", "two"]
    assert ["no title, no link and no content" in item.message for item in listing.unreadable] == [True]


@pytest.mark.parametrize("says_more", [True, False])
def test_summary_longer_than_content(says_more: bool) -> None:
    """A description that says more than twice as much as a content is the text, however much markup has that."""
    line, blank = "The ferry leaves at nine. ", '<img src="http://x.org/a.png">' * 50
    content = f"<p>{line}</p>{blank}<p>{line if says_more else line * 10}</p>"
    body = rss(
        f"<item><title>t</title><description>{line * 9}</description>"
        f'<c:encoded xmlns:c="http://purl.org/rss/1.0/modules/content/">{escape(content)}</c:encoded></item>'
    )
    (entry,) = feed.read_list(SOURCE, fetched(body)).entries
    assert ("<img" in entry.content) is not says_more


def test_one_id_for_several_addresses() -> None:
    """A feed that gives one id to all its entries does not lose all but one."""
    items = "".join(
        f"<item><guid isPermaLink='false'>0</guid><title>{n}</title><link>http://x.org/{n}</link></item>"
        for n in "abc"
    )
    listing = feed.read_list(SOURCE, fetched(rss(items)))
    assert [entry.key for entry in listing.entries] == ["http://x.org/a", "http://x.org/b", "http://x.org/c"]


def test_one_link_for_several_titles() -> None:
    """Entries that share a link and have no ids are told apart by their titles; true repeats are one."""
    items = "".join(f"<item><title>{n}</title><link>http://x.org/</link></item>" for n in "abca")
    listing = feed.read_list(SOURCE, fetched(rss(items)))
    assert [entry.title for entry in listing.entries] == ["a", "b", "c"]
    assert len({entry.key for entry in listing.entries}) == 3


def test_relative_addresses() -> None:
    """Links count from xml:base where there is one, else from the feed; an id stays as it is."""
    plain = rss("<item><guid>n-1</guid><title>t</title><link>/a?b=1&amp;c=2</link></item>")
    bare = rss("<item><guid>n-1</guid><title>t</title></item>")
    assert [entry.address for entry in feed.read_list(SOURCE, fetched(bare)).entries] == [""]
    (entry,) = feed.read_list(SOURCE, fetched(plain)).entries
    assert (entry.key, entry.address) == ("n-1", "https://example.org/a?b=1&c=2")
    based = plain.replace(b"<channel>", b"<channel xml:base='http://base.example/x/'>").replace(
        b">/a?", b">a?"
    )
    (entry,) = feed.read_list(SOURCE, fetched(based)).entries
    assert entry.address == "http://base.example/x/a?b=1&c=2"


def test_body_that_names_a_file(tmp_path: Path) -> None:
    """An answer that is the path of a local feed is an answer, not a file to open."""
    local = tmp_path / "feed.xml"
    local.write_bytes(rss("<item><title>secret</title></item>"))
    with pytest.raises(ReadError):
        feed.read_list(SOURCE, fetched(str(local).encode()))


def test_xml_entities_do_nothing() -> None:
    """Entities that name files, or grow without end, are not expanded."""
    bomb = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    for doctype in (
        "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        f"<!DOCTYPE rss [<!ENTITY e0 'lol'>{bomb}]>",
    ):
        body = doctype.encode() + rss("<item><title>a &x; &e11;</title><guid>g</guid></item>")
        try:
            listing = feed.read_list(SOURCE, fetched(body))
        except ReadError:
            continue
        for entry in listing.entries:
            assert "root:" not in entry.title
            assert len(entry.title) < 1000


ENTRY = "<item><title>{0}</title><guid>{0}</guid><description>&lt;item&gt; of {0}</description></item>"


@pytest.mark.parametrize(
    ("end", "titles", "half"),
    [
        (ENTRY.format("two") + "</channel></rss>", ["one", "two"], 0),
        (ENTRY.format("two") + "</channel>", ["one", "two"], 0),
        (ENTRY.format("two"), ["one", "two"], 0),
        (ENTRY.format("two")[:-5], ["one"], 1),
        (ENTRY.format("two")[:-40], ["one"], 1),
        ("<item>", ["one"], 1),
        ("<ite", ["one"], 0),
        ("<item><title><![CDATA[</item> and <item>", ["one"], 1),
        ("<item/></channel></rss>", ["one"], 0),
    ],
)
def test_cut_off(end: str, titles: list[str], half: int) -> None:
    """Of a feed that was cut off, the whole entries come, and the half one is reported, not taken."""
    body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{ENTRY.format('one')}{end}"
    listing = feed.read_list(SOURCE, fetched(body.encode()))
    assert [entry.title for entry in listing.entries] == titles
    halves = [item for item in listing.unreadable if "half an entry: the feed was cut off" in item.message]
    assert [item.key for item in halves] == ["entry 2"][:half]
    assert len(listing.notes) == half


@pytest.mark.parametrize("piece", ["<item>", "<item ", "</item>", "<", "<item a='", "<a:item>"])
def test_endless_feeds(piece: str) -> None:
    """A feed of nothing but beginnings or ends is read once."""
    try:
        listing = feed.read_list(SOURCE, fetched(b"<rss><channel>" + piece.encode() * 20_000))
    except ReadError:
        return
    assert not listing.entries


def test_what_is_no_feed() -> None:
    """What came instead of a feed is said, with its fault."""
    for body, fault, said in (
        (b"<!doctype html><title>Sign in</title>", "wrong-type", "an HTML page titled 'Sign in'"),
        (b"[1, 2]", "wrong-type", "JSON"),
        (b"%PDF-1.7", "wrong-type", "a PDF file"),
        (b"", "empty", "an empty answer"),
    ):
        with pytest.raises(ReadError) as caught:
            feed.read_list(SOURCE, fetched(body))
        assert caught.value.fault == fault
        assert f"is not a feed, but {said}" in str(caught.value)

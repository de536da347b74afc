"""The history of a feed: archives that are closed once, and lists whose full pages stay (RFC 5005)."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest

from aggregator.model import EVERYTHING, Label, Topic
from tests.support.posts import ROOT, START, Press, a_press, an_item

HARBOUR = Topic("category", "harbour", "Harbour")


def walk(press: Press, path: str) -> dict[str, tuple[str, str]]:
    """Follow the chain from a subscription document: title and newest date of every id."""
    found: dict[str, tuple[str, str]] = {}
    address, seen = f"{ROOT}/{path}", set()
    while address:
        assert address not in seen
        seen.add(address)
        assert address.startswith(f"{ROOT}/")
        read = feedparser.parse((press.folder / "public" / address.removeprefix(f"{ROOT}/")).read_bytes())
        for entry in read.entries:
            before = found.get(entry.id, ("", ""))
            found[entry.id] = max(before, (entry.updated, entry.title))
        links = [link.href for link in read.feed.links if link.rel == "prev-archive"]
        address = urljoin(address, links[0]) if links else ""
    assert len(seen) > 1 or not press.store.archives(EVERYTHING)
    return found


def test_the_chain_holds_every_article_once_in_its_newest_state(tmp_path: Path) -> None:
    """Whatever came and changed in whatever order, and however often it was published in between."""
    titles: dict[int, str] = {}
    closed: dict[str, bytes] = {}
    with a_press(tmp_path) as press:
        for step in range(9):
            new = [an_item(number) for number in range(step * 31, step * 31 + 31)]
            edited = [
                an_item(number, title=f"Edited in {step}: {number}", updated=START + timedelta(days=step))
                for number in range(step * 7, step * 20, 13)
            ]
            press.save(*new, changed=edited, hour=step)
            titles |= {int(one.key[5:]): one.title for one in (*new, *edited)}
            press.publish()
            archives = press.files("**/archive-*.atom")
            assert {path: archives[path] for path in closed} == closed, "a closed archive was written again"
            closed = archives
        assert len(closed) > 6
        for path in ("feeds/atom.xml", "feeds/rss.xml"):
            assert sorted(title for _, title in walk(press, path).values()) == sorted(titles.values())
        harbour = sorted(title for number, title in titles.items() if number % 2)
        assert sorted(title for _, title in walk(press, "category/harbour/atom.xml").values()) == harbour
        assert press.publisher.check() == []


@pytest.mark.slow
def test_a_subscription_document_holds_fifty_to_a_hundred(tmp_path: Path) -> None:
    """Fifty at least, and all that no archive holds."""
    with a_press(tmp_path) as press:
        for number in range(0, 210, 10):
            press.save(*(an_item(one) for one in range(number, number + 10)))
            press.publish()
            read = feedparser.parse(press.files("feeds/atom.xml")["feeds/atom.xml"])
            total, archived = number + 10, 50 * len(press.store.archives(EVERYTHING))
            assert len(read.entries) == total - archived
            assert min(total, 50) <= len(read.entries) < 100


@pytest.mark.slow
def test_archives_outlive_a_new_look_and_not_a_new_address(tmp_path: Path) -> None:
    """Another title renders every page again, but no archive; at another address they are other documents."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(260)))
        press.publish()
        before = press.files("**/archive-*.atom")
    with a_press(tmp_path, title="Another title") as press:
        press.publish()
        assert press.files("**/archive-*.atom") == before
        assert b"Another title" in press.files("feeds/atom.xml")["feeds/atom.xml"]
    with a_press(tmp_path, url="https://moved.example.org") as press:
        press.publish()
        after = press.files("**/archive-*.atom")
        assert after.keys() == before.keys()
        assert not any(ROOT.encode() in body for body in after.values())
        assert press.publisher.check() == []


@pytest.mark.slow
def test_archives_that_are_lost_are_written_anew(tmp_path: Path) -> None:
    """From nothing but the database the whole chain comes again."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(260)))
        press.publish()
        press.save(changed=[an_item(3, title="Edited", updated=START + timedelta(days=1))])
        press.publish()
        shutil.rmtree(tmp_path / "public")
        assert len(press.publisher.check()) > 280
        press.publish(everything=True)
        assert press.publisher.check() == []
        titles = sorted(title for _, title in walk(press, "feeds/atom.xml").values())
        assert titles == sorted([f"Title {number}" for number in range(260) if number != 3] + ["Edited"])


@pytest.mark.slow
def test_full_pages_of_a_category_stay(tmp_path: Path) -> None:
    """A page that is full is not written again by what comes later, and together they list everything."""
    labels = (Label("Harbour"),)
    with a_press(tmp_path) as press:
        press.save(*(an_item(number, labels=labels) for number in range(230)))
        press.publish()
        before = press.files("category/harbour/page-*.html")
        assert set(before) == {f"category/harbour/page-{number}.html" for number in (1, 2, 3)}
        # An old article that comes late has its place among those that came late.
        late = an_item(500, labels=labels, published=START - timedelta(days=3000))
        press.save(late, *(an_item(number, labels=labels) for number in range(300, 450)))
        press.publish()
        after = press.files("category/harbour/page-*.html")
        assert set(after) == {f"category/harbour/page-{number}.html" for number in (1, 2, 3, 4)}
        assert {path: after[path] == body for path, body in before.items()} == {
            "category/harbour/page-1.html": True,
            "category/harbour/page-2.html": True,
            "category/harbour/page-3.html": False,
        }
        listed = b"".join(after.values())
        assert all(f"item-{number:06}".encode() in listed for number in (0, 229, 300, 449, 500))
        front = press.files("category/harbour.html")["category/harbour.html"]
        assert b"item-000449" in front
        assert b"item-000500" not in front, "what is old is no news, however late it came"
        assert press.publisher.check() == []


def test_an_edited_title_is_mended_where_it_stands(tmp_path: Path) -> None:
    """A closed page keeps its articles; what they are called there is true."""
    with a_press(tmp_path) as press:
        labels = (Label("Harbour"),)
        press.save(*(an_item(number, labels=labels) for number in range(230)))
        press.publish()
        press.save(changed=[replace(an_item(7, labels=labels), title="Called otherwise")])
        press.publish()
        assert (
            b"Called otherwise" in press.files("category/harbour/page-1.html")["category/harbour/page-1.html"]
        )
        assert press.publisher.check() == []


@pytest.mark.slow
def test_only_what_is_touched_is_written(tmp_path: Path) -> None:
    """One more article writes as many files with eight hundred stored as with one hundred."""
    written = []
    with a_press(tmp_path) as press:
        for stored in (130, 830):
            count = press.store.article_count()
            press.save(*(an_item(number) for number in range(count, stored)))
            press.publish()
            press.save(an_item(10_000 + stored))
            written.append(press.publish().written)
    assert written[0] == written[1]
    assert written[0] < 40


@pytest.mark.slow
def test_stopped_in_the_middle_it_goes_on(tmp_path: Path) -> None:
    """A publication of everything that is stopped again and again does each article once."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(450)))
        press.publish()
    with a_press(tmp_path, title="Another title") as press:
        rendered, rounds = 0, 0
        while rounds == 0 or not press.store.publication().done:
            calls = iter(range(100))
            rendered += press.publish(stopped=lambda calls=calls: next(calls) >= 7).articles  # type: ignore[misc]
            rounds += 1
            assert rounds < 60
        assert rounds > 2
        assert rendered == 450
        assert press.publisher.check() == []
        assert press.publish().written == 0

"""Taking one article out: it is nowhere any more, and never comes in again."""

from pathlib import Path

from aggregator.model import EVERYTHING
from tests.support.loopback import Site
from tests.support.posts import a_press, an_item
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import Workplace


def test_a_removed_article_is_in_no_file(tmp_path: Path) -> None:
    """Neither its words nor its id stand in any page, post, feed, archive or list; a tombstone tells of it."""
    with a_press(tmp_path) as press:
        press.save(*(an_item(number) for number in range(160)))
        press.publish()
        press.save(changed=[an_item(4, title="Title 4, edited")])
        press.save(an_item(900))
        press.publish()
        for number in (4, 20, 900):
            press.store.remove(f"item-{number:06}", "asked for", an_item(0).published)
            press.publish()
            said = [path for path, body in press.files().items() if f"number {number}.".encode() in body]
            said += [path for path, body in press.files().items() if f"item-{number:06}".encode() in body]
            assert said == []
            assert not list((tmp_path / "_posts").glob(f"*item-{number:06}*"))
        assert press.files("feeds/atom.xml")["feeds/atom.xml"].count(b"deleted-entry") >= 3
        assert press.publisher.check() == []
        assert press.store.topic(EVERYTHING).articles == 158


def test_the_command(workplace: Workplace) -> None:
    """It shows what it would do, does it, and the next visit brings nothing back."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 5)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        page = next(path for path in workplace.files("public/share"))
        article_id = page.removeprefix("public/share/").partition(".")[0]
        before = workplace.files()
        said = workplace.run("remove", article_id, "--reason", "a test", "--dry-run")
        assert page in said.stdout
        assert "Nothing was removed" in said.stderr
        assert workplace.files() == before
        address = f"https://news.example.org/share/{article_id}.html"
        assert "Removed." in workplace.run("remove", address, "--reason", "a test").stdout
        assert page not in workplace.files()
        assert "0 new" in workplace.run("poll").stdout
        again = workplace.run("remove", article_id, "--reason", "again", expect=2).stderr
        assert "was removed before" in again
        site.pages["/feed.xml"] = feed(*(item(number, "edited") for number in range(1, 6)))
        assert "1 new, 3 changed" in workplace.run("poll").stdout
        workplace.run("publish", "--check")
    assert "no article of this id" in workplace.run("remove", "nothing", "--reason", "x", expect=2).stderr

"""Publishing: output is a function of the store, and every file is either old or new."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from posixpath import join, normpath

import pytest
import yaml
from bs4 import BeautifulSoup
from sqlalchemy import text

from aggregator.model import Label
from aggregator.output.folders import NAME_FILE
from aggregator.publish import Publisher
from aggregator.settings import Cluster
from tests.support.loopback import Answer, Site
from tests.support.posts import START, a_press, an_item
from tests.support.samples import feed, feed_source, item
from tests.support.workplace import PATIENCE, Workplace

HOSTILE = [
    'He said "no": C:\\new',
    "{{ site.title }} and {% raw %}",
    "a ]]> b <b>bold</b> & more",
    "- yes: [no] #1 'x'",
    "2026-03-05",
    "null",
]


def test_twice_is_the_same(workplace: Workplace) -> None:
    """Two publications give the same bytes, and the second touches no file."""
    with Site({"/feed.xml": feed(*(item(number) for number in range(1, 8)))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    first = workplace.files()
    times = {path: os.stat(workplace.folder / path).st_mtime_ns for path in first}
    assert "0 files written" in workplace.run("publish").stdout
    assert workplace.files() == first
    assert {path: os.stat(workplace.folder / path).st_mtime_ns for path in first} == times


def test_from_nothing_is_the_same(workplace: Workplace) -> None:
    """What was published piece by piece is what a publication from nothing gives."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site, category="A"))
        workplace.run("poll")
        site.pages["/feed.xml"] = feed(item(1, "edited"), item(2), item(3))
        workplace.run("poll")
    first = workplace.files()
    shutil.rmtree(workplace.folder / "public")
    shutil.rmtree(workplace.folder / "_posts")
    workplace.run("publish")
    assert workplace.files() == first


@pytest.mark.slow
def test_two_outputs_of_one_database(workplace: Workplace) -> None:
    """Each is complete after its own publication, whatever the other one has taken from the queue."""
    with Site() as site:
        workplace.configure(feed_source(site))
        own = workplace.config.read_text("utf-8")
        other = own.replace('"public"', '"other"').replace('"_posts"', '"other_posts"')
        for number, text in enumerate((own, other, own, other), 1):
            workplace.config.write_text(text, "utf-8")
            site.pages["/feed.xml"] = feed(*(item(one) for one in range(number)))
            workplace.run("poll")
            workplace.run("publish", "--check")


def test_an_output_that_holds_everything_is_not_rendered_again(tmp_path: Path) -> None:
    """Two publishers of one database go on by turns until neither is behind."""
    with a_press(tmp_path) as press:
        ours = press.app.config.output
        config = press.app.config.model_copy(
            update={"output": ours.model_copy(update={"site": str(tmp_path / "b"), "posts": None})}
        )
        there, here = Publisher(config, press.store, None, {}, press.app.workers), press.publisher
        press.save(an_item(1), an_item(2))
        here.publish()
        assert there.is_behind()
        assert there.publish().articles == 2
        assert not here.is_behind()
        assert here.publish().articles == 0
        press.save(an_item(3), hour=1)
        assert there.publish().articles == 1
        assert here.is_behind()
        assert here.publish().articles == 3
        assert not there.is_behind()
        assert here.check() == there.check() == []


def test_machines_of_a_cluster_may_have_a_disk_of_their_own_or_share_one(tmp_path: Path) -> None:
    """Their folders have one path. A new machine renders everything on its own disk, and nothing on a shared one."""
    with a_press(tmp_path) as press:
        config = press.app.config.model_copy(update={"cluster": Cluster(engine="procrastinate")})
        site = Path(config.output.site)
        press.save(an_item(1), an_item(2))
        first = Publisher(config, press.store, None, {}, press.app.workers)
        assert first.publish().articles == 2
        shared = Publisher(config, press.store, None, {}, press.app.workers)
        assert not shared.is_behind()
        assert shared.publish().written == 0
        assert first.check() == []
        site.rename(tmp_path / "disk")
        other = Publisher(config, press.store, None, {}, press.app.workers)
        assert other.is_behind()
        assert other.publish().articles == 2
        assert other.check() == []
        assert (site / NAME_FILE).read_text() != (tmp_path / "disk" / NAME_FILE).read_text()


def test_lists_of_feeds_follow_new_topics(tmp_path: Path) -> None:
    """The publisher remembers them, and a category that comes in by and by is listed all the same."""
    with a_press(tmp_path) as press:
        for number, name in enumerate(("Harbour", "Lighthouse"), 1):
            press.save(an_item(number, labels=(Label(name),)))
            press.publish()
            listed = press.files("feeds.*")
            assert all(name.encode() in listed[file] for file in ("feeds.html", "feeds.opml"))


def test_two_databases_side_by_side_share_no_rows(tmp_path: Path) -> None:
    """Of one configuration, in one process: lists show the articles of their own database under the same ids."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with a_press(tmp_path / "one") as one, a_press(tmp_path / "two") as two:
        for press, title in ((one, "First"), (two, "Second")):
            press.save(an_item(1, title=title))
            press.publish()
            assert title in press.files()["index.html"].decode()


def test_a_database_that_was_put_back_is_shown_as_it_is(tmp_path: Path) -> None:
    """It gives to others the ids and versions that pages and readers' pages were made of before."""
    with a_press(tmp_path) as press:
        press.save(an_item(1, title="Lost"))
        press.publish()
        private = press.app.private()
        assert b"Lost" in (private.read((), "index.html") or b"")
        with press.store._write() as connection:
            connection.execute(text("UPDATE articles SET title = 'Found'"))
        press.store.begin_anew(START)
        press.publish()
        for page in (press.files()["index.html"], private.read((), "index.html") or b""):
            assert (b"Found" in page, b"Lost" in page) == (True, False)
        assert press.publisher.check() == []


def test_what_pages_are_made_of_is_published(tmp_path: Path) -> None:
    """Their style, their icon and their feeds."""
    with a_press(tmp_path) as press:
        press.save(an_item(1))
        press.publish()
        files = press.files("**/*")
        soup = BeautifulSoup(files["share/item-000001.html"], "html.parser")
        links = [str(link["href"]) for link in soup.select("head link[rel]:not([rel=canonical])")]
    assert len(links) > 4
    assert {normpath(join("share", link)) for link in links} <= files.keys()


def test_check(workplace: Workplace) -> None:
    """``publish --check`` is silent about our own files, and lists what was changed by hand."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    workplace.run("publish", "--check")
    home = workplace.folder / "public" / "index.html"
    home.write_bytes(home.read_bytes() + b" ")
    (workplace.folder / "public" / "stranger.html").write_text("x")
    workplace.posts()[0].unlink()
    output = workplace.run("publish", "--check", expect=1).stdout
    assert "changed: public/index.html" in output
    assert "unexpected: public/stranger.html" in output
    assert "missing: _posts/2026-03-05-" in output
    assert len(output.splitlines()) == 3
    workplace.run("publish")
    assert "unexpected" in workplace.run("publish", "--check", expect=1).stdout
    assert (workplace.folder / "public" / "stranger.html").exists(), "what is not ours is never removed"


def test_moved_post(workplace: Workplace) -> None:
    """A post whose date changes moves; no second one stays behind."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        site.pages["/feed.xml"] = feed(item(1)).replace(b"05 Mar", b"09 Mar")
        workplace.run("poll")
    assert [path.name[:10] for path in workplace.posts()] == ["2026-03-09"]
    workplace.run("publish", "--check")


def test_new_configuration_publishes_all(workplace: Workplace) -> None:
    """A changed site address reaches every page at the next publication, without being asked for."""
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        workplace.configure(feed_source(site), url="https://other.example.net/news/")
        workplace.run("poll")
    for path, body in workplace.files().items():
        assert b"news.example.org" not in body, path
    assert b"https://other.example.net/news/feeds/rss.xml" in workplace.files()["public/feeds.opml"]
    workplace.run("publish", "--check")


def test_ids_do_not_depend_on_the_address(workplace: Workplace) -> None:
    """The ids in feeds are made of the identity alone."""

    def ids() -> list[str]:
        rss = (workplace.folder / "public" / "feeds" / "rss.xml").read_bytes()
        return [guid.get_text() for guid in BeautifulSoup(rss, "xml").select("guid")]

    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
        before = ids()
        workplace.configure(feed_source(site), url="https://other.example.net")
        workplace.run("publish")
    assert ids() == before
    assert all(name.startswith("urn:uuid:") for name in before)


def test_front_matter_survives(workplace: Workplace) -> None:
    """Titles with quotes, backslashes, colons and words that YAML knows come back exactly as they were."""
    items = "".join(
        f"<item><guid>hostile-{number}</guid><title><![CDATA[{title.replace(']]>', ']]]]><![CDATA[>')}]]></title>"
        f"<description>x</description></item>"
        for number, title in enumerate(HOSTILE)
    )
    with Site({"/feed.xml": feed(items)}) as site:
        workplace.configure(feed_source(site, category="on"))
        workplace.run("poll")
    titles = set()
    for post in workplace.posts():
        head = yaml.safe_load(post.read_text("utf-8").split("---\n")[1])
        titles.add(head["title"])
        assert head["categories"] == "on"
        assert isinstance(head["date"], str)
    # feedparser takes a title with an element in it for HTML; its text is what it says.
    assert titles == {title.replace("<b>", "").replace("</b>", "") for title in HOSTILE}


def test_own_template(workplace: Workplace) -> None:
    """A user's template gives the post its shape; a fault in it is named by its line."""
    template = workplace.folder / "post.j2"
    template.write_text(
        '{{ front_matter({"title": title, "layout": "mine"}) }}{{ body }}\nfrom {{ source }}\n'
    )
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site), output='post_template = "post.j2"')
        workplace.run("poll")
        assert workplace.posts()[0].read_text() == (
            '---\ntitle: "Title 1"\nlayout: mine\n---\n<p>text 1</p>\nfrom paper\n'
        )
        template.write_text("\n{{ nothing }}")
        assert "there is no nothing" in workplace.run("check", expect=2).stderr
        template.write_text("\n{{ title.nothing }}")
        assert "fails on" in workplace.run("publish", expect=1).stderr
        template.write_text("\n{% if %}")
        assert "post.j2: line 2" in workplace.run("check", expect=2).stderr


@pytest.mark.slow
def test_one_failing_article_holds_up_no_other(workplace: Workplace) -> None:
    """An article that a template fails on is named, and every other one is published."""
    (workplace.folder / "post.j2").write_text(
        "{% if title == 'Title 2' %}{{ title / 2 }}{% endif %}{{ body }}"
    )
    with Site({"/feed.xml": feed(item(1), item(2), item(3))}) as site:
        workplace.configure(feed_source(site), output='post_template = "post.j2"')
        assert "cannot be rendered" in workplace.run("poll", expect=1).stderr
        assert len(workplace.posts()) == 2
        (workplace.folder / "post.j2").write_text("{{ body }}")
        workplace.run("poll")
    assert len(workplace.posts()) == 3
    workplace.run("publish", "--check")


def test_far_dates(workplace: Workplace) -> None:
    """A date at the end of time is no date; the article comes all the same."""
    late = item(1).replace("05 Mar 2026 10:01:00", "31 Dec 9999 23:59:59")
    with Site({"/feed.xml": feed(late, item(2))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    assert len(workplace.posts()) == 2


def test_markdown_in_mirrored_text_is_text(workplace: Workplace) -> None:
    """What Markdown would make a link or a handler of is written so that it finds nothing to do."""
    evil = "<form><p>a</p>[c](javascript:alert(1)) *x*{:onclick='y()'}</form>{::options parse_block_html='true' /}"
    body = evil.replace("&", "&amp;").replace("<", "&lt;")
    with Site(
        {"/feed.xml": feed(f"<item><guid>g</guid><title>t</title><description>{body}</description></item>")}
    ) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    text = workplace.posts()[0].read_text("utf-8").split("---\n")[2].partition("\n\n<http")[0]
    assert "[c]" not in text
    assert "{" not in text
    assert "[c](javascript:alert(1))" in BeautifulSoup(text, "html.parser").get_text()


def test_half_a_publication_is_finished(workplace: Workplace) -> None:
    """A whole publication that broke off is made good even when its configuration is taken back."""
    template = workplace.folder / "post.j2"
    with Site({"/feed.xml": feed(item(1), item(2))}) as site:
        template.write_text("one {{ body }}")
        workplace.configure(feed_source(site), output='post_template = "post.j2"')
        workplace.run("poll")
        before = workplace.files()
        template.write_text("two {{ body }}")
        # What is written last cannot be, so the posts have the new shape and the feeds the old one.
        (workplace.folder / "public" / "feeds.opml").unlink()
        (workplace.folder / "public" / "feeds.opml").mkdir()
        assert "feeds.opml" in workplace.run("poll", expect=1).stderr
        assert workplace.posts()[0].read_text("utf-8").startswith("two")
        (workplace.folder / "public" / "feeds.opml").rmdir()
        template.write_text("one {{ body }}")
        workplace.run("poll")
    assert workplace.files() == before
    workplace.run("publish", "--check")


def test_second_publisher_waits(workplace: Workplace) -> None:
    """A publication that finds another one at work says so, waits, and then does its own."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        workplace.run("poll")
    handle = os.open(workplace.folder / "public", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    process = workplace.start("publish")
    assert process.stderr
    assert "another aggregator is publishing" in process.stderr.readline()
    assert process.poll() is None
    os.close(handle)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Published" in out


def test_read_only_folder_is_said_plainly(workplace: Workplace) -> None:
    """A folder that cannot be written is named, nothing is half written, and the next run finishes."""
    with Site({"/feed.xml": feed(item(1))}) as site:
        workplace.configure(feed_source(site))
        (workplace.folder / "public").write_text("a file where the folder should be")
        assert "cannot use public" in workplace.run("poll", expect=1).stderr
        (workplace.folder / "public").unlink()
        workplace.run("poll")
    workplace.run("publish", "--check")


@pytest.mark.slow
def test_jekyll_builds_every_post(workplace: Workplace, tmp_path: Path) -> None:
    """Jekyll builds every post with its title and text intact, and runs nothing of what it mirrors."""
    jekyll = shutil.which("jekyll")
    if not jekyll:
        pytest.skip("no jekyll on this machine; Debian: apt install jekyll")
    items = "".join(
        f"<item><guid>hostile-{number}</guid><title><![CDATA[{title.replace(']]>', ']]]]><![CDATA[>')}]]></title>"
        f"<description><![CDATA[word *star* {{{{ page.url }}}} {{% endraw %}} {number}]]></description>"
        f"<pubDate>Thu, 05 Mar 2026 10:0{number}:00 GMT</pubDate></item>"
        for number, title in enumerate(HOSTILE)
    )
    with Site({"/feed.xml": Answer(feed(items))}) as site:
        workplace.configure(feed_source(site, category="通知"))
        workplace.run("poll")
    layouts = workplace.folder / "_layouts"
    layouts.mkdir()
    (layouts / "post.html").write_text("<h1>{{ page.title | escape }}</h1><main>{{ content }}</main>")
    (workplace.folder / "_config.yml").write_text("timezone: Asia/Shanghai\nexclude: [var, public, config]\n")
    done = subprocess.run(
        [jekyll, "build", "--destination", str(tmp_path / "built")],
        cwd=workplace.folder,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Liquid" not in done.stderr
    built = sorted((tmp_path / "built").rglob("hostile-*.html"))
    assert len(built) == len(HOSTILE)
    for number, path in enumerate(built):
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
        heading, text = soup.find("h1"), soup.find("main")
        assert heading
        assert text
        assert heading.get_text() == HOSTILE[number].replace("<b>", "").replace("</b>", "")
        assert f"word *star* {{{{ page.url }}}} {{% endraw %}} {number}" in text.get_text()

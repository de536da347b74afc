"""`aggregator add`: paste an address, get articles; what it finds, how sure it is, what it writes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.support.cookbook import RECIPES, html
from tests.support.loopback import Answer, Content, Handler, Site
from tests.support.samples import LONG_TEXT, article_page, summary_feed
from tests.support.workplace import Workplace

TITLES = (
    "Harbour council raises the fee for berths",
    "Two goats found on the night ferry",
    "New lamp for the northern lighthouse",
    "Rope makers open their yard to visitors",
    "Tide tables for the spring are printed",
    "Fish market moves to the old salt house",
)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables as wide as they like, so that no title is folded."""
    monkeypatch.setenv("COLUMNS", "600")


FEED_TYPE = {"Content-Type": "application/rss+xml"}


def rows(*names: str) -> str:
    """Rows of a list of these titles."""
    return "".join(
        f"<li><a href='/news/2026/{number}.html'>{title}</a> <span class='date'>2026-03-{number + 1:02}</span></li>"
        for number, title in enumerate(names)
    )


def column(head: str = "") -> bytes:
    """A column's page: a list between a navigation and a footer that are longer than it."""
    menu = "".join(f"<li><a href='/section/{n}'>Section {n}</a></li>" for n in range(20))
    links = "".join(f"<li><a href='http://partner{n}.example/'>Partner {n}</a></li>" for n in range(12))
    return html(
        "News",
        f"<ul class='menu'>{menu}</ul><ul class='news'>{rows(*TITLES)}</ul><ul class='links'>{links}</ul>",
        head,
    )


def news() -> dict[str, Content | Handler]:
    """The articles of the column."""
    return {
        f"/news/2026/{number}.html": article_page(
            LONG_TEXT.replace("ferry", f"ferry {number}").replace("<p>", "<p>", 1)
        )
        for number in range(len(TITLES))
    }


def written(workplace: Workplace) -> list[dict[str, Any]]:
    """The sources in sources.d."""
    files = sorted((workplace.config.parent / "sources.d").glob("*.toml"))
    return [table for file in files for table in tomllib.loads(file.read_text("utf-8"))["source"]]


def test_a_feed(workplace: Workplace) -> None:
    """A feed's address is a feed; what is written polls."""
    with Site() as site:
        site.pages |= {
            "/feed.xml": Answer(summary_feed(site.url, 1, 2), FEED_TYPE),
            "/a/1.html": article_page(),
            "/a/2.html": article_page(),
        }
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/feed.xml", "--name", "paper", "--category", "Town")
        assert "Title 1" in done.stdout
        assert "a feed" in done.stdout
        (table,) = written(workplace)
        assert (table["name"], table["kind"], table["category"]) == ("paper", "feed", "Town")
        workplace.run("check")
        assert "2 new" in workplace.run("poll").stdout


def test_a_page_that_names_its_feed(workplace: Workplace) -> None:
    """The feed that a page names is taken before its list."""
    with Site() as site:
        head = "<link rel='alternate' type='application/rss+xml' href='/rss'>"
        own = summary_feed(site.url, 1).replace(b"/a/1.html", b"/news/2026/1.html")
        site.pages |= {"/news/": column(head), "/rss": Answer(own, FEED_TYPE), **news()}
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/news/")
        assert "names the feed" in done.stdout
        assert written(workplace)[0]["url"] == f"{site.url}/rss"


def test_a_feed_at_a_usual_place(workplace: Workplace) -> None:
    """A feed that nobody names is found where feeds usually are, if its articles are the page's."""
    with Site() as site:
        own = summary_feed(site.url, 1).replace(b"/a/1.html", b"/news/2026/1.html")
        site.pages |= {"/news/": column(), "/feed/": Answer(own, FEED_TYPE), **news()}
        workplace.configure("")
        workplace.run("add", f"{site.url}/news/")
        assert written(workplace)[0]["url"] == f"{site.url}/feed/"


def test_a_feed_of_something_else_is_left_alone(workplace: Workplace) -> None:
    """A feed at a usual place that shows nothing of the page is not the page's."""
    with Site() as site:
        site.pages |= {"/news/": column(), "/feed/": Answer(summary_feed(site.url, 1), FEED_TYPE), **news()}
        workplace.configure("")
        workplace.run("add", f"{site.url}/news/")
        assert written(workplace)[0]["kind"] == "listing"


def test_a_list_without_a_feed(workplace: Workplace) -> None:
    """The list is inferred, navigation and footer left aside; what is written polls whole articles."""
    with Site() as site:
        site.pages |= {"/news/": column(), **news()}
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/news/")
        assert all(title in done.stdout for title in TITLES)
        assert "Section 3" not in done.stdout
        assert "%" in done.stdout
        (table,) = written(workplace)
        assert table["kind"] == "listing"
        assert f"{len(TITLES)} new" in workplace.run("poll").stdout
    posts = [path.read_text("utf-8") for path in workplace.posts()]
    assert len(posts) == len(TITLES)
    assert all("Paragraph 6" in post for post in posts)
    assert workplace.posts()[0].name.startswith("2026-03-01")


def test_a_jpaas_column(workplace: Workplace) -> None:
    """The publishing system is recognised by its querydata, and its rows are read without a selector."""
    with Site() as site:
        site.pages.update(RECIPES[1](site.url))
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/zw/gz/")
        assert "jpaas" in done.stdout
        assert written(workplace)[0]["kind"] == "jpaas"
        assert "2 new" in workplace.run("poll").stdout


def test_wordpress_without_a_feed(workplace: Workplace) -> None:
    """WordPress is recognised by the link to its interface."""
    with Site() as site:
        site.pages.update(RECIPES[5](site.url))
        site.pages["/"] = column(f"<link rel='https://api.w.org/' href='{site.url}/wp-json/'>")
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/")
        assert "WordPress" in done.stdout
        assert written(workplace)[0]["preset"] == "wordpress"
        assert "2 new" in workplace.run("poll").stdout


def test_a_jcms_column(workplace: Workplace) -> None:
    """The rows that jcms keeps in a script are found and read, and so are those for which the script would ask."""

    def store(numbers: range, more: str = "") -> str:
        records = "".join(
            f"<record><![CDATA[<li><a href='/art/2026/3/{n + 1}/art_{n}.html'>{TITLES[n % 6]}, {n}</a><span>2026-03-{n + 1:02}</span></li>]]></record>"
            for n in numbers
        )
        group = f"<nextgroup><![CDATA[<a href='{more}'></a>]]></nextgroup>" if more else ""
        return f"<datastore>{group}<recordset>{records}</recordset></datastore>"

    proxy = "/module/web/jpage/dataproxy.jsp"
    with Site() as site:
        script = f"<script type='text/xml'>{store(range(6, 12), f'{proxy}?page=1&columnid=7')}</script>"
        site.pages["/col/"] = html("Notices", f"<div id='list'>{script}</div>")
        body = f'<?xml version="1.0" encoding="UTF-8"?>{store(range(6))}'.encode()
        site.pages[proxy] = Answer(body, headers={"Content-Type": "text/xml;charset=UTF-8"})
        site.pages |= {
            f"/art/2026/3/{n + 1}/art_{n}.html": article_page(LONG_TEXT.replace("ferry", f"ferry {n}"))
            for n in range(12)
        }
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/col/")
        assert "jcms" in done.stdout
        [table] = written(workplace)
        assert table["preset"] == "official"
        assert "6 new" in workplace.run("poll").stdout
        assert "2 pages, 6 new" in workplace.run("backfill", table["name"]).stdout


def test_a_column_of_trs(workplace: Workplace) -> None:
    """Its pages are turned as its script turns them, and its articles have the facts of official documents."""
    names = [f"{title}, part {part}" for part in "ab" for title in TITLES]
    with Site() as site:
        for page, titles in enumerate((names[:6], names[6:])):
            rows = "".join(
                f"<li><a href='./{page}{n}.html'>{title}</a><span>2026-03-{22 - 6 * page - n}</span></li>"
                for n, title in enumerate(titles)
            )
            script = f"<script>createPageHTML(2, {page}, 'index', 'html');</script>"
            name = f"index_{page}.html" if page else ""
            site.pages[f"/zwgk/{name}"] = html("Notices", f"<ul class=list>{rows}</ul>{script}")
            for n, title in enumerate(titles):
                table = f"<table><tr><td>文 号：</td><td>国发〔2026〕{page}{n}号</td></tr></table>"
                site.pages[f"/zwgk/{page}{n}.html"] = html(
                    title, f"<h1>{title}</h1>{table}<div>{LONG_TEXT.replace('ferry', title)}</div>"
                )
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/zwgk/")
        assert "the system trs" in done.stdout
        [table] = written(workplace)
        assert (table["preset"], table["kind"]) == ("official", "listing")
        assert "6 new" in workplace.run("poll").stdout
        assert "2 pages, 6 new" in workplace.run("backfill", table["name"]).stdout
        [found] = json.loads(workplace.run("search", "文号:[2026]第13号", "--json").stdout)
        assert (found["title"], found["fields"]) == (names[9], {"number": "国发〔2026〕13号"})


def test_a_site_of_gkmlpt(workplace: Workplace) -> None:
    """The script of its page tells where its list is; one that answers otherwise is not taken for it."""
    item = {
        "id": 1,
        "title": "关于码头计量的通知",
        "document_number": "粤府〔2026〕12号",
        "display_publish_time": 1772676000,
    }
    with Site() as site:
        site.pages["/gkmlpt/index"] = html(
            "政府信息公开", "<div id=app></div><script>var C = {SID: '755325'}</script>"
        )
        site.pages["/1.html"] = article_page(LONG_TEXT)
        site.pages["/gkmlpt/api/all/0"] = json.dumps(
            {"articles": [{**item, "url": f"{site.url}/1.html"}]}
        ).encode()
        workplace.configure("")
        assert "gkmlpt" in workplace.run("add", f"{site.url}/gkmlpt/index").stdout
        [table] = written(workplace)
        assert (table["preset"], table["url"].endswith("/gkmlpt/api/all/0?page={page}&sid=755325")) == (
            "gkmlpt",
            True,
        )
        assert "1 new" in workplace.run("poll").stdout
        site.pages["/gkmlpt/api/all/0"] = b'{"code": 500}'
        assert "list.entry 'articles' is not a list" in workplace.run("poll", expect=None).stdout
        workplace.config.with_name("sources.d").joinpath("x.toml")
        assert (
            workplace.run("add", f"{site.url}/gkmlpt/index", "--name", "other", expect=None).returncode != 0
        )


def test_a_news_sitemap(workplace: Workplace) -> None:
    """A news sitemap that robots.txt names is taken before the list."""
    with Site() as site:
        site.pages.update(RECIPES[4](site.url))
        site.pages["/robots.txt"] = f"User-agent: *\nSitemap: {site.url}/news-sitemap.xml\n".encode()
        site.pages["/"] = html("Front", "<p>Only a picture of the lighthouse.</p>")
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/")
        assert "sitemap" in done.stdout
        assert written(workplace)[0]["kind"] == "sitemap"


def test_a_dry_run_writes_nothing(workplace: Workplace) -> None:
    """--dry-run shows the table and the file it would go to."""
    with Site() as site:
        site.pages |= {"/news/": column(), **news()}
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/news/", "--dry-run")
    assert "[[source]]" in done.stdout
    assert not (workplace.config.parent / "sources.d").exists()


def test_kind_and_select_steer(workplace: Workplace) -> None:
    """--kind takes the list though there is a feed, --select the list that is meant."""
    with Site() as site:
        head = "<link rel='alternate' type='application/rss+xml' href='/rss'>"
        second = column(head).replace(
            b"<ul class='links'>",
            b"<ul class='opinion'>"
            + rows("An opinion of the ferryman", "A letter to the harbour", "On the price of rope").encode()
            + b"</ul><ul class='links'>",
        )
        site.pages |= {"/news/": second, "/rss": Answer(summary_feed(site.url, 1), FEED_TYPE), **news()}
        workplace.configure("")
        assert TITLES[0] in workplace.run("add", f"{site.url}/news/", "--kind", "listing", "--dry-run").stdout
        chosen = workplace.run("add", f"{site.url}/news/", "--select", "ul.opinion", "--dry-run").stdout
        assert "A letter to the harbour" in chosen
        assert TITLES[0] not in chosen


@pytest.mark.parametrize(
    ("path", "body", "media_type", "label"),
    [
        (
            "/1",
            b"<rss><channel><image><title>Logo</title></image><title>A &amp;amp; B</title>{}</channel></rss>",
            "",
            "A & B",
        ),
        (
            "/2",
            b'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">&lt;b>Quay&lt;/b> news</title>{}</feed>',
            "",
            "Quay news",
        ),
        (
            "/3",
            b'{"version": "https://jsonfeed.org/version/1.1", "title": " \xe6\xb8\xaf News", "items": [{"id": "1", "url": "/a", "title": "Title 1"}]}',
            "",
            "\u6e2f News",
        ),
        (
            "/4",
            html("Notices - Port office", f"<ul>{rows(*TITLES)}</ul>"),
            "text/html",
            "Notices - Port office",
        ),
    ],
)
def test_a_label_is_taken_from_the_title(
    workplace: Workplace, path: str, body: bytes, media_type: str, label: str
) -> None:
    """What a feed or a page calls itself is what people see of the source."""
    rss = b"<item><title>Title 1</title><link>http://127.0.0.1/a</link></item>"
    atom = b'<entry><id>a</id><title>Title 1</title><link href="http://127.0.0.1/a"/></entry>'
    with Site() as site:
        headers = {"Content-Type": media_type or "application/xml"}
        site.pages |= {path: Answer(body.replace(b"{}", rss if b"<rss" in body else atom), headers), **news()}
        workplace.configure("")
        workplace.run("add", f"{site.url}{path}")
        assert written(workplace)[0]["label"] == label
        assert label in workplace.run("sources").stdout


def test_the_users_own_words_stay(workplace: Workplace) -> None:
    """What the user wrote into sources.d stays to the byte, comments included; a second source goes behind it."""
    with Site() as site:
        site.pages |= {
            "/feed.xml": Answer(summary_feed(site.url, 1), FEED_TYPE),
            "/other.xml": Answer(summary_feed(site.url, 2), FEED_TYPE),
        }
        workplace.configure("")
        workplace.run("add", f"{site.url}/feed.xml", "--name", "one")
        (file,) = (workplace.config.parent / "sources.d").glob("*.toml")
        mine = "# my own words\r\n" + file.read_bytes().decode() + "\n   # and more   \n"
        file.write_bytes(mine.encode())
        workplace.run("add", f"{site.url}/other.xml", "--name", "two")
        assert file.read_bytes().decode().startswith(mine)
        assert [table["name"] for table in written(workplace)] == ["one", "two"]
        workplace.run("check")


def test_twice_is_refused(workplace: Workplace) -> None:
    """An address that is a source already is not added again; the source is named."""
    with Site() as site:
        site.pages |= {"/feed.xml": Answer(summary_feed(site.url, 1), FEED_TYPE)}
        workplace.configure("")
        workplace.run("add", f"{site.url}/feed.xml", "--name", "one")
        done = workplace.run("add", f"{site.url}/feed.xml", expect=2)
        assert '"one"' in done.stderr
    assert len(written(workplace)) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (html("About us", f"<article><h1>About us</h1>{LONG_TEXT}</article>"), "no source"),
        (b"", "no source"),
        (Answer(b"%PDF-1.7", {"Content-Type": "application/pdf"}), "file"),
        (Answer(b"nothing", status=404), "404"),
    ],
    ids=["article", "nothing", "pdf", "404"],
)
def test_nothing_to_follow(workplace: Workplace, answer: Content, said: str) -> None:
    """What is no source is told with what was seen, and nothing is written."""
    with Site({"/x": answer}) as site:
        workplace.configure("")
        done = workplace.run("add", f"{site.url}/x", expect=1)
    assert said in done.stderr
    assert not (workplace.config.parent / "sources.d").exists()


def test_preview_of_an_address(workplace: Workplace) -> None:
    """`preview ADDRESS` shows what `add` would, one article whole with the rule of each field, and writes nothing."""
    with Site() as site:
        site.pages |= {"/news/": column(), **news()}
        workplace.configure("")
        done = workplace.run("preview", f"{site.url}/news/", "--article", "2")
        assert "Paragraph 6" in done.stdout
        assert "2026-03-02" in done.stdout
        assert "00:00:00" not in done.stdout
        assert "list.title" in done.stdout or "link" in done.stdout
        said = json.loads(workplace.run("preview", f"{site.url}/news/", "--json").stdout)
        assert [entry["title"] for entry in said["entries"]] == list(TITLES)
        assert site.paths().count("/news/2026/1.html") == 2
    assert not (workplace.config.parent / "sources.d").exists()
    assert not (workplace.folder / "var").exists()


def test_an_opml_file_comes_and_goes(workplace: Workplace, tmp_path: Path) -> None:
    """Subscriptions come in with their folders as categories, and go out the same."""
    opml = tmp_path / "subscriptions.opml"
    outlines = "".join(
        f"<outline type='rss' text='Feed {n}' xmlUrl='http://feeds.example/{n}.xml'/>" for n in range(200)
    )
    opml.write_text(f"<opml version='2.0'><body><outline text='Ports'>{outlines}</outline></body></opml>")
    workplace.configure("")
    assert "200 sources would be" in workplace.run("import", str(opml), "--dry-run").stdout
    assert not (workplace.config.parent / "sources.d").exists()
    assert "200 sources" in workplace.run("import", str(opml)).stdout
    assert "200 sources" in workplace.run("check").stdout
    assert {table["category"] for table in written(workplace)} == {"Ports"}
    assert "0 sources" in workplace.run("import", str(opml)).stdout
    exported = workplace.run("export", "--format", "opml").stdout
    assert exported.count("xmlUrl") == 200
    assert 'text="Ports"' in exported


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("news",), 'begins with "http://"'),
        (("ftp://news.example/",), 'begins with "http://"'),
        (("http://127.0.0.1/", "--kind", "fed"), 'did you mean "feed"?'),
        (("http://127.0.0.1/", "--select", "div >"), "not a CSS selector"),
    ],
)
def test_a_wrong_call(workplace: Workplace, arguments: tuple[str, ...], said: str) -> None:
    """A call that cannot be right exits 2, says what is wrong, and asks nobody."""
    workplace.configure("")
    done = workplace.run("add", *arguments, expect=2)
    assert said in " ".join(done.stderr.replace("│", " ").split())

"""The whole article: pages of feeds that only give summaries, articles in parts, rows that lead to files."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback import Answer, Content, Received, Site
from tests.support.samples import (
    LONG_TEXT,
    article_page,
    bare_listing,
    published_articles,
    summary_feed,
    summary_source,
)
from tests.support.workplace import Workplace

pytestmark = pytest.mark.slow


def test_summaries_are_completed(workplace: Workplace) -> None:
    """A feed of summaries gives whole articles from its pages, without what surrounds them."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": article_page()}
        workplace.configure(summary_source(site))
        workplace.run("poll")
    content = published_articles(workplace)["Title 1"]["content_html"]
    assert "Paragraph 6" in content
    assert "All rights" not in content
    assert workplace.sources()["paper"]["owed"] == []


def test_never_asks_for_no_page(workplace: Workplace) -> None:
    """With full_text = "never" the feed's own words are the article."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": article_page()}
        workplace.configure(summary_source(site, full_text="never"))
        workplace.run("poll")
        assert site.paths() == ["/feed.xml"]
    assert "short word" in published_articles(workplace)["Title 1"]["content_html"]


def test_summary_stands_in_until_the_page_comes(workplace: Workplace) -> None:
    """Where the page fails the summary is published, its page owed, and no failure; then the text takes over."""
    with Site() as site:
        site.pages |= {
            "/feed.xml": summary_feed(site.url, 1, 2),
            "/a/1.html": Answer(b"down", status=500),
            "/a/2.html": article_page(),
        }
        workplace.configure(summary_source(site))
        workplace.run("poll")
        assert "short word on number 1" in published_articles(workplace)["Title 1"]["content_html"]
        (debt,) = workplace.sources()["paper"]["owed"]
        assert (debt["reason"], debt["key"]) == ("full-text", "i-1")
        site.pages["/a/1.html"] = article_page()
        assert "0 new, 1 changed" in workplace.run("poll", "paper").stdout
    assert "Paragraph 6" in published_articles(workplace)["Title 1"]["content_html"]
    assert workplace.sources()["paper"]["owed"] == []


def test_always_waits_for_the_page(workplace: Workplace) -> None:
    """With full_text = "always" nothing is published before the page can be read."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": Answer(b"down", status=404)}
        workplace.configure(summary_source(site, full_text="always"))
        workplace.run("poll", expect=1)
        assert workplace.posts() == []
        assert workplace.sources()["paper"]["owed"][0]["reason"] == "failed"


def test_parts_are_joined(workplace: Workplace) -> None:
    """An article over three pages is one, in order, without its pager, and without the next article."""

    def part(number: int, last: bool) -> bytes:
        pager = "".join(f"<a href='/a/1{'' if n == 1 else f'_{n}'}.html'>{n}</a> " for n in (1, 2, 3))
        forward = "" if last else f"<a href='/a/1_{number + 1}.html'>下一页</a>"
        text = LONG_TEXT.replace("Paragraph", f"Part {number} paragraph")
        return article_page(
            f"{text}<div class='pages'>{pager}{forward}</div><p>下一篇：<a href='/a/2.html'>Another</a></p>"
        )

    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>In three parts</a><span>2026-03-05</span></li></ul>",
            "/a/1.html": part(1, False),
            "/a/1_2.html": part(2, False),
            "/a/1_3.html": part(3, True),
            "/a/2.html": article_page("<p>another article</p>"),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        assert site.paths() == ["/list.html", "/a/1.html", "/a/1_2.html", "/a/1_3.html"]
    content = published_articles(workplace)["In three parts"]["content_html"]
    places = [content.index(f"Part {number} paragraph 6") for number in (1, 2, 3)]
    assert places == sorted(places)
    assert "下一页" not in content


def test_a_part_that_fails_holds_the_article_back(workplace: Workplace) -> None:
    """Half an article is none: it comes when every part can be had."""
    first = article_page(
        f"{LONG_TEXT}<div class='pages'><a href='/a/1.html'>1</a> <a href='/a/1_2.html'>2</a> <a href='/a/1_2.html'>下一页</a></div>"
    )
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>In two parts</a><span>2026-03-05</span></li></ul>",
            "/a/1.html": first,
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll", expect=1)
        assert workplace.posts() == []
        site.pages["/a/1_2.html"] = article_page(LONG_TEXT.replace("Paragraph", "Second"))
        workplace.run("poll", "gov")
    assert "Second 6" in published_articles(workplace)["In two parts"]["content_html"]


def test_a_row_that_leads_to_a_file(workplace: Workplace) -> None:
    """A row whose link is a PDF is an article with the file as its attachment, and no debt."""
    pdf = Answer(b"%PDF-1.7 " + bytes(200), {"Content-Type": "application/pdf"})
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/f/rules.pdf'>The rules</a><span>2026-03-05</span></li></ul>",
            "/f/rules.pdf": pdf,
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        (attachment,) = published_articles(workplace)["The rules"]["attachments"]
    assert attachment["url"].endswith("/f/rules.pdf")
    assert attachment["mime_type"] == "application/pdf"
    assert attachment["size_in_bytes"] == 209
    assert workplace.sources()["gov"]["owed"] == []


def test_one_article_under_two_addresses(workplace: Workplace) -> None:
    """A changed query makes no second article where the page names its own address, and is not asked for again."""
    head = "<link rel='canonical' href='/a/1.html'>"

    def rows(query: str) -> bytes:
        return f"<ul><li><a href='/a/1.html?from={query}'>One</a><span>2026-03-05</span></li></ul>".encode()

    with Site() as site:
        site.pages |= {"/list.html": rows("top"), "/a/1.html": article_page(head=head)}
        workplace.configure(bare_listing(site))
        assert "1 new" in workplace.run("poll").stdout
        site.pages["/list.html"] = rows("side")
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        asked = len(site.requests)
        site.pages["/list.html"] = rows("side") + b" "
        assert "0 new, 0 changed" in workplace.run("poll").stdout
        assert len(site.requests) == asked + 1
    assert published_articles(workplace)["One"]["external_url"].endswith("/a/1.html")


def test_one_canonical_link_on_every_page_joins_nothing(workplace: Workplace) -> None:
    """A site that names one address on all of its pages still gives an article for each."""
    head = "<link rel='canonical' href='/a/front.html'>"
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>One</a></li><li><a href='/a/2.html'>Two</a></li></ul>",
            "/a/1.html": article_page(head=head),
            "/a/2.html": article_page(LONG_TEXT.replace("ferry", "train"), head=head),
        }
        workplace.configure(bare_listing(site))
        assert "2 new" in workplace.run("poll").stdout
        assert "0 new" in workplace.run("poll").stdout


def test_an_edited_title_is_the_same_article(workplace: Workplace) -> None:
    """The address is the identity: an edited title is a change, not an article more."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html?utm_source=x'>One</a></li></ul>",
            "/a/1.html": article_page(),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        site.pages["/list.html"] = b"<ul><li><a href='/a/1.html?utm_source=y'>One, corrected</a></li></ul>"
        assert "0 new, 1 changed" in workplace.run("poll").stdout
    assert set(published_articles(workplace)) == {"One, corrected"}


def test_a_future_date_is_kept_but_marked(workplace: Workplace) -> None:
    """What is dated ahead of its time is filed under the time it was seen, and the page says what its source says."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>Ahead</a><span>2099-01-02</span></li></ul>",
            "/a/1.html": article_page(),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        (entry,) = json.loads(workplace.run("preview", "gov", "--json").stdout)["entries"]
    assert entry["future"].startswith("2099-01-01T16:00")
    assert not published_articles(workplace)["Ahead"]["date_published"].startswith("2099")
    (share,) = (workplace.folder / "public" / "share").glob("*.html")
    assert "2099-01-02" in share.read_text("utf-8")


def test_a_missing_date_stays_the_time_first_seen(workplace: Workplace) -> None:
    """An article without a date keeps the time it was first seen through an edit."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>Undated</a></li></ul>",
            "/a/1.html": article_page(),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        first = published_articles(workplace)["Undated"]["date_published"]
        site.pages["/a/1.html"] = article_page(LONG_TEXT + "<p>More was found.</p>")
        site.pages["/list.html"] = b"<ul><li><a href='/a/1.html'>Undated, edited</a></li></ul>"
        workplace.run("poll")
    assert published_articles(workplace)["Undated, edited"]["date_published"] == first


def test_a_list_date_with_the_time_of_the_page(workplace: Workplace) -> None:
    """The list has the day, the page the time of day."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>Timed</a><span>2026-03-05</span></li></ul>",
            "/a/1.html": article_page(LONG_TEXT + "<p class='when'>10:20</p>"),
        }
        workplace.configure(bare_listing(site) + '[source.article]\ndate = ".when"\n')
        workplace.run("poll")
    assert published_articles(workplace)["Timed"]["date_published"].startswith("2026-03-05T02:20")


def test_the_origin_in_the_text(workplace: Workplace) -> None:
    """（文章来源：…） names the article's origin."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>From elsewhere</a></li></ul>",
            "/a/1.html": article_page(LONG_TEXT + "<p>（文章来源：渔港晚报）</p>"),
        }
        workplace.configure(bare_listing(site))
        workplace.run("poll")
        (entry,) = json.loads(workplace.run("preview", "gov", "--json", "--article", "1").stdout)["entries"]
    assert entry["origin"] == "渔港晚报"


def test_rewriting(workplace: Workplace) -> None:
    """What the user removes goes, what is unwrapped stays, and patterns change text and titles."""
    body = (
        LONG_TEXT
        + "<p><a class='key' href='/q'>Quoted</a> word</p><p class='ad'>Buy</p><!-- X -->chart<!-- /X -->"
    )
    rules = """
[source.article]
body = "article"
remove = [".ad"]
unwrap = ["a.key"]
[[source.article.replace]]
pattern = "(?s)<!-- X -->.*?<!-- /X -->"
[[source.article.replace]]
field = "title"
pattern = "^\\\\[(\\\\w+)\\\\] "
with = "\\\\1: "
"""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>[News] Rewritten</a></li></ul>",
            "/a/1.html": article_page(body),
        }
        workplace.configure(bare_listing(site) + rules)
        workplace.run("poll")
    content = published_articles(workplace)["News: Rewritten"]["content_html"]
    assert "Quoted word" in content
    assert not any(gone in content for gone in ("Buy", "chart", "/q"))


def test_limit_takes_the_first_entries(workplace: Workplace) -> None:
    """With a limit only so many entries of the list count."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1, 2, 3)}
        workplace.configure(summary_source(site, full_text="never", limit=2))
        assert "2 new" in workplace.run("poll").stdout
    assert set(published_articles(workplace)) == {"Title 1", "Title 2"}


def test_a_debt_of_a_page_ends(workplace: Workplace) -> None:
    """A page that stays away while its summary stands is given up in the end; nothing is asked for ever."""
    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": Answer(b"gone", status=410)}
        workplace.configure(summary_source(site))
        for _ in range(9):
            workplace.run("poll", "paper")
        assert workplace.sources()["paper"]["owed"] == []
        asked = len(site.requests)
        workplace.run("poll", "paper")
        assert site.paths()[asked:] == ["/feed.xml"]
    assert "short word" in published_articles(workplace)["Title 1"]["content_html"]


def test_a_login_that_redirects_is_no_article(workplace: Workplace) -> None:
    """A page that leads to a login form is a gate: the summary stands, and nothing of the form is published."""
    form = article_page(
        "<form action='/login' method='post'><input name='user'><input type='password' name='p'></form>"
    )

    def away(_: Received) -> Content:
        return Answer(status=302, headers={"Location": "/login"})

    with Site() as site:
        site.pages |= {"/feed.xml": summary_feed(site.url, 1), "/a/1.html": away, "/login": form}
        workplace.configure(summary_source(site))
        workplace.run("poll")
        (debt,) = workplace.sources()["paper"]["owed"]
    assert debt["reason"] == "full-text"
    assert "short word" in published_articles(workplace)["Title 1"]["content_html"]


def test_a_cron_says_when_to_come(workplace: Workplace) -> None:
    """A source with a cron is due when it says, in the source's own time zone."""
    with Site() as site:
        site.pages["/feed.xml"] = summary_feed(site.url, 1)
        workplace.configure(
            summary_source(site, full_text="never", cron="30 8 1 1 *", timezone="Asia/Shanghai")
        )
        workplace.run("poll")
    assert workplace.sources()["paper"]["due"][4:].startswith("-01-01T00:30:00")

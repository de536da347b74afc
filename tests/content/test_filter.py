"""Keep and block rules: what they leave out is neither published nor owed, and not asked for again."""

from __future__ import annotations

import json

import pytest

from tests.support.loopback import Site
from tests.support.samples import LONG_TEXT, article_page, bare_listing, feed_source, published_articles
from tests.support.workplace import Workplace

ITEMS = (
    ("Recall of lamps", "Consumers", "Ada Quill", "Lamps of 2025 go back."),
    ("A quiet day", "Town", "Ben Ink", "Nothing at all."),
    ("Match report", "Sports", "Ben Ink", "He recalls the goal."),
)


def feed(url: str) -> bytes:
    """A feed of three items of three categories by two authors."""
    items = "".join(
        f"<item><guid>i-{n}</guid><title>{title}</title><link>{url}/{category.lower()}/{n}</link><category>{category}</category>"
        f"<dc:creator>{author}</dc:creator><description>{text}</description></item>"
        for n, (title, category, author, text) in enumerate(ITEMS)
    )
    head = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>t</title>"
    return f"{head}{items}</channel></rss>".encode()


RULES: dict[str, set[int]] = {
    'keep_any = "(?i)recall"': {0, 2},
    'keep_any = ["Lamps", "quiet"]': {0, 1},
    'block_any = "(?i)goal"': {0, 1},
    'keep = { title = "day" }': {1},
    'keep = { text = "(?i)nothing" }': {1},
    'keep = { category = ["^Town$", "^Sports$"] }': {1, 2},
    'keep = { author = "Ink", category = "Town" }': {1},
    'keep = { address = "/consumers/" }': {0},
    'block = { author = "Ink" }': {0},
    'block = { title = "day", category = "Sports" }': {0},
    'keep_any = "(?i)recall"\nblock = { category = "Sports" }': {0},
    'keep = "RECALL OR nothing"': {0, 1, 2},
    'keep = "title:recall OR category:town"': {0, 1},
    'keep = "recall -category:Sports"': {0},
    'block = "author:ink /goal\\\\.$/"': {0, 1},
    'block = "text:nothing OR tag:wire15"': set(),
    'keep = "source:wire16 author:(ada OR ben) -(quiet OR goal)"': {0},
    'keep = "@words.txt"': {0, 1},
    'block = { query = "-@words.txt after:2000-01-01", title = "lamps" }': {1},
    'keep = { query = "recall", author = "Ben" }': {2},
}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A source for each of the rules, all polled once."""
    workplace = Workplace(tmp_path_factory.mktemp("filtered"))
    with Site() as site:
        site.pages["/feed.xml"] = feed(site.url)
        workplace.config.parent.mkdir()
        (workplace.config.parent / "words.txt").write_text(
            "# Of interest\nＬａｍｐｓ\na quiet day\n", "utf-8"
        )
        workplace.configure(
            "".join(
                f'[[source]]\nname = "wire{number}"\nkind = "feed"\nurl = "{site.url}/feed.xml"\n'
                f'full_text = "never"\ncategory = "{{category}}"\ntag = "wire{number}"\n{rules}\n'
                for number, rules in enumerate(RULES)
            )
        )
        workplace.run("poll")
    return workplace


@pytest.mark.parametrize("rules", RULES)
def test_rules(filtered: Workplace, rules: str) -> None:
    """Each rule by each field: keep wants all it names, block any."""
    name = f"wire{list(RULES).index(rules)}"
    document = json.loads((filtered.folder / "public" / "feeds" / "feed.json").read_text("utf-8"))
    found = [item["title"] for item in document["items"] if name in item["tags"]]
    assert sorted(found) == sorted(ITEMS[number][0] for number in RULES[rules])
    state = filtered.sources()[name]
    assert (state["filtered"], state["owed"]) == (len(ITEMS) - len(found), [])


def test_what_is_left_out_is_not_asked_for(workplace: Workplace) -> None:
    """A page that the title rules out is never fetched, one that its text rules out only once."""
    with Site() as site:
        rows = b"<ul><li><a href='/a/1.html'>Sports</a></li><li><a href='/a/2.html'>Other</a></li><li><a href='/a/3.html'>Wanted</a></li></ul>"
        site.pages |= {
            "/list.html": rows,
            "/a/2.html": article_page(LONG_TEXT.replace("ferry", "football")),
            "/a/3.html": article_page(),
        }
        workplace.configure(bare_listing(site, 'block = { title = "Sports", text = "football" }'))
        workplace.run("poll")
        assert site.paths() == ["/list.html", "/a/2.html", "/a/3.html"]
        site.pages["/list.html"] = rows + b"<!-- changed -->"
        workplace.run("poll")
        assert site.paths()[3:] == ["/list.html"]
    assert set(published_articles(workplace)) == {"Wanted"}


def test_a_query_that_a_page_or_a_file_decides(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a title settles is not asked for; what stands in a file counts, and may undo a block."""
    monkeypatch.setenv("COLUMNS", "200")
    with Site() as site:
        titles = {1: "Sports recall", 2: "Sports", 3: "Recall", 4: "Other", 5: "Old recall"}
        rows = "".join(f"<li><a href='/a/{n}.html'>{title}</a></li>" for n, title in titles.items())
        site.pages |= {"/list.html": f"<ul>{rows}</ul>".encode()}
        site.pages |= {
            f"/a/{n}.html": article_page(f"{LONG_TEXT} See <a href='/f/{n}.txt'>it</a>") for n in titles
        }
        site.pages |= {f"/f/{n}.txt": b"of a recall of lamps" for n in (3, 4)}
        rules = 'keep = "recall -title:sports"\nblock = "title:old OR (other -lamps)"'
        workplace.configure(bare_listing(site, rules))
        workplace.run("poll")
        asked = [path for path in site.paths() if path.startswith(("/a/", "/f/"))]
        assert asked == ["/a/3.html", "/f/3.txt", "/a/4.html", "/f/4.txt"]
        said = workplace.run("preview", "gov", "--filters").stdout
    assert set(published_articles(workplace)) == {"Recall", "Other"}
    assert "block 'title:old OR (other -lamps)' matches" in said


def test_facts_decide(workplace: Workplace) -> None:
    """What a page names, by its name or its title, keeps an article; a name that is nearly one is asked back."""
    with Site() as site:
        rows = "".join(f"<li><a href='/a/{n}.html'>Row {n}</a></li>" for n in (1, 2, 3))
        site.pages |= {"/list.html": f"<ul>{rows}</ul>".encode()}
        for n, agency in ((1, "市场监管总局"), (2, "海关总署"), (3, "海关")):
            site.pages[f"/a/{n}.html"] = article_page(f"{LONG_TEXT}<p>发文机关：{agency}</p>")
        fields = '[source.fields.agency]\ntitle = "机关"\nlabel = "发文机关"\n'
        workplace.configure(bare_listing(site, f'keep = "agency:市场 OR 机关:总署"\n{fields}'))
        workplace.run("poll")
        assert set(published_articles(workplace)) == {"Row 1", "Row 2"}
        workplace.configure(bare_listing(site, f'keep = "agencys:市场"\n{fields}'))
        said = workplace.run("check", expect=2).stderr
    assert 'source "gov" keep: has no field "agencys" (character 1); did you mean "agency"?' in said


def test_a_changed_rule_counts_at_once(workplace: Workplace) -> None:
    """What a rule left out comes when the rule goes."""
    with Site() as site:
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/1.html'>One</a></li></ul>",
            "/a/1.html": article_page(),
        }
        workplace.configure(bare_listing(site, 'block_any = "ferry"'))
        workplace.run("poll")
        assert workplace.posts() == []
        workplace.configure(bare_listing(site))
        workplace.run("poll")
    assert set(published_articles(workplace)) == {"One"}
    assert workplace.sources()["gov"]["filtered"] == 0


def test_rules_that_were_added_later(workplace: Workplace) -> None:
    """What they leave out and is published already is counted apart, and a preview shows both."""
    with Site() as site:
        site.pages["/feed.xml"] = feed(site.url)
        workplace.configure(feed_source(site))
        workplace.run("poll")
        workplace.configure(
            feed_source(site) + 'block = { category = "Sports" }\nkeep = { text = "(?i)recall|lamps" }\n'
        )
        seen = json.loads(workplace.run("preview", "paper", "--filters", "--json").stdout)["entries"]
        assert [(one["left_out_by"], one["published_before"]) for one in seen] == [
            ("", True),
            ("keep.text does not match", True),
            ("block.category 'Sports' matches", True),
        ]
        shown = workplace.run("preview", "paper", "--filters").stdout
        assert "leave: 2, take: 1" in shown
        assert "2 of what they leave are published" in shown
        assert "2 left out by its rules (2 published before)" in workplace.run("poll").stdout
        state = workplace.sources()["paper"]
        assert (state["filtered"], state["filtered_published"]) == (2, 2)
        assert "paper: 2 of what its rules leave out came before them" in workplace.run("sources").stdout
        site.pages["/feed.xml"] = feed(site.url).replace(b"i-2", b"i-9").replace(b"/2</link>", b"/9</link>")
        assert "1 left out by its rules\n" in workplace.run("poll").stdout
        state = workplace.sources()["paper"]
        assert (state["filtered"], state["filtered_published"]) == (2, 1)


def test_rules_that_only_a_page_decides(workplace: Workplace) -> None:
    """Of the pages that a preview does not fetch it says so; what the title rules out needs no page."""
    with Site() as site:
        rows = "".join(f"<li><a href='/a/{n}.html'>Row {n}</a></li>" for n in range(7))
        site.pages |= {"/list.html": f"<ul>{rows}<li><a href='/a/9.html'>Sports</a></li></ul>".encode()}
        site.pages |= {f"/a/{n}.html": article_page() for n in range(10)}
        workplace.configure(bare_listing(site, 'block = { title = "Sports", text = "football" }'))
        shown = workplace.run("preview", "gov", "--filters").stdout
    assert "its page decides: 2, leave: 1, take: 5" in shown
    assert "/a/9.html" not in site.paths()


def test_a_row_that_is_gone_is_forgotten(workplace: Workplace) -> None:
    """What was left out is counted as long as its list shows it."""
    with Site() as site:
        site.pages |= {"/list.html": b"<ul><li><a href='/a/1.html'>Sports</a></li></ul>"}
        workplace.configure(bare_listing(site, 'block = { title = "Sports" }'))
        workplace.run("poll")
        assert workplace.sources()["gov"]["filtered"] == 1
        site.pages |= {
            "/list.html": b"<ul><li><a href='/a/2.html'>Town</a></li></ul>",
            "/a/2.html": article_page(),
        }
        workplace.run("poll")
    assert workplace.sources()["gov"]["filtered"] == 0


@pytest.mark.parametrize(
    "rules",
    [
        '[source.block]\ntext = "^(a|aa)+$"',
        pytest.param('[source.keep]\ntitle = "^(a|aa)+$"', marks=pytest.mark.slow),
        '[[source.article.replace]]\nfield = "title"\npattern = "^(a|aa)+$"\nwith = "b"',
    ],
)
def test_a_pattern_that_never_ends_costs_one_entry(workplace: Workplace, rules: str) -> None:
    """It is ended after a second, is said with the pattern, and the other entries come in."""
    slow = "a" * 60 + "!"
    items = (
        f"<item><guid>urn:{n}</guid><title>{slow if n == 1 else 'a'}</title><link>http://x.example/{n}</link>"
        f"<description>{slow if n == 1 else 'a'}</description></item>"
        for n in range(3)
    )
    with Site(
        {"/feed.xml": f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()}
    ) as site:
        workplace.configure(feed_source(site) + rules + "\n")
        workplace.run("poll", expect=None)
        [debt] = workplace.sources()["paper"]["owed"]
        assert (debt["key"], debt["reason"]) == ("urn:1", "failed")
        assert "the pattern '^(a|aa)+$' takes more than 1 s" in debt["message"]

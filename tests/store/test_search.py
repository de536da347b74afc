"""Searching: the same query means the same in the index, in PostgreSQL, and for a feed that is named."""

from __future__ import annotations

import html
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from aggregator.errors import StoreError
from aggregator.model import (
    Attachment,
    Field,
    FileText,
    KeptArticle,
    Label,
    PollResult,
    Seen,
    Shown,
    Standing,
)
from aggregator.store import PublicPart, Search, Store
from aggregator.store.schema import articles, texts
from aggregator.text.query import MAX_CONFIGURED, Searchable, parse_query
from aggregator.text.slugs import slugify
from tests.support.database import NOW, an_article, an_outcome

TEXTS = {
    "first-key": ("关于召回部分汽车的公告", "<p>召回<b>汽</b>车一万辆，原因是刹车。</p>"),
    "second-key": ("Harbour closed", "<p>The northern basin stays closed; 100% of ships wait_here.</p>"),
    "third-key": ("车", '<p>ＡＢＣ ｄef "quoted" text</p><ul><li>one</li><li>two</li></ul>'),
    "fourth-key": ("Nothing of it", "<p>召 回</p><p>汽车</p>"),
}


def fill(store: Store) -> None:
    """Save the texts, each an hour after the one before."""
    for hour, (key, (title, content)) in enumerate(TEXTS.items()):
        published = NOW + timedelta(hours=hour)
        labels = (Label("甲" if hour % 2 else "乙"),)
        author = "王 Wang\n李明" if key == "third-key" else ""
        files = (Attachment("https://a.example/PLAN%20b.pdf"),) if key == "second-key" else ()
        more = {"author": author, "attachments": files}
        article = an_article(key, title=title, content=content, published=published, labels=labels, **more)
        store.save(an_outcome(new=(article,)), NOW)


def found(store: Store, query: str, **filters: object) -> list[str]:
    """Ids of what a query finds."""
    return [kept.id for kept in store.search(Search(parse_query(query), **filters))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("召回", ["first-key"]),
        ("车", ["fourth-key", "third-key", "first-key"]),
        ("汽车", ["fourth-key", "first-key"]),
        ("召回部分汽车", ["first-key"]),
        ("汽车 -召回", ["fourth-key"]),
        ("HARBOUR", ["second-key"]),
        ("arbou", ["second-key"]),
        ("abc DEF", ["third-key"]),
        ('"northern basin"', ["second-key"]),
        ('"basin northern"', []),
        ("northern harbour", ["second-key"]),
        ("100%", ["second-key"]),
        ("t_h", ["second-key"]),
        ("%", ["second-key"]),
        ("one two", ["third-key"]),
        ("onetwo", []),
        ("汽车 －召回", ["fourth-key"]),
        ("“northern basin”", ["second-key"]),
        ("“basin northern”", []),
        ("title:harbour", ["second-key"]),
        ("text:harbour", []),
        ("closed OR nothing", ["fourth-key", "second-key"]),
        ("OR", ["second-key"]),
        ("(召回 OR harbour) -title:closed", ["first-key"]),
        ("车 -(召回 text:刹车)", ["fourth-key", "third-key"]),
        ("category:甲", ["fourth-key", "second-key"]),
        ("分类：乙 车", ["third-key", "first-key"]),
        ("-category:甲 车", ["third-key", "first-key"]),
        ("source:ONE harbour", ["second-key"]),
        ("source:on", []),
        ("tag:甲 closed", ["second-key"]),
        ("author:wang", ["third-key"]),
        ("作者:明", ["third-key"]),
        ("车 -author:明", ["fourth-key", "first-key"]),
        ("file:plan", ["second-key"]),
        ("/h.r?bour/", ["second-key"]),
        ("title:/^车$/", ["third-key"]),
        ("(/刹车|northern/ OR author:明) -harbour", ["third-key", "first-key"]),
        ("after:2026-03-05", ["fourth-key", "third-key", "second-key", "first-key"]),
        ("before:2026-03-05 OR 刹车", ["first-key"]),
        ("changed:yes", []),
        ("-changed:yes 刹车", ["first-key"]),
        ("-withdrawn:2026-01-01 刹车", ["first-key"]),
        ("NEAR(a b)", []),
    ],
)
def test_what_a_query_finds(store: Store, query: str, ids: list[str]) -> None:
    """Terms are parts of title or text, whatever their case, width or length; in memory it means the same."""
    fill(store)
    assert found(store, query) == ids
    kept = store.find_all(list(reversed(TEXTS)))
    held, meant = store.searched(kept), parse_query(query)
    assert [one.id for one in kept if meant.matches(held[one.id])] == ids
    assert store.count_found(Search(meant), 100) == len(ids)
    if ids:
        assert found(store, query, limit=1, offset=len(ids) - 1) == ids[-1:]


@pytest.mark.parametrize("mode", ["link", "summary"])
def test_the_public_part(store: Store, mode: Shown) -> None:
    """What is not published of a text is not looked at, in what is wanted or in what is not."""
    fill(store)

    def shown(kept: KeptArticle) -> KeptArticle:
        content = "" if mode == "link" else kept.article.content.partition("</p>")[0]
        return replace(kept, article=replace(kept.article, content=content, attachments=()))

    public = PublicPart({"one": mode}, shown)
    known = {"link": [], "summary": ["third-key"]}[mode]
    assert found(store, "abc", public=public) == known
    assert found(store, "text:two", public=public) == []
    assert found(store, "车 -two", public=public) == ["third-key", "first-key"]
    assert found(store, "file:plan", public=public) == []
    assert found(store, "two", public=PublicPart({"another": mode}, shown)) == ["third-key"]
    count = store.count_found(Search(parse_query("closed -harbour"), public=public), 10)
    assert count == len(found(store, "closed -harbour", public=public))


def test_a_list_of_a_thousand_words(store: Store) -> None:
    """A list of words in the configuration may be long, wanted or not."""
    fill(store)
    listed = " OR ".join([*(f"word{number}" for number in range(1000)), "harbour", "汽车"])
    for query, ids in (
        (listed, ["fourth-key", "second-key", "first-key"]),
        (f"-({listed}) abc", ["third-key"]),
    ):
        wanted = Search(parse_query(query, longest=MAX_CONFIGURED))
        assert [kept.id for kept in store.search(wanted)] == ids


def test_filters_and_order(store: Store) -> None:
    """By category, by time, page by page, newest or best first."""
    fill(store)
    assert found(store, "车", category=slugify("甲")) == ["fourth-key"]
    assert found(store, "车", category="nothing") == []
    assert found(store, "车", since=NOW + timedelta(hours=2)) == ["fourth-key", "third-key"]
    assert found(store, "车", until=NOW + timedelta(hours=2)) == ["first-key"]
    assert found(store, "车", limit=1, offset=1) == ["third-key"]
    assert found(store, "车", order="best") == ["third-key", "first-key", "fourth-key"]
    assert found(store, "召回部", order="best") == ["first-key"]


def test_the_index_follows_changes(store: Store) -> None:
    """What an article says no more is not found, what it says now is; what is removed is not found."""
    fill(store)
    article = store.find_all(["second-key"])[0].article
    store.save(an_outcome(changed=(replace(article, content="<p>reopened</p>"),)), NOW)
    assert found(store, "northern basin") == []
    assert found(store, "reopened") == ["second-key"]
    store.remove("second-key", "", NOW)
    assert found(store, "reopened") == found(store, "harbour") == []


def test_the_index_has_the_last_of_what_one_commit_brings(store: Store) -> None:
    """An article that comes, and is changed by another poll of the same commit, is found by its new words."""
    new = an_article("first-key", content="<p>the harbour is closed</p>")
    other = an_article("second-key", content="<p>the quay is closed</p>")
    changed = replace(new, content="<p>the harbour has reopened</p>")
    polls = [an_outcome(new=(new, other)), an_outcome("two", changed=(changed,))]
    store.save_results([PollResult(one, NOW) for one in polls], None)
    assert found(store, "reopened") == ["first-key"]
    assert found(store, "closed") == ["second-key"]


def test_the_index_is_whole(tmp_path: Path) -> None:
    """SQLite's own check of the index against the table finds nothing."""
    path = tmp_path / "test.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.sync_sources(["one"], NOW)
        fill(store)
        article = store.find_all(["second-key"])[0].article
        store.save(an_outcome(changed=(replace(article, content="<p>reopened</p>"),)), NOW)
        store.remove("third-key", "", NOW)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO texts_index(texts_index, rank) VALUES ('integrity-check', 1)")
    connection.close()


WORDS = st.text(alphabet="ab车召%_\"' -*", max_size=6)
NAMES = ["title", "text", "author", "file", "agency", "发文机关", "标题", "附件", "作者"]
ATOMS = st.one_of(
    st.text("abＡ车召", min_size=1, max_size=4),
    st.builds('"{}"'.format, st.text("ab 车%_'", min_size=1, max_size=5)),
    st.builds("{}:{}".format, st.sampled_from(NAMES), st.text("abＢ车", min_size=1, max_size=3)),
    st.builds('{}:"{}"'.format, st.sampled_from(NAMES), st.text("ab 车%_", min_size=1, max_size=4)),
    st.builds(
        "{}/{}/".format,
        st.sampled_from(["", "title:", "file:"]),
        st.sampled_from(["a.b", "^a", "车$", "[ab]{3}"]),
    ),
    st.builds(
        "{}:({} OR {})".format,
        st.sampled_from(["title", "author", "tag"]),
        *[st.text("ab车", min_size=1)] * 2,
    ),
    st.builds(
        "{}:{}".format,
        st.sampled_from(["changed", "withdrawn"]),
        st.sampled_from(["yes", "2026-03-05", "2026-03-06"]),
    ),
    st.sampled_from(
        [
            "category:甲",
            "tag:乙",
            "标签：甲",
            "source:one",
            "after:2026-03-05",
            "before:2026-03-05",
            "agency:〔2026〕1号",
        ]
    ),
)
QUERIES = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.builds("({} OR {})".format, part, part),
        st.builds("({} {})".format, part, part),
        st.builds("-{}".format, part),
    ),
    max_leaves=5,
)


SAID = st.tuples(
    WORDS, WORDS, st.sets(st.sampled_from(["author", "file", "fact", "changed", "withdrawn", "甲"]))
)


def saved(store: Store, said: Sequence[tuple[str, str, set[str]]]) -> list[KeptArticle]:
    """Save articles with titles, texts, and what else is named of them; some are changed or withdrawn then."""
    keys = [f"number-{secrets.token_hex(8)}" for _ in said]
    made = [
        an_article(
            key,
            title=title or "x",
            content=f"<p>{html.escape(text)}</p>",
            author="Ａb车\nB" if "author" in what else "",
            attachments=(Attachment("https://a.example/ab%20车.pdf", text=key),) if "file" in what else (),
            fields=(Field("agency", "车 ab〔2026〕 1 号", label="发文机关"),) if "fact" in what else (),
            labels=(Label("甲" if "甲" in what else "乙"),),
        )
        for key, (title, text, what) in zip(keys, said, strict=True)
    ]
    files = {key: FileText(key, f"<p>召 {key[-1]} ba</p>") for key in keys}
    store.save(an_outcome(new=tuple(made), files=files), NOW)
    changed = [one for one, (_, _, what) in zip(made, said, strict=True) if "changed" in what]
    again = tuple(replace(one, content=f"{one.content}<p>aaa</p>") for one in changed)
    store.save(an_outcome(changed=again, files=files), NOW)
    gone = [key for key, (_, _, what) in zip(keys, said, strict=True) if "withdrawn" in what]
    with store._read() as connection:
        numbers = connection.scalars(select(articles.c.number).where(articles.c.id.in_(gone)))
        standings = [Standing(number, NOW, NOW) for number in numbers]
    store.save(an_outcome(seen=Seen(standings=standings)), NOW)
    return store.find_all(keys)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(WORDS, QUERIES), min_size=1, max_size=3), st.lists(SAID, min_size=1, max_size=4))
def test_the_index_finds_what_matches(
    store: Store, words: list[str], said: list[tuple[str, str, set[str]]]
) -> None:
    """Whatever is asked of whatever texts, a database finds exactly what the query means in memory.

    What is known of an article before it is made never says otherwise.
    """
    try:
        query = parse_query(" ".join(words))
    except ValueError:
        return
    kept = saved(store, said)
    held = store.searched(kept)
    expected = {one.id for one in kept if query.matches(held[one.id])}
    for order in ("newest", "best"):  # the second one goes by the index whatever is near
        found = store.search(Search(query, order=order, limit=10_000))  # type: ignore[arg-type]
        assert {one.id for one in found} & {one.id for one in kept} == expected
    for one in kept:
        known = frozenset({"title", "category", "tag", "source"})
        early = Searchable(held[one.id].title, values=held[one.id].values, known=known)
        assert not (query.matches(early) and one.id not in expected)
        assert not (query.excludes(early) and one.id in expected)


def test_names_of_older_articles_are_asked_of_them(store: Store) -> None:
    """What was held before names were noted is found by its author all the same."""
    fill(store)
    with store._write() as connection:
        connection.execute(update(texts).values(names=None))
    assert found(store, "author:明") == ["third-key"]


def test_a_slow_pattern_is_the_query_s_fault(store: Store) -> None:
    """A pattern that takes too long on some text ends the search and says so."""
    store.save(an_outcome(new=(an_article("slow", title="a" * 60 + "!", content=""),)), NOW)
    with pytest.raises(StoreError, match="takes more than"):
        found(store, "/^(a|aa)+$/")

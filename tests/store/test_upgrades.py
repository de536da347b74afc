"""Every form that the database ever had is brought to this one with all that it held, and the program goes on with it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator.model import Owed
from aggregator.store.schema import REVISION
from tests.support.clock import a_calendar
from tests.support.database import NOW, an_article
from tests.support.loopback import Site
from tests.support.releases import connect, release, revisions
from tests.support.samples import feed, item

LATER = NOW + timedelta(hours=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:Did not recognize type")
@pytest.mark.parametrize("revision", revisions())
def test_what_it_held_is_there(database_url: str, tmp_path: Path, revision: str) -> None:
    """Article, earlier state, debt and validators; then it is polled and published, and every file is as the store says."""
    release(database_url, revision)
    with (
        Site({"/feed.xml": feed(item(1), item(2))}) as site,
        a_calendar(
            tmp_path, f"{site.url}/feed.xml", name="one", namespace="shared", database=database_url
        ) as calendar,
    ):
        store = calendar.app.store
        kept = store.find("first-key")
        assert kept is not None
        assert (kept.article, kept.version, kept.first_seen) == (an_article("first-key"), 2, NOW)
        assert [filing.tag for filing in kept.filings] == ["国务院"]
        [earlier] = store.revisions("first-key")
        assert earlier.article.title == "旧"
        assert store.state("one").etag == "e"
        [overview] = store.overview()
        assert (overview.articles, overview.owed) == (1, (Owed("owed-key", "failed", "503", NOW, 2),))
        assert store.find_faults() == []
        outcome = calendar.visit(LATER)
        assert sorted(one.title for one in outcome.new) == ["Title 1", "Title 2"]
        calendar.app.publisher.publish()
        assert calendar.app.publisher.check() == []
        assert store.find_faults() == []
        assert store.article_count() == 3
    shown = (tmp_path / "public/share/first-key.html").read_text("utf-8")
    assert "标题 first-key" in shown
    assert "正文" in shown
    with connect(database_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISION

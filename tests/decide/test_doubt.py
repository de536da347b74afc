"""Quiet decay: a site that goes on answering, but no more with what it always said."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.decide.baseline import learn
from aggregator.decide.doubt import doubt_articles, doubt_list, doubt_silence, doubt_texts
from aggregator.decide.visit import Visit
from aggregator.model import Article, Attachment, Baseline, Entry, PollState
from aggregator.settings import Source
from tests.support.clock import START, Calendar, a_calendar
from tests.support.loopback import Site
from tests.support.sampling import sampled
from tests.support.workplace import Workplace

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = (
    "harbour ferry council bridge market tariff river warehouse crane permit tender inspector notice vessel"
    " storm cargo quay lighthouse pilot customs budget school tram museum orchard library festival hearing"
).split()
COOKIES = (
    "We use cookies. By clicking Accept all you consent to the storing of cookies on your device."
    " Read our privacy policy or change your privacy settings at any time."
)
LISTING = {
    "kind": "listing",
    "list": {"entry": "ul.news li", "link": "a", "date": "span"},
    "article": {"body": "main"},
}


def story(number: int) -> str:
    """A text of its own for each number."""
    chance = random.Random(number)  # noqa: S311
    sentences = (" ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(12))
    return " ".join(f"{sentence}." for sentence in sentences)


def headline(number: int) -> str:
    """A title of its own for each number."""
    return " ".join(random.Random(-number).choices(WORDS, k=5)).title()  # noqa: S311


class Paper:
    """A site as it was before its redesign: a list of ten rows with dates, a page for each."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.title: Callable[[int], str] = headline
        self.text: Callable[[int], str] = story
        self.date: Callable[[int], str] = lambda number: f"{START + number * DAY:%Y-%m-%d}"
        self.row = "li"

    def publish(self, last: int) -> None:
        """Show ten articles, ``last`` the newest."""
        rows = "".join(
            f"<{self.row}><a href='/{number}.html'>{self.title(number)}</a>"
            f"<span>{self.date(number)}</span></{self.row}>"
            for number in range(last, last - 10, -1)
        )
        self.site.pages["/list.html"] = f"<html><body><ul class='news'>{rows}</ul></body></html>".encode()
        for number in range(last - 9, last + 1):
            page = f"<html><body><h1>{self.title(number)}</h1><main><p>{self.text(number)}</p></main></body></html>"
            self.site.pages[f"/{number}.html"] = page.encode()

    def live(self, calendar: Calendar, days: range) -> None:
        """A visit a day, an article a day; nothing of it is doubtful."""
        for day in days:
            self.publish(day)
            outcome = calendar.visit(START + day * DAY + 9 * HOUR)
            assert outcome.state.status == "ok", outcome.state.error


def everything_empty(paper: Paper) -> None:
    """The list is built by a script now."""
    paper.row = "div"


def titles_alike(paper: Paper) -> None:
    """The selector finds the button of each card."""
    paper.title = lambda number: "Read more"


def texts_of_cookies(paper: Paper) -> None:
    """A banner stands where the text stood."""
    paper.text = lambda number: COOKIES


def texts_that_repeat(paper: Paper) -> None:
    """The container of the text is that of the site's own portrait."""
    paper.text = lambda number: story(0) + f" Page {number}."


def no_dates(paper: Paper) -> None:
    """The date is drawn by a script."""
    paper.date = lambda number: ""


def one_date(paper: Paper) -> None:
    """The date found is that of the page, not of the article."""
    paper.date = lambda number: "2026-03-20"


@pytest.mark.parametrize(
    ("redesign", "says", "new"),
    [
        (everything_empty, "its list is empty; it never had fewer than 10 entries", 3),
        (titles_alike, 'the titles of its 10 entries are alike ("Read more")', 3),
        (texts_of_cookies, "looks like a notice", 1),
        (texts_that_repeat, "repeat what stood in others", 3),
        (no_dates, "none of its 10 entries has a date", 3),
        (one_date, "its 10 entries all have one date", 3),
    ],
)
def test_a_redesign_is_noticed(
    tmp_path: Path, redesign: Callable[[Paper], None], says: str, new: int
) -> None:
    """Nothing of it is published, the owner is told; undone, the source recovers and has lost nothing."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as calendar:
        paper = Paper(site)
        paper.live(calendar, range(10, 19))
        held = calendar.app.store.article_count()
        before = dict(vars(paper))
        redesign(paper)
        last = 18 + new
        paper.publish(last)
        for visit in range(2):
            outcome = calendar.visit(START + (last + visit) * DAY)
            assert outcome.state.status == "suspect"
            assert says in outcome.state.error
            assert "aggregator accept paper" in outcome.state.error
            assert not outcome.new
            assert not outcome.changed
        assert calendar.state.failures == 2
        assert calendar.app.store.article_count() == held
        vars(paper).update(before)
        paper.publish(last)
        outcome = calendar.visit(START + (last + 2) * DAY)
        assert (outcome.state.status, outcome.state.failures, outcome.state.error) == ("ok", 0, "")
        assert len(outcome.new) == new


def test_what_is_held_is_not_overwritten(tmp_path: Path) -> None:
    """A redesign that makes known articles look changed publishes no notice over their texts."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as calendar:
        paper = Paper(site)
        paper.live(calendar, range(10, 19))
        texts_of_cookies(paper)
        paper.title = lambda number: f"{headline(number)} - The Paper"
        paper.publish(18)
        outcome = calendar.visit(START + 20 * DAY)
        assert (outcome.state.status, outcome.new, outcome.changed) == ("suspect", (), ())
        assert "look like a notice" in outcome.state.error
        assert all("cookies" not in kept.article.content for kept in calendar.app.store.every())


def test_another_configuration_is_not_judged_by_the_old_one(tmp_path: Path) -> None:
    """A selector of the user's that finds nothing is said to find nothing; it is no decay of the site's."""
    with Site() as site:
        with a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as calendar:
            Paper(site).live(calendar, range(10, 19))
        other = LISTING | {"list": {"entry": "div.none", "link": "a"}}
        with a_calendar(tmp_path, f"{site.url}/list.html", **other) as calendar:
            assert calendar.visit(START + 30 * DAY).state.status == "empty"


def test_what_is_accepted_is_usual_from_then_on(tmp_path: Path) -> None:
    """After `accept` the next visit takes everything, and the visits after that find nothing odd in it."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as calendar:
        paper = Paper(site)
        paper.live(calendar, range(10, 19))
        no_dates(paper)
        paper.publish(21)
        assert calendar.visit(START + 21 * DAY).state.status == "suspect"
        calendar.accept(START + 22 * DAY)
        assert calendar.state.due == START + 22 * DAY
        assert len(calendar.visit(START + 22 * DAY).new) == 3
        paper.live(calendar, range(23, 30))


@pytest.mark.slow
def test_the_command(workplace: Workplace) -> None:
    """`accept` says what it did; of a source that is not suspect it changes nothing."""
    with Site() as site:
        table = f'[[source]]\nname = "paper"\nkind = "listing"\nurl = "{site.url}/list.html"\n'
        table += '[source.list]\nentry = "ul.news li"\nlink = "a"\ndate = "span"\n[source.article]\nbody = "main"\n'
        workplace.configure(table)
        paper = Paper(site)
        for day in range(10, 16):
            paper.publish(day)
            workplace.run("poll")
        assert "is not suspect, but ok" in workplace.run("accept", "paper").stdout
        titles_alike(paper)
        paper.publish(18)
        said = workplace.run("poll", expect=1).stdout
        assert 'suspect: the titles of its 10 entries are alike ("Read more")' in said
        assert workplace.sources()["paper"]["status"] == "suspect"
        posts = len(workplace.posts())
        assert "accepted" in workplace.run("accept", "paper").stdout
        # The rows that are known got other titles: they are changed now, too.
        assert "3 new" in workplace.run("poll").stdout
        assert len(workplace.posts()) == posts + 3


@pytest.mark.slow
def test_silence_is_noticed_and_ends(tmp_path: Path) -> None:
    """Much longer than ever without news, though every answer is fine; the first new article ends it."""
    with Site() as site, a_calendar(tmp_path, f"{site.url}/list.html", **LISTING) as calendar:
        paper = Paper(site)
        paper.live(calendar, range(10, 110))
        quiet = START + 109 * DAY
        states = {day: calendar.visit(quiet + day * DAY + 10 * HOUR).state for day in range(1, 6)}
        assert [day for day, state in states.items() if state.status == "suspect"] == [3, 4, 5]
        assert "nothing new since" in states[5].error
        assert "its longest pause was a day" in states[5].error
        assert states[5].failures == 0
        paper.publish(115)
        outcome = calendar.visit(START + 115 * DAY)
        assert (outcome.state.status, len(outcome.new)) == ("ok", 6)


def a_visit(now: datetime) -> Visit:
    """A visit that knows none of what is listed."""
    source = Source(name="paper", kind="feed", url="http://p.example/")
    return Visit(source, PollState("paper", now), {}, {}, now)


def entry_of(article: Article) -> Entry:
    """The row that shows an article."""
    return Entry(article.key, article.title, article.address, f"{article.published:%Y-%m-%d %H:%M}")


def year_of(seed: int, hours: range, weekdays: range, a_day: float, holidays: int) -> list[Article]:
    """A year of a site: so many articles a day at those hours of those weekdays, with holidays in it."""
    chance = random.Random(seed)  # noqa: S311
    away = {day + free for day in chance.sample(range(60, 340, 30), 3) for free in range(holidays)}
    found = []
    for day in range(365):
        moment = START + day * DAY
        if moment.weekday() not in weekdays or day in away:
            continue
        # A busy day now and then, and many days with nothing.
        count = int(chance.expovariate(1 / a_day) + 0.5) * (4 if chance.random() < 0.03 else 1)
        for _ in range(count):
            number = len(found)
            time = moment.replace(hour=chance.choice(hours), minute=chance.randrange(60))
            short = chance.random() < 0.15
            text = story(number)[: 150 if short else None]
            found.append(
                Article(
                    "paper",
                    f"k{number}",
                    "paper",
                    headline(number % 900),
                    f"https://p.example/{number}",
                    f"<p>{text}</p><p>Report a mistake to the editors of this paper.</p>",
                    time,
                    time,
                    (),
                )
            )
    return sorted(found, key=lambda one: one.published)


@sampled(1, 4, name="seeds")
@pytest.mark.parametrize(
    ("hours", "weekdays", "a_day", "holidays"),
    [
        (range(8, 18), range(5), 3.0, 9),
        (range(24), range(7), 20.0, 0),
        (range(8, 9), range(7), 1.0, 3),
        (range(9, 17), range(5), 0.4, 14),
        (range(9, 17), range(1), 1.5, 7),
    ],
)
def test_a_year_of_normal_life_raises_no_alarm(
    hours: range, weekdays: range, a_day: float, holidays: int, seeds: int
) -> None:
    """Busy days, quiet weeks, holidays, short items, a list that shrinks: a look every three hours, all trusted."""
    alarms = []
    for seed in range(seeds):
        articles = year_of(seed, hours, weekdays, a_day, holidays)
        baseline, shown, size = Baseline(), 0, 20
        for look in range(365 * 8):
            now = START + look * 3 * HOUR
            upto = shown
            while upto < len(articles) and articles[upto].published <= now:
                upto += 1
            new, shown = articles[shown:upto], upto
            size = 12 if look > 1000 else size
            entries = [entry_of(one) for one in reversed(articles[max(0, shown - size) : shown])]
            if new:
                alarms += [doubt_list(baseline, entries, a_visit(now)), doubt_articles(baseline, new, now)]
                alarms.append(doubt_texts(baseline, new))
                baseline = learn(baseline, entries, new, now)
            alarms.append(doubt_silence(baseline, now))
    assert [alarm for alarm in alarms if alarm] == []


def test_a_site_whose_way_it_is_raises_no_alarm() -> None:
    """Titles that are always alike, dates that are always one, texts with one boilerplate: that is what is usual."""
    baseline = Baseline()
    for poll in range(60):
        now = START + poll * DAY
        entries = [Entry(f"{poll}-{row}", "Daily notice", published=f"{now:%Y-%m-%d}") for row in range(8)]
        new = [
            Article("p", one.key, "p", one.title, "", f"<p>{COOKIES}</p>", now, now, (), dated=True)
            for one in entries
        ]
        assert doubt_list(baseline, entries, a_visit(now)) == ""
        assert doubt_articles(baseline, new, now) == ""
        assert doubt_texts(baseline, new) == ""
        baseline = learn(baseline, entries, new, now)


@sampled(4)
def test_the_real_feeds_are_usual_to_themselves(corpora: Path, step: int) -> None:
    """Each real feed, seen as it grew entry by entry by its own dates, raises no alarm."""
    from aggregator.errors import ReadError
    from aggregator.model import Fetched
    from aggregator.sources import feed
    from aggregator.text.dates import read_date

    source = Source(name="a", kind="feed", url="http://x.example/")
    replayed, alarms = 0, []
    for path in sorted((corpora / "feeds").rglob("*"))[::step]:
        if path.suffix not in (".xml", ".rss", ".atom", ".json"):
            continue
        try:
            listing = feed.read_list(source, Fetched(source.url, 200, {}, path.read_bytes()))
        except ReadError:
            continue
        now = START + 3650 * DAY
        dated = [(read_date(one.published or one.updated, now, "UTC"), one) for one in listing.entries]
        times: list[tuple[datetime, Entry]] = sorted(
            ((date, one) for date, one in dated if date), key=lambda pair: pair[0]
        )
        if len(times) < 8:
            continue
        replayed += 1
        baseline = Baseline()
        for upto in range(4, len(times) + 1):
            at = times[upto - 1][0]
            shown = [one for _, one in times[max(0, upto - 10) : upto]]
            fresh = times[upto - 1 : upto] if upto > 4 else times[:4]
            new = [
                Article("a", one.key, "a", one.title, "", one.content or one.summary or "", date, date, ())
                for date, one in fresh
            ]
            alarms += [
                (path.name, why)
                for why in (
                    doubt_list(baseline, shown, a_visit(at)),
                    doubt_articles(baseline, new, at),
                    doubt_texts(baseline, new),
                )
                if why
            ]
            baseline = learn(baseline, shown, new, at)
    assert replayed > 20 // step
    assert alarms == []


@pytest.mark.parametrize(("days", "a_day", "alarm"), [(5, 2, True), (1, 10, False)], ids=["days", "at-once"])
def test_dates_that_stand_still(days: int, a_day: int, alarm: bool) -> None:
    """A date that new articles have day after day is the page's own; many at once are a busy day."""
    found = year_of(1, range(8, 18), range(5), 3.0, 0)
    found, later = found[:40], found[40:60]
    baseline, now = Baseline(), START + 40 * DAY
    for one in found:
        baseline = learn(baseline, None, [replace(one, dated=True)], one.published)
    alarms = []
    for day in range(days):
        new = [replace(one, dated=True, published=now) for one in later[day * a_day :][:a_day]]
        alarms.append(doubt_articles(baseline, new, now + day * DAY))
        baseline = learn(baseline, None, new, now + day * DAY)
    assert any("stand still" in why for why in alarms) == alarm


def test_a_short_text_with_a_file_is_no_lost_one() -> None:
    """Notices that are files have a line beside them, on whatever day they come."""
    baseline = learn(Baseline(), None, year_of(1, range(8, 18), range(5), 3.0, 0)[:20], START)
    notices = [
        replace(one, content=f"<p>{one.title}</p>")
        for one in year_of(2, range(8, 18), range(5), 3.0, 0)[30:34]
    ]
    assert "have" in doubt_articles(baseline, notices, START)
    files = (Attachment("https://p.example/notice.pdf"),)
    assert not doubt_articles(baseline, [replace(one, attachments=files) for one in notices], START)

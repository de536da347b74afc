"""Adaptive polling replayed on the dates of real feeds: requests, and how long an article waits.

    python -m benchmarks.rhythm [FOLDER OF FEEDS]

Each feed's own dates are its history: the first third is what its list showed at the first poll, the rest
arrives as time goes by. A poll sees what was published before it, and teaches no more than it saw. Figures of
"a day" are those of a daemon that has all the feeds at once: every feed counts with its requests a day, and
with the wait of its articles as often as it has articles a day.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, median

from aggregator.decide.rhythm import learn_rhythm, next_look
from aggregator.errors import ReadError
from aggregator.model import Fetched, Rhythm
from aggregator.settings import Source
from aggregator.sources import feed
from aggregator.text.dates import read_date

FEWEST = 8
DAY = timedelta(days=1)
KINDS = (".xml", ".rss", ".atom", ".json", ".rdf")
FEEDS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "feeds"


@dataclass(frozen=True, slots=True)
class Replay:
    """What one history came to: the days it lasted, the polls, and how long each article waited."""

    days: float
    polls: int
    waits: tuple[timedelta, ...]

    @property
    def minutes(self) -> float:
        """The mean wait in minutes."""
        return fmean(wait / timedelta(minutes=1) for wait in self.waits)


def a_source(minutes: float, *, adaptive: bool) -> Source:
    """A source with such an interval, or with eight times that as its ``interval_max``."""
    interval = timedelta(minutes=minutes)
    longest = min(8 * interval, DAY) if adaptive else None
    return Source(name="paper", kind="feed", url="http://x.example/", interval=interval, interval_max=longest)


def replay(source: Source, moments: Sequence[datetime]) -> Replay:
    """Poll a history as the source's interval has it; ``moments`` in order."""
    known = max(4, len(moments) // 3)
    start = now = moments[known - 1]
    rhythm = learn_rhythm(Rhythm(), moments[:known], now)
    polls, waits = 0, []
    while known < len(moments):
        now += next_look(source, rhythm, now)
        polls += 1
        first = known
        while known < len(moments) and moments[known] <= now:
            waits.append(now - moments[known])
            known += 1
        rhythm = learn_rhythm(rhythm, moments[first:known], now)
    return Replay((now - start) / DAY, polls, tuple(waits))


def histories(folder: Path) -> dict[str, list[datetime]]:
    """The dates of every feed in a folder that has enough of them, by file."""
    source, now = a_source(15, adaptive=False), datetime.now(UTC)
    found: dict[str, list[datetime]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix not in KINDS:
            continue
        try:
            listing = feed.read_list(source, Fetched(source.url, 200, {}, path.read_bytes()))
        except ReadError:
            continue
        dates = (read_date(entry.published or entry.updated, now, "UTC") for entry in listing.entries)
        moments = {date.replace(second=0, microsecond=0) for date in dates if date and date < now}
        if len(moments) >= FEWEST:
            found[path.name] = sorted(moments)
    return found


def compare(feeds: Sequence[Sequence[datetime]], minutes: float) -> tuple[float, float, float]:
    """Compare adaptive with fixed polling, of all feeds a day: the ratio of requests, and both mean waits."""
    requests, waits, articles = [0.0, 0.0], [0.0, 0.0], 0.0
    for moments in feeds:
        for way, adaptive in enumerate((False, True)):
            done = replay(a_source(minutes, adaptive=adaptive), moments)
            requests[way] += done.polls / done.days
            waits[way] += done.minutes * len(done.waits) / done.days
            articles += len(done.waits) / done.days / 2
    return requests[1] / requests[0], waits[0] / articles, waits[1] / articles


def main() -> None:
    """Print the comparison for all feeds, and for busy and rare ones article by article."""
    feeds = histories(Path(sys.argv[1]) if len(sys.argv) > 1 else FEEDS)
    print(f"{len(feeds)} feeds, {sum(map(len, feeds.values()))} dates")
    for minutes in (15, 60):
        ratio, before, after = compare(list(feeds.values()), minutes)
        print(f"a day, {minutes} min: requests x {ratio:.2f}, mean wait {before:.1f} -> {after:.1f} min")
    print("article by article, 15 min:")
    for name, least, most in (("over 3 a day", 0, 8), ("over 1 in 2 days", 8, 48), ("rarer", 48, 1e9)):
        some = [one for one in feeds.values() if least <= (one[-1] - one[0]) / DAY * 24 / len(one) < most]
        done = [[replay(a_source(15, adaptive=way), one) for one in some] for way in (False, True)]
        ratio = sum(one.polls for one in done[1]) / sum(one.polls for one in done[0])
        waits = [[wait / timedelta(minutes=1) for one in way for wait in one.waits] for way in done]
        print(
            f"  {name:17} {len(some):3} feeds: requests x {ratio:.2f}, mean wait "
            f"{fmean(waits[0]):.1f} -> {fmean(waits[1]):.1f}, "
            f"median {median(waits[0]):.1f} -> {median(waits[1]):.1f}"
        )


if __name__ == "__main__":
    main()

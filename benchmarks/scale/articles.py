"""Articles that no other is a copy of, saved as a poll saves them and filed as a publication files them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from aggregator.model import Article, Label, Outcome, PollResult, PollState, Sighting
from aggregator.publish.copies import Filer
from aggregator.publish.descriptions import Descriptions
from aggregator.publish.filing import Filing
from aggregator.settings import Config
from aggregator.store import Store
from benchmarks.publishing import START

WORDS = "harbour ship flour council market price ferry notice quality town tide goods bridge winter letter court".split()
HTML_BYTES = 2000


def article(source: str, number: int, categories: int) -> Article:
    """An article of two kilobytes in one of so many categories."""
    chance = random.Random(f"{source} {number}")
    words = [f"{chance.choice(WORDS)}{chance.randrange(1000)}" for _ in range(HTML_BYTES // 10)]
    text = " ".join(words)[: HTML_BYTES - 7]
    moment = START + timedelta(minutes=number)
    return Article(
        namespace=source,
        key=f"number-{number:07}",
        source=source,
        title=" ".join(words[:8]),
        address=f"https://{source}.example/{number}",
        content=f"<p>{text}</p>",
        published=moment,
        updated=moment,
        labels=(Label(f"Category {number % categories}"),),
    )


def results(source: str, first: int, count: int, categories: int = 10) -> list[PollResult]:
    """What so many polls of a source found, one article each."""
    found = []
    for number in range(first, first + count):
        one = article(source, number, categories)
        shown = (Sighting(one.key, "said", one.labels),)
        state = PollState(source, due=START)
        found.append(PollResult(Outcome(source, source, state, new=(one,), sightings=shown), START))
    return found


def file_all(store: Store, config: Config) -> None:
    """Put every article into its topics, after copies were looked for."""
    Filing(store, Filer(config, store), Descriptions((), store), None).run({}, lambda: False)


def save(store: Store, source: str, numbers: Sequence[int], categories: int = 10) -> None:
    """Save articles as one poll does that found all of them."""
    new = tuple(article(source, number, categories) for number in numbers)
    shown = tuple(Sighting(one.key, "said", one.labels) for one in new)
    store.save(Outcome(source, source, PollState(source, due=START), new=new, sightings=shown), START)

"""Explanations of sources, articles and feeds, as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from aggregator.publish.whereabouts import Whereabout
from aggregator.text.text import scrub


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said of a source, an article or a feed."""

    subject: str
    sentences: Sequence[str]
    feeds: Sequence[Whereabout] = ()
    """Of an article, the feeds that show it or might."""
    advice: Sequence[str] = ()
    """What to do."""


def show_answer(console: Console, answer: Answer) -> None:
    """Show an explanation: its sentences, a line for each feed, what to do."""
    console.print(Text(scrub(answer.subject), style="bold"))
    for sentence in filter(None, answer.sentences):
        console.print(Padding(Text(scrub(sentence)), (0, 0, 0, 2), expand=False))
    for feed in answer.feeds:
        mark = ("✓ ", "green") if feed.shown else ("✗ ", "red")
        why = f": {feed.why}" if feed.why else ""
        console.print(Padding(Text.assemble(mark, scrub(f"{feed.path}{why}")), (0, 0, 0, 2), expand=False))
    for line in filter(None, answer.advice):
        console.print(Padding(Text(scrub(f"→ {line}")), (0, 0, 0, 2), expand=False))

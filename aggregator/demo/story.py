"""The papers of the demo site with their stories, and what of them can be seen at a step.

Everything the site says is a function of the step: it starts at 0, grows by one each pace and
stops at LAST_STEP. All dates are fixed, so a story has the same date in every run.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib.resources import files

ZONE = timezone(timedelta(hours=8))
LAST_STEP = 12


@dataclass(frozen=True, slots=True)
class Story:
    """One version of a story, on show from ``step`` on, until a version with the same id replaces it.

    ``title`` is plain text, ``body`` HTML with addresses from the site's root. ``published`` is aware
    and ``None`` where the paper gave no date. ``summary`` (plain text) stands for the body in a feed.
    ``origin`` is whom the paper credits, ``enclosure`` the path of a file that goes with the story. ``facts``
    stand in a table above its text, by their labels.
    """

    id: str
    title: str
    published: datetime | None
    body: str
    summary: str = ""
    origin: str = ""
    enclosure: str = ""
    step: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the demo site; its stories are in the order of their appearance."""

    name: str
    about: str
    stories: tuple[Story, ...]


def read_paper(name: str) -> Paper:
    """Read ``papers/<name>.toml``, where a story without ``published`` has no date."""
    text = (files("aggregator.demo") / "papers" / f"{name}.toml").read_text("utf-8")
    table = tomllib.loads(text)
    stories = (Story(**{"title": "", "published": None, **story}) for story in table["story"])
    return Paper(table["name"], table["about"], tuple(stories))


def moment(step: int) -> datetime:
    """The date of what appears at a step: twenty minutes each, counted from a fixed morning."""
    return datetime(2026, 3, 16, 9, tzinfo=ZONE) + step * timedelta(minutes=20)


def visible(stories: Iterable[Story], step: int) -> list[Story]:
    """What a paper shows at a step, newest first: of each id the last version.

    ``stories`` are in the order of their appearance. A new version keeps the place of the first.
    """
    shown = {story.id: story for story in stories if story.step <= step}
    return list(reversed(shown.values()))


def changed(stories: Iterable[Story], step: int) -> int:
    """The last step, up to this one, at which what the paper shows changed."""
    return max((story.step for story in stories if story.step <= step), default=0)

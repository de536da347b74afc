"""Feeds written for the comparison: 30 entries of 2 KB of HTML each, half of them Chinese, half Atom."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

ENTRIES = 30
ENTRY_BYTES = 1900
LATEST = datetime(2026, 11, 1, tzinfo=UTC)
CHINESE = (
    "临江港务局今天公布了渡轮的新时刻表",
    "抽检发现三批次干果的标签不符合规定",
    "经营者应当在十五日内提交整改报告",
    "公众可以在下月底以前以书面形式提出意见",
    "新的灯塔将在春天以前完工并投入使用",
    "有关负责人表示检查还将继续进行",
)
ENGLISH = (
    "The harbour board published the new timetable of the ferry today",
    "Three lots of dried fruit were found to carry a label that breaks the rules",
    "Traders must hand in a report within fifteen days",
    "Comments may be sent in writing until the end of the next month",
    "The new light will be finished and lit before spring",
    "Inspections will go on, an officer said on the quay",
)


class Feeds:
    """A folder of feeds; the same numbers give the same bytes."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self.html = 0
        """Bytes of the HTML of all entries, once they are written."""

    def write(self) -> None:
        """Write every feed anew."""
        self.folder.mkdir(exist_ok=True)
        self.html = 0
        for number in range(self.count):
            self._write(number, range(ENTRIES))

    def change(self, seed: int) -> None:
        """Put one entry more on top of every twentieth feed."""
        for number in random.Random(seed).sample(range(self.count), self.count // 20):
            self._write(number, [1000 + seed, *range(ENTRIES)])

    def _write(self, number: int, entries: range | list[int]) -> None:
        make = _atom if number % 2 else _rss
        made = [_Entry(number, entry) for entry in entries]
        self.html += sum(len(entry.html.encode()) for entry in made)
        beside = self.folder / f"f{number}.new"
        beside.write_bytes(make(number, made).encode())
        beside.rename(self.folder / f"f{number}.xml")


class _Entry:
    def __init__(self, feed: int, number: int) -> None:
        chance = random.Random(f"{feed} {number}")
        words, dot = (CHINESE, "。") if feed % 4 < 2 else (ENGLISH, ". ")
        self.url = f"https://site{feed}.example.com/a/{number}"
        self.day = LATEST + timedelta(minutes=feed - 37 * number if number < 1000 else number)
        self.title = f"{chance.choice(words)} ({feed}-{number})"
        self.lead = dot.join(chance.sample(words, 2))
        self.html = ""
        while len(self.html.encode()) < ENTRY_BYTES:
            link = f'<a href="{self.url}/{len(self.html)}?a=1&amp;b=2">{chance.randrange(10**6)}</a>'
            self.html += f"<p>{dot.join(chance.sample(words, 4))} {link}</p>"
            if self.html.count("<p>") == 1:
                image = (
                    f'<img src="https://cdn.example.com/{feed}-{number}.jpg" alt="The quay" onclick="x()">'
                )
                self.html += f"<figure>{image}<figcaption>The quay</figcaption></figure>"


def _rss(number: int, entries: list[_Entry]) -> str:
    items = "".join(
        f"<item><title>{escape(entry.title)}</title><link>{entry.url}</link>"
        f'<guid isPermaLink="true">{entry.url}</guid><pubDate>{format_datetime(entry.day)}</pubDate>'
        f"<dc:creator>Lin</dc:creator><category>news</category><description>{escape(entry.lead)}</description>"
        f"<content:encoded>{escape(entry.html)}</content:encoded></item>\n"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Feed {number}</title><link>https://site{number}.example.com/</link>"
        f"<description>Notices</description>\n{items}</channel></rss>\n"
    )


def _atom(number: int, entries: list[_Entry]) -> str:
    items = "".join(
        f'<entry><title>{escape(entry.title)}</title><link href="{entry.url}"/><id>{entry.url}</id>'
        f"<updated>{entry.day.isoformat()}</updated><published>{entry.day.isoformat()}</published>"
        f'<author><name>Lin</name></author><category term="news"/>'
        f'<content type="html">{escape(entry.html)}</content></entry>\n'
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f'<title>Feed {number}</title><link href="https://site{number}.example.com/"/><id>urn:f:{number}</id>'
        f"<updated>{LATEST.isoformat()}</updated>\n{items}</feed>\n"
    )

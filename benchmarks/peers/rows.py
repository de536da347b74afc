"""The rows of the table: what is measured, in what unit, and what it has to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured for a row; ``detail`` says what stands behind the value."""

    row: str
    value: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, the subject that measures it, and what it has to reach."""

    name: str
    subject: str
    work: str
    unit: str
    least: float
    aim: float | None = None
    up: bool = False
    """Whether more is better."""

    def reach(self, value: float) -> float:
        """Say how many times what it has to reach a value is; 1 and more is enough."""
        return value / self.least if self.up else self.least / max(value, 1e-9)


ROWS = (
    Row("unchanged", "polling", "unchanged sources (304), against `reader`", "×", 2, 3, up=True),
    Row("unchanged-cpu", "polling", "the same, CPU against a bare loop of httpx", "×", 2, 1.2),
    Row("first", "polling", "first poll: parsed, cleaned, stored, findable; against `reader`", "×", 3, 10, up=True),
    Row("published", "polling", "the same and published, against `reader`, which does not", "×", 1, 3, up=True),
    Row("changed", "polling", "5 % of the sources changed, against `reader`", "×", 3, 6, up=True),
    Row("publishing", "polling", "publishing, articles a second", "", 1000, 2000, up=True),
    Row("site", "polling", "site and posts on disk, times the HTML of the articles", "×", 6, 4),
    Row("files", "polling", "files on disk for an article", "", 2.5),
    Row("database", "polling", "database, times the HTML of the articles", "×", 3, 2),
    Row("more", "growth", "one article more, with many stored: CPU", "ms", 40, 15),
    Row("more-files", "growth", "one article more: files written", "", 17),
    Row("more-ratio", "growth", "one article more, CPU against that with 1,000 stored", "×", 1.2),
    Row("whole", "growth", "whole publication of 100,000 articles", "s", 150),
    Row("whole-memory", "growth", "its memory, all processes (PSS)", "MB", 300),
    Row("due", "due", "from its due time to its feed in place, 2,000 others polled: median", "ms", 300),
    Row("due-p99", "due", "the same, 99th percentile", "ms", 1000),
    Row("served-200", "serving", "a feed of 100 KB served, against nginx", "×", 0.5, up=True),
    Row("served-304", "serving", "the same, unchanged (304)", "×", 0.25, up=True),
    Row("memory", "memory", "the daemon with 10,000 sources, all processes (PSS)", "MB", 200),
    Row("help", "starting", "`aggregator --help`", "s", 0.15),
    Row("check", "starting", "`aggregator check` with 1,000 sources", "s", 0.4),
    Row("sources", "starting", "`aggregator sources` with 1,000 sources", "s", 0.6),
)  # fmt: skip

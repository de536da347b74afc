"""Named facts of an article (``[source.fields]``), each with the rule that gave it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import chain, groupby, islice, zip_longest
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from aggregator.content.metadata.labels import JOINT
from aggregator.model import Article, Entry, Field, FileText
from aggregator.settings import FieldRule, Source
from aggregator.text.dates import read_date
from aggregator.text.elements import LANDMARKS, UNREAD, UNSPACED
from aggregator.text.html import is_text, parse_html
from aggregator.text.patterns import find
from aggregator.text.references import compact, parse_reference
from aggregator.text.text import fold, lines_of, scrub

MAX_CELLS = 5000
"""Cells of a page that are looked at: table cells, list items, paragraphs and the like."""
MAX_VALUE = 300
"""Characters of a fact; a longer one is a sentence."""
MAX_HEAD, MAX_TAIL = 15, 8
"""Lines of a text that are its beginning, and its end."""
IN = "pattern in the "
"""How rules begin that found a fact in a text."""
MAX_LINE = 4000
"""Characters of a cell."""
MAX_LABEL = 60
"""Characters that a label with its blanks may have."""

_NOTHING = frozenset(["", "无", "暂无", "-", "--", "—", "——", "/", "null", "none", "undefined"])
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_PARTS = re.compile(r"[,，、;；|/\\\n]+|\s{2,}|(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_MARKS = " \t:：【】[]()（）"
# The next field of the same line, whose label is none of ours.
_NEXT = re.compile(rf"[\s{JOINT}]+[\u3400-\u9fff]{{2,8}}\s*[:：]")
_INLINE = UNSPACED | {"font", "label"}
_CELL = frozenset({"td", "th", "dt", "dd"})


def read_fields(
    rules: Mapping[str, FieldRule], soup: BeautifulSoup, chosen: Iterable[Field]
) -> tuple[Field, ...]:
    """Return the facts that a page names, in its own words; ``chosen`` ones are believed before them."""
    found: dict[str, Field] = {}
    for one in chain(chosen, _behind_labels(rules, soup)):
        if len(one.value) <= MAX_VALUE and _says_something(fold(one.value)):
            found.setdefault(one.name, one)
    return tuple(found.values())


def name_fields(
    rules: Mapping[str, FieldRule], entry: Entry, content: str, now: datetime, timezone: str
) -> tuple[Field, ...]:
    """Return the facts of an article, in the order of their rules: by its entry, then labels, then patterns.

    ``content`` is clean HTML. Raises ReadError for a pattern that takes too long.
    """
    if not rules:
        return ()
    # A list may bring the text along, so that no page was looked at.
    labelled = content if any(rule.label for rule in rules.values()) else ""
    named = {one.name: [one] for one in read_fields(rules, parse_html(labelled), entry.facts)}
    texts = [("", content), *((f" in {address}", file.content) for address, file in entry.files.items())]
    wheres = [(where, _parts(entry.title, lines_of(text))) for where, text in texts if text]
    typed = (
        _first_typed(rule, chain(named.get(name, ()), _by_patterns(name, rule, wheres)), now, timezone)
        for name, rule in rules.items()
    )
    return tuple(filter(None, typed))


def name_again(article: Article, source: Source, address: str, file: FileText, now: datetime) -> Article:
    """Return an article with those facts looked for again that stood in its text, or in the file there."""

    def stays(rule: str) -> bool:
        in_another = " in " in rule.removeprefix(IN) and not rule.endswith(f" in {address}")
        return not rule.startswith(IN) or in_another

    kept = tuple(one for one in article.fields if stays(one.rule))
    entry = Entry(article.key, title=article.title, facts=kept, files={address: file})
    return replace(article, fields=name_fields(source.fields, entry, article.content, now, source.timezone))


def _first_typed(rule: FieldRule, found: Iterable[Field], now: datetime, timezone: str) -> Field | None:
    """Return the first of what was found for a rule whose value is of its type, with that value."""
    for one in found:
        if value := as_typed(rule.type, one.value, now, timezone):
            return replace(one, value=value, type=rule.type, label=rule.title or one.name)
    return None


def as_typed(type_: str, value: str, now: datetime, timezone: str) -> str:
    """Return a value as its type has it; empty where it is none."""
    value = scrub(value)
    if type_ == "date":
        moment = read_date(fold(value), now, timezone)
        return moment.astimezone(ZoneInfo(timezone)).date().isoformat() if moment else ""
    if type_ == "number":
        match = _NUMBER.search(unicodedata.normalize("NFKC", value))
        return match[0].replace(",", "").lstrip("+") if match else ""
    if type_ == "reference":
        return str(parse_reference(value) or "")
    if type_ == "list":
        return "\n".join(dict.fromkeys(filter(_says_something, map(fold, _PARTS.split(value)))))
    return fold(value) if _says_something(fold(value)) else ""


def _says_something(value: str) -> bool:
    return value.lower() not in _NOTHING


def _parts(title: str, lines: Sequence[str]) -> dict[str, str]:
    """Return the parts of a text in which patterns look, each line of it a line."""
    lines = list(filter(None, lines))
    return {
        "title": fold(title),
        "head": "\n".join(lines[:MAX_HEAD]),
        "tail": "\n".join(lines[-MAX_TAIL:]),
        "text": "\n".join(lines),
    }


def _by_patterns(
    name: str, rule: FieldRule, wheres: Sequence[tuple[str, Mapping[str, str]]]
) -> Iterator[Field]:
    for where, parts in wheres:
        for within in rule.within:
            for pattern in rule.pattern:
                if value := find(pattern, parts[within]):
                    yield Field(name, value[:MAX_VALUE], rule=f"{IN}{within}{where}")


def _behind_labels(rules: Mapping[str, FieldRule], soup: BeautifulSoup) -> Iterator[Field]:
    """Yield the facts of a page that stand behind labels, in the page's order."""
    names = {compact(label): name for name, rule in rules.items() for label in rule.label}
    if not names:
        return
    pattern = _pattern(tuple(sorted(names, key=len, reverse=True)))
    cells = list(_cells(soup))
    for position, (tag, pieces) in enumerate(cells):
        line = JOINT.join(pieces)[:MAX_LINE]
        for label, value in _labelled(pattern, names, tag, pieces, line):
            if not value.strip(_MARKS + JOINT) and position + 1 < len(cells):
                next_tag, following = cells[position + 1]
                value = JOINT.join(following)[:MAX_LINE]
                if _label_of(value, pattern, names) or tag == next_tag == "th":
                    continue  # an empty cell, or the heads of columns
            value = fold(value.replace(JOINT, "")).strip("。；; ")
            yield Field(names[label], value, rule=f'label "{label}"')


def _labelled(
    pattern: re.Pattern[str], names: Mapping[str, str], tag: str, pieces: Sequence[str], line: str
) -> Iterator[tuple[str, str]]:
    """Yield the labels in a cell with what stands behind each: nothing where the next cell may have it."""
    marks = list(pattern.finditer(line))
    ends = [mark.start() for mark in marks[1:]]
    for mark, end in zip_longest(marks, ends):
        value = line[mark.end() : end]
        stop = _NEXT.search(value)
        yield compact(mark["label"].replace(JOINT, "")), value[: stop.start() if stop else None]
    if marks:
        return
    if tag in _CELL and (label := _label_of(line, pattern, names)):
        yield label, ""
    elif len(pieces) > 1 and (label := compact(pieces[0]).strip(_MARKS)) in names:
        yield label, JOINT.join(pieces[1:])


def _label_of(line: str, pattern: re.Pattern[str], names: Mapping[str, str]) -> str:
    """Return the label that a cell begins with, or is; empty where it has none."""
    if match := pattern.match(line):
        return compact(match["label"].replace(JOINT, ""))
    label = compact(line[:MAX_LABEL].replace(JOINT, "")).strip(_MARKS)
    return label if label in names else ""


@cache
def _pattern(labels: Sequence[str]) -> re.Pattern[str]:
    """Return what finds labels with a colon behind them, whatever blanks are in them."""
    blanks = rf"[\s{JOINT}]*"
    words = "|".join(blanks.join(map(re.escape, label)) for label in labels)
    return re.compile(
        rf"(?:^|(?<=[\s{JOINT}｜|,，;；(（【\[]))(?P<label>{words}){blanks}[】\]]?{blanks}[:：]{blanks}"
    )


def _cells(soup: BeautifulSoup) -> Iterator[tuple[str, list[str]]]:
    """Yield the cells of a page, each with its tag and the texts of the elements in it."""
    texts = (node for node in soup.find_all(string=True) if is_text(node) and node.strip())
    placed = ((_cell_of(node), node) for node in texts if node.parent and node.parent.name not in UNREAD)
    for _, group in islice(groupby(placed, lambda pair: id(pair[0])), MAX_CELLS):
        (cell, *_), nodes = zip(*group, strict=True)
        if not _stands_aside(cell):
            yield cell.name, [fold(str(node)[: 2 * MAX_VALUE]) for node in nodes]


def _cell_of(node: NavigableString) -> Tag:
    return next(up for up in node.parents if up.name not in _INLINE)


def _stands_aside(cell: Tag) -> bool:
    return any(up.name in LANDMARKS for up in (cell, *cell.parents))

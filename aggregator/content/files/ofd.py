"""OFD (GB/T 33190-2016), China's format of fixed layout: the texts and lines of its pages."""

import re
import zipfile
from collections.abc import Iterator

from lxml import etree

from aggregator.content.files.archive import beside, open_archive, read_xml
from aggregator.content.files.layout import write_sheets
from aggregator.content.files.markup import FileError
from aggregator.content.files.sheets import MAX_GLYPHS, MAX_RULES, WIDE_BLANK, Glyph, Rule, Sheet, turned

MAX_PAGES = 3000
POINTS = 72 / 25.4
"""Points in a millimetre, OFD's unit."""
A4 = (0.0, 0.0, 210.0, 297.0)
ASCENT, LATIN = 0.88, 0.5
"""How much of a character stands above its base line, and how wide one of Latin is: shares of its size."""
_STEP = re.compile(r"[A-Z]|-?[\d.]+(?:[eE]-?\d+)?")


def read_ofd(body: bytes) -> str:
    """Return the text of an OFD as HTML. Raises FileError."""
    archive = open_archive(body)
    sheets, count = [], 0
    for root in read_xml(archive, "OFD.xml").iter("{*}DocRoot"):
        document = _Document(archive, (root.text or "").strip().lstrip("/"))
        for page in document.pages:
            sheets.append(document.sheet(page))
            if (count := count + len(sheets[-1].glyphs)) > MAX_GLYPHS:
                break
    return write_sheets(sheets)


class _Document:
    """A document of an archive; what its pages have in common stands in templates. Raises FileError."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        root = read_xml(archive, name)
        self.pages = [page.get("BaseLoc", "") for page in root.iterfind("{*}Pages/{*}Page")][:MAX_PAGES]
        self._archive = archive
        self._name = name
        self._usual = _numbers(root.findtext(".//{*}PageArea/{*}PhysicalBox", ""), A4)
        self._templates = {
            one.get("ID"): one.get("BaseLoc", "") for one in root.iterfind("{*}CommonData/{*}TemplatePage")
        }

    def sheet(self, place: str) -> Sheet:
        """Read a page; one that is broken is empty, since the others may be whole."""
        page = self._part(place)
        left, top, width, height = _numbers(page.findtext("{*}Area/{*}PhysicalBox", ""), self._usual)
        used = [self._templates.get(one.get("TemplateID"), "") for one in page.iterfind("{*}Template")]
        layers = [*map(self._part, filter(None, used)), page]
        shown = (text for layer in layers for text in layer.iter("{*}TextObject"))
        texts = (text for text in shown if text.get("Visible") != "false")
        paths = (path for layer in layers for path in layer.iter("{*}PathObject"))
        glyphs = [glyph for text in texts for glyph in _glyphs(text, height)]
        rules = [rule for path in paths for rule in _rules(path, height)]
        box = (left * POINTS, 0.0, (left + width) * POINTS, (height - top) * POINTS)
        return turned(glyphs[:MAX_GLYPHS], rules[:MAX_RULES], box)

    def _part(self, place: str) -> etree._Element:
        try:
            return read_xml(self._archive, beside(self._name, place))
        except FileError:
            return etree.Element("Page")


def _glyphs(text: etree._Element, height: float) -> Iterator[Glyph]:
    """Yield the characters of a text object; their places are counted from below, as in PDF."""
    left, top, *_ = _numbers(text.get("Boundary", ""), A4)
    a, b, c, d, e, f = _numbers(text.get("CTM", ""), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
    size = _numbers(text.get("Size", ""), (4.0,))[0]
    x = y = 0.0
    for code in text.iter("{*}TextCode"):
        x, y = _numbers(code.get("X", ""), (x,))[0], _numbers(code.get("Y", ""), (y,))[0]
        across, down = _steps(code.get("DeltaX", "")), _steps(code.get("DeltaY", ""))
        at_x, at_y = x, y
        blank = ""
        for number, letter in enumerate(code.text or ""):
            place_x, place_y = left + a * at_x + c * at_y + e, top + b * at_x + d * at_y + f
            usual = 0.0 if down else size * (LATIN if letter.isascii() else 1)
            step = across[min(number, len(across) - 1)] if across else usual
            tall = size * (abs(d) or abs(b) or 1)
            if letter.isspace():
                blank = letter if letter == WIDE_BLANK else blank
            else:
                base = height - place_y
                yield Glyph(
                    place_x * POINTS,
                    (base + ASCENT * tall) * POINTS,
                    (place_x + min(abs(a * step) or tall, tall)) * POINTS,
                    (base - (1 - ASCENT) * tall) * POINTS,
                    blank + letter,
                    tall * POINTS,
                )
                blank = ""
            at_x += step
            at_y += down[min(number, len(down) - 1)] if down else 0


def _steps(text: str) -> list[float]:
    """Return the distances between characters; ``g 3 4`` stands for three times 4."""
    words = text.split()
    steps: list[float] = []
    while words and len(steps) < MAX_GLYPHS:
        word = words.pop(0)
        if word == "g" and len(words) >= 2:
            count, step = words.pop(0), words.pop(0)
            steps += [_number(step)] * min(int(_number(count)), 100_000)
        else:
            steps.append(_number(word))
    return steps


def _rules(path: etree._Element, height: float) -> Iterator[Rule]:
    left, top, *_ = _numbers(path.get("Boundary", ""), A4)
    a, b, c, d, e, f = _numbers(path.get("CTM", ""), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
    steps = _STEP.findall(path.findtext("{*}AbbreviatedData", ""))[: 6 * MAX_RULES]
    start = before = None
    while steps:
        kind, values = steps.pop(0), []
        while steps and not steps[0].isalpha():
            values.append(_number(steps.pop(0)))
        point = before
        if len(values) >= 2:
            x, y = values[-2:]
            point = (left + a * x + c * y + e, height - (top + b * x + d * y + f))
        if kind in "SM":
            start = point
        elif kind == "C":
            point = start
        if kind in "LC" and before and point:
            (x0, y0), (x1, y1) = before, point
            if abs(x1 - x0) < 0.3 or abs(y1 - y0) < 0.3:
                box = (min(x0, x1), max(y0, y1), max(x0, x1), min(y0, y1))
                yield Rule(*(value * POINTS for value in box))
        before = point


def _numbers(text: str, usual: tuple[float, ...]) -> tuple[float, ...]:
    numbers = tuple(map(_number, text.split()))
    return numbers if len(numbers) == len(usual) else usual


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

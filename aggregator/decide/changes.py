"""What counts as a change of an article, and what makes two texts one: what readers see of them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.model import Article
from aggregator.model.digest import hexdigest
from aggregator.text.addresses import comparable, file_at
from aggregator.text.filetypes import FORMATS, ending_of
from aggregator.text.html import attribute, parse_html
from aggregator.text.text import fold, lines_of, text_of

MAX_ADDED = 0.1
"""Share of a text that its other copy may have more: a line of the site's frame, not a paragraph of news."""

_WORD = re.compile(r"[⺀-鿿豈-﫿]|\w+")
_COUNTER = re.compile(
    r"(?:阅读|浏览|点击|访问)(?:次数|量|数)?\s*[:：]?\s*\d[\d,]*\s*次?"
    r"|\b\d[\d,.]*[kKmM]?\s+(?:views?|reads|comments?|shares?)\b"
)
_SHOWN = "a[href], img, video, audio, iframe, source, h1, h2, h3, table, ul, ol"


def is_change(before: Article, after: Article) -> bool:
    """Tell whether readers could see a difference between two states of an article.

    The language is the configuration's word, not the source's. Nobody sees the order of attributes, the
    number of a tracking pixel, or what an address says about its readers.
    """
    return _facts(before) != _facts(after)


def state_digest(article: Article) -> str:
    """Return the hash of what readers see of an article: two states with one hash are no change."""
    return hexdigest(repr(_facts(article)))


def with_files_of(before: Article, after: Article) -> Article:
    """Give a state the digests that are known of the files at the addresses of its attachments."""
    known = {file_at(item.address): item.digest for item in before.attachments if item.digest}
    if not known:
        return after
    files = (
        replace(item, digest=item.digest or known.get(file_at(item.address), ""))
        for item in after.attachments
    )
    return replace(after, attachments=tuple(files))


def only_moved(before: Article, after: Article) -> bool:
    """Tell whether nothing but an article's address changed."""
    return _facts(before)[1:] == _facts(after)[1:]


def _facts(article: Article) -> tuple[object, ...]:
    return (
        comparable(article.address),
        fold(article.title),
        _text(article.content),
        tuple(_shown(article.content)),
        _moment(article.published) if article.dated else "",
        comparable(article.share_url),
        _text(article.summary),
        article.byline,
        article.origin,
        sorted((file_at(item.address), item.title, item.digest) for item in article.attachments),
        article.complete,
        _moment(article.future) if article.future else "",
        *article.fields,
    )


def _moment(time: datetime) -> str:
    """Write a moment in one way, whatever its zone is called."""
    return time.astimezone(UTC).isoformat()


def _text(content: str) -> str:
    return fold(_COUNTER.sub("", text_of(content)))


def _shown(content: str) -> Iterator[str]:
    """Give the links and pictures that readers see, without what tracks them."""
    if "<" not in content:
        return
    for element in parse_html(content).select(_SHOWN):
        if element.name == "a":
            address = attribute(element, "href")
            yield file_at(address) if ending_of(address) in FORMATS else comparable(address)
        elif source := attribute(element, "src"):
            if not _is_pixel(attribute(element, "width"), attribute(element, "height")):
                yield file_at(source)
        else:
            yield element.name


def _is_pixel(width: str, height: str) -> bool:
    return width in ("0", "1", "0px", "1px") or height in ("0", "1", "0px", "1px")


def same_text(one: str, other: str) -> bool:
    """Tell whether two texts (HTML) are one article's, but for lines that one of the pages adds.

    Two notices of one template differ in a name or a number; a page that moved only has another frame around
    the text: whole lines, of words alone.
    """
    mine, theirs = words_of(one), words_of(other)
    if mine == theirs:
        return True
    shorter, longer, content = (mine, theirs, other) if len(mine) < len(theirs) else (theirs, mine, one)
    if len(longer) - len(shorter) > MAX_ADDED * len(longer):
        return False
    text = f" {' '.join(shorter)} "
    lines = [words_of(line) for line in lines_of(content)]
    added = [line for line in lines if f" {' '.join(line)} " not in text]
    rest = [word for line in lines if line not in added for word in line]
    return rest == shorter and not any(word.isdigit() for line in added for word in line)


def words_of(content: str) -> list[str]:
    """Return the words (or signs of Chinese) of a text (HTML), without counters of its readers."""
    return _WORD.findall(_text(content).lower())

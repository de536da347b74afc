"""Pictures, players and formulas that a script would have shown, put where readers see them."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from aggregator.text.elements import BLOCKS, LAZY, PLAYERS
from aggregator.text.filetypes import type_of, without_query
from aggregator.text.html import attribute, parse_html
from aggregator.text.text import fold

_TAGS = re.compile("<(?:noscript|picture|amp-|lite-youtube|math|object|svg|script)", re.IGNORECASE)
_MARKS = ("srcset", "data-", "original", "lazy", "file=", "about:blank")
"""What markup must hold to be changed here."""
_STAND_IN = re.compile(
    r"^(?:data:|about:|$)|(?:blank|placeholder|loading|spacer|pixel|transparent)[^/]*$|lazy[^/]*\.(?:gif|png|svg)$|/1x1\.",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?!data:|about:|javascript:|blob:|\[)[^\s{}<>]*[./][^\s{}<>]*", re.IGNORECASE)
"""A path or a name with a dot: no flag such as "true", no template, no JSON."""
_OTHER_LAZY = re.compile(r"(?:^|[-_])(?:src|original|url|file|image|img|echo|lazy\w*|lazysrc|actualsrc)$")
"""Names of further attributes that may hold the address of a picture without a good ``src``."""
_OFFERED = "data-offered-srcset"
"""The attribute in which an image gets the sets of the ``<picture>`` around it."""
_SET_PARTS = re.compile(r",\s+|\s,|(?<=\d[wxh]),")
_MAX_ADDRESS, _MAX_SET = 2000, 8000
"""Characters of an address, and those of a set of pictures that are read."""
_ENOUGH = 800
"""The width in pixels from which on a picture of a set is large enough."""
_AMP = {
    "amp-img": "img",
    "amp-anim": "img",
    "amp-video": "video",
    "amp-audio": "audio",
    "amp-iframe": "iframe",
}
_YOUTUBE = ("amp-youtube", "lite-youtube")
_SHOWN = ("img", "picture", *PLAYERS)
_TEX = "annotation[encoding*='tex' i]"
_CDATA = re.compile(r"%\s?<!\[CDATA\[|%\s?\]\]>")
_PICTURES = frozenset("avif bmp gif ico jpeg jpg png svg svgz webp".split())


def has_hidden_media(markup: str) -> bool:
    """Tell whether ``show`` may change the tree of some markup."""
    return bool(_TAGS.search(markup)) or any(map(markup.lower().__contains__, _MARKS))


def show(soup: BeautifulSoup, root: Tag, markup: str) -> None:
    """Change the tree ``root`` of ``markup``: what a script, or no reader, would show becomes plain HTML.

    Lazy pictures and players get their addresses, a ``<noscript>`` replaces its stand-in, AMP's elements
    become HTML's, formulas become their TeX, the fallbacks of ``<object>`` and the words of SVG stay.
    """
    if not has_hidden_media(markup):
        return
    for element in root.find_all([*_AMP, *_YOUTUBE]):
        _translate(soup, element)
    for picture in root.find_all("picture"):
        _give_sets(soup, picture)
    for image in root.find_all("img"):
        _settle(image)
    for player in root.find_all(list(PLAYERS)):
        _settle_player(player)
    for holder in root.find_all("noscript"):
        _show_instead(holder)
    if root.find("math"):
        for drawn in root.select("[aria-hidden=true]"):
            _drop_drawing(drawn)
    for element in root.find_all(["math", "script"]):
        _write_formula(soup, element)
    for element in reversed(root.find_all("object")):
        _fall_back(soup, element)
    for element in root.find_all("svg"):
        words = fold(" ".join(piece.get_text(" ") for piece in element.find_all(["text", "foreignobject"])))
        element.replace_with(words)


def is_formula(kind: str) -> bool:
    """Tell whether a script of this type is a formula for MathJax."""
    return kind.strip().lower().startswith("math/")


def _is_address(value: str) -> bool:
    value = value.strip()
    return len(value) < _MAX_ADDRESS and bool(_ADDRESS.fullmatch(value)) and not _STAND_IN.search(value)


def _settle(image: Tag) -> None:
    """Give a picture the address that a script or a browser would take."""
    address = next(_addresses(image), "")
    if address:
        image["src"] = address


def _give_sets(soup: BeautifulSoup, picture: Tag) -> None:
    """Give the image of a ``<picture>`` the sets of its sources, and one without an image an image."""
    image = picture.find("img")
    if not isinstance(image, Tag):
        image = soup.new_tag("img")
        picture.append(image)
    sources = picture.find_all("source")
    image[_OFFERED] = ", ".join(
        attribute(one, name) for one in sources for name in one.attrs if "srcset" in name
    )


def _addresses(image: Tag) -> Iterator[str]:
    """Yield the addresses of a picture, the best first; no stand-in is among them."""
    own = (attribute(image, name).strip() for name in (*LAZY, "src"))
    yield from filter(_is_address, own)
    sets = [attribute(image, name) for name in image.attrs if "srcset" in name]
    yield from filter(
        _is_address, (attribute(image, name) for name in image.attrs if _OTHER_LAZY.search(name))
    )
    for value in sets:
        yield from _of_set(value)


def _of_set(value: str) -> Iterator[str]:
    """Yield the one address of a ``srcset`` that is large enough, or the largest."""
    choices: dict[float, str] = {}
    for part in _SET_PARTS.split(value[:_MAX_SET]):
        address, _, size = part.strip().rstrip(",").partition(" ")
        number = re.fullmatch(r"\s*(\d+(?:\.\d+)?)([wx]).*", size)
        if _is_address(address):
            width = float(number[1]) * (1 if number[2] == "w" else _ENOUGH) if number else _ENOUGH
            choices.setdefault(width, address)
    if choices:
        yield choices[min((width for width in choices if width >= _ENOUGH), default=max(choices))]


def _settle_player(player: Tag) -> None:
    for element in (player, *player.find_all("source")):
        value = attribute(element, "src").strip()
        lazy = [
            attribute(element, name).strip()
            for name in element.attrs
            if _OTHER_LAZY.search(name) and name != "src"
        ]
        better = next(filter(_is_address, lazy), "")
        if better and (
            not _is_address(value) or any(attribute(element, name).strip() == better for name in LAZY)
        ):
            element["src"] = better
        elif _STAND_IN.match(value) and "src" in element.attrs and not _is_address(value):
            del element["src"]


def _translate(soup: BeautifulSoup, element: Tag) -> None:
    """Replace an element of AMP by the one of HTML that it stands for; its own fallback goes."""
    if element.name in _YOUTUBE:
        number = attribute(element, "data-videoid") or attribute(element, "videoid")
        plain = soup.new_tag("iframe", src=f"https://www.youtube.com/watch?v={number}")
    else:
        plain = soup.new_tag(_AMP[element.name])
        plain.attrs.update(element.attrs)
        if plain.name != "img":
            for source in element.find_all("source"):
                plain.append(source.extract())
    element.replace_with(plain)


def _show_instead(holder: Tag) -> None:
    """Put the picture or player that a ``noscript`` holds into the place of its stand-in beside it."""
    shown = [element for element in holder.find_all(_SHOWN) if not _is_pixel(element)]
    if not shown:
        return
    for near in (holder.find_previous_sibling(), holder.find_next_sibling()):
        stand_in = _stand_in(holder, near) if near else None
        if near is None or stand_in is None:
            continue
        address = attribute(stand_in, "src")
        ours = {attribute(element, "src") for element in shown}
        # What stands before is a preview at best; what follows may be the next picture.
        if near is holder.find_previous_sibling() or not _is_address(address) or address in ours:
            near.decompose()
            break
    holder.unwrap()


def _stand_in(holder: Tag, near: Tag) -> Tag | None:
    """Give the only picture or player of an element beside a ``noscript``, where it has nothing else."""
    if _has_text_between(holder, near) or near.name == "noscript" or near.get_text(strip=True):
        return None
    shown = [near] if near.name in _SHOWN else near.find_all(_SHOWN)
    stand_ins = [one for one in shown if one.name != "picture"]
    return stand_ins[0] if len(stand_ins) == 1 else None


def _has_text_between(holder: Tag, near: Tag) -> bool:
    siblings = holder.previous_siblings if near is holder.find_previous_sibling() else holder.next_siblings
    for node in siblings:
        if node is near:
            return False
        if str(node).strip():
            return True
    return True


def _is_pixel(element: Tag) -> bool:
    """Tell whether a picture only counts visits."""
    sizes = {attribute(element, name).strip().removesuffix("px") for name in ("width", "height")}
    return sizes <= {"0", "1"}


def _write_formula(soup: BeautifulSoup, element: Tag) -> None:
    """Replace a formula by its TeX where it has that, else by its symbols."""
    if element.name == "script":
        kind = attribute(element, "type")
        if not is_formula(kind):
            return
        words = element.get_text()
        math = parse_html(words).find("math") if "mml" in kind.lower() else None
        words = _formula(math) if math else fold(unescape(_CDATA.sub("", words)))
        before = element.find_previous_sibling()
        # MathJax leaves the script behind what it has drawn.
        while before is not None and "mathjax" in attribute(before, "class").lower():
            before.decompose()
            before = element.find_previous_sibling()
    else:
        words = _formula(element)
    if words:
        code = soup.new_tag("code")
        code.string = words
        element.replace_with(code)


def _drop_drawing(drawn: Tag) -> None:
    """Drop what KaTeX or MathJax drew for the eye, beside the formula for screen readers."""
    for near in (drawn.find_previous_sibling(), drawn.find_next_sibling()):
        if near is not None and near.name not in BLOCKS and (near.name == "math" or near.find("math")):
            drawn.decompose()
            return


def _formula(math: Tag) -> str:
    annotation = math.select_one(_TEX)
    written = fold(annotation.get_text()) if annotation else fold(attribute(math, "alttext"))
    if written:
        return written
    for other in math.find_all(["annotation", "annotation-xml"]):
        other.decompose()
    return fold("".join(math.strings))


def _fall_back(soup: BeautifulSoup, element: Tag) -> None:
    """Replace an object by its picture and what it holds for those who cannot see it, else by a link."""
    for parameter in element.find_all("param"):
        if attribute(parameter, "name").lower() in ("movie", "src") and not element.get("data"):
            element["data"] = attribute(parameter, "value")
        parameter.unwrap()
    address = attribute(element, "data").strip()
    kind = attribute(element, "type").lower()
    ending = urlsplit(address).path.rpartition(".")[2].lower() if _is_address(address) else ""
    if ending and (kind.startswith("image/") or ending in _PICTURES):
        if element.find("img") is None:
            element.insert(0, soup.new_tag("img", src=address))
    elif ending and element.find(["a", "img", *PLAYERS]) is None and _is_wanted(element, address):
        link = soup.new_tag("a", href=address)
        link.string = address.rpartition("/")[2] or address
        element.append(link)
    element.unwrap()


def _is_wanted(element: Tag, address: str) -> bool:
    """Tell whether an object is a document, or holds nothing for those who cannot see it."""
    return bool(type_of(without_query(address))) or not element.get_text(strip=True)

"""Slugs: names for labels that are safe in an address and on any disk."""

import re

from aggregator.model.digest import hexdigest

MAX_SLUG = 80
"""Characters of a slug; every file system takes one with an extension behind it."""

_HAN = re.compile(r"[\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]+")
# Windows opens a device instead of a file of these names, whatever the extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")


def slugify(label: str) -> str:
    """Return a slug of 1 to 80 characters of ``[a-z0-9-]``, the same one for the same label.

    Chinese becomes pinyin without separators (重庆银行: ``chongqingyinhang``), other scripts are
    transliterated, words stand apart by ``-``. A label without a letter or digit gives ``c-`` and a
    hash, one that had to be cut ends in a hash. Two labels that differ little may share a slug.
    """
    from slugify import slugify as transliterate  # short commands that make no slug need not load it

    text = _HAN.sub(lambda run: _pinyin(run[0]), label)
    # A label is text: what looks like an HTML entity in it is not one.
    slug = transliterate(text, entities=False, decimal=False, hexadecimal=False)
    if not slug:
        return f"c-{_digest(label)}"
    if len(slug) > MAX_SLUG:
        return f"{slug[: MAX_SLUG - 9].rstrip('-')}-{_digest(label)}"
    return f"{slug}-c" if _DEVICE.fullmatch(slug) else slug


def _pinyin(text: str) -> str:
    from pypinyin import lazy_pinyin  # its dictionaries take long to load, and most labels need none

    return "".join(lazy_pinyin(text))


def _digest(label: str) -> str:
    return hexdigest(label.encode("utf-8", "surrogatepass"), 4)

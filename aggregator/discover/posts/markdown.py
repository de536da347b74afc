"""Texts of posts as HTML: Markdown (CommonMark, tables, footnotes, definition lists), without Liquid."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from aggregator.errors import AggregatorError

_LISTING = re.compile(r"\{%-?\s*highlight\s+(\w+)[^%]*%\}\r?\n?(.*?)\{%-?\s*endhighlight\s*-?%\}", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
_COMMENT = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
_OUTPUT = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_TAG = re.compile(r"\{%-?\s*(\w*)\s*(.*?)\s*-?%\}", re.DOTALL)
_BACK = re.compile(r'<a href="#[^"]*" class="footnote-backref">[^<]*</a>')
_WITHIN = re.compile(r'<a href="#[^"]*"[^>]*>([^<]*)</a>')
"""Links within a text, which has no places to link to once it is clean."""
_ATTRIBUTES = re.compile(r"^[ \t]*\{:[^{}\n]*\}[ \t]*$|\{:[^{}\n]*\}", re.MULTILINE)
"""Attribute lists of kramdown (https://kramdown.gettalong.org/syntax.html#attribute-list-definitions)."""


def without_liquid(text: str, site: Mapping[str, str]) -> tuple[str, list[str]]:
    """Fill in what Liquid says of the site, take out its other tags, and name these."""
    lost: list[str] = []
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[1])
        return f"\0{len(kept) - 1}\0"

    def output(match: re.Match[str]) -> str:
        name, _, filters = match[1].partition("|")
        name = name.strip()
        if re.fullmatch(r"[\"'].*[\"']", name) and "url" in filters:
            return f"{site.get('baseurl', '')}{name[1:-1]}"
        if (value := site.get(name.removeprefix("site."))) is not None and name.startswith("site."):
            return value
        lost.append("{{ " + name[:40] + " }}")
        return ""

    def tag(match: re.Match[str]) -> str:
        lost.append("{% " + match[1] + " %}")
        return ""

    text = _RAW.sub(keep, text.replace("\0", ""))
    text = _COMMENT.sub("", _LISTING.sub(r"```\1\n\2\n```", text))
    text = _TAG.sub(tag, _OUTPUT.sub(output, text))
    return re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], text), lost


def to_html(text: str) -> str:
    """Make HTML of Markdown; HTML in it stays."""
    return _WITHIN.sub(r"\1", _BACK.sub("", str(_renderer().render(_ATTRIBUTES.sub("", text)))))


@cache
def _renderer() -> Any:
    """Make the renderer. Raises AggregatorError where what it needs is not installed."""
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.deflist import deflist_plugin
        from mdit_py_plugins.footnote import footnote_plugin
    except ImportError:
        raise AggregatorError("posts in Markdown need `pip install aggregator[import]`") from None
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return renderer.use(footnote_plugin).use(deflist_plugin)

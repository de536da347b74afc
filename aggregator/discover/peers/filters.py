"""Filters of other programs, as ``keep`` and ``block`` of a source."""

import re
from collections.abc import Iterable

from aggregator.discover.peers.candidate import Settings, shown

_FRESHRSS = re.compile(
    r"""(?P<minus>[-!])?(?:(?P<name>[A-Za-z]+):|(?P<hash>\#))?"""
    r"""(?P<value>"[^"]*"|'[^']*'|/(?:\\.|[^/\\])+/[a-z]*|[^\s()]+)|(?P<bracket>[()])""",
)
_FRESHRSS_FIELDS = {"": "", "intitle": "title:", "intext": "text:", "author": "author:"}
"""What a search of FreshRSS calls the fields of ours."""
_MINIFLUX = {
    "EntryTitle": "title",
    "EntryURL": "address",
    "EntryContent": "text",
    "EntryAuthor": "author",
    "EntryTag": "category",
}


def freshrss(settings: Settings, key: str, text: str) -> dict[str, object]:
    """Give ``block`` for searches of FreshRSS, one a line, whose results it marks as read."""
    queries: list[str] = []
    patterns: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        query, field, pattern = _search(line)
        if query:
            queries.append(query)
        elif pattern:
            patterns.setdefault(field, []).append(pattern)
        else:
            settings.lose(key, f"has {shown(line)}, which no query here says: write block yourself")
    if not (queries or patterns):
        return {}
    settings.lose(key, "marked articles as read; here block leaves them out")
    joined = queries[0] if len(queries) == 1 else " OR ".join(f"({query})" for query in queries)
    block = {**({"query": joined} if queries else {}), **patterns}
    return {"block": joined if not patterns else block}


def _search(line: str) -> tuple[str, str, str]:
    """Give a search as a query of ours, or as a field and a regular expression; nothing where neither."""
    alone = re.fullmatch(r"""(inurl:|\#)("[^"]*"|[^\s"]+)""", line)
    if alone:
        field = "address" if alone[1] == "inurl:" else "category"
        return "", field, f"(?i){re.escape(alone[2].strip(chr(34)).replace('+', ' '))}"
    words: list[str] = []
    for match in _FRESHRSS.finditer(line):
        if match["bracket"]:
            words.append(match["bracket"])
            continue
        value, name = match["value"], (match["name"] or "").lower()
        if match["hash"] or name not in _FRESHRSS_FIELDS:
            return "", "", ""
        if not name and value in ("OR", "AND"):
            words += [value] * (value == "OR")
        else:
            words.append(f"{'-' if match['minus'] else ''}{_FRESHRSS_FIELDS[name]}{_word(value)}")
    return " ".join(words).replace("( ", "(").replace(" )", ")"), "", ""


def _word(value: str) -> str:
    """Write a word, phrase or pattern of FreshRSS as ours; a plus parts the words of a phrase there."""
    if value[0] == "/":
        return value.rstrip("imsu")
    if value[0] == "'":
        return f'"{value[1:-1]}"'
    return f'"{value.replace("+", " ")}"' if "+" in value and value[0] != '"' else value


def miniflux_words(keep: str, block: str) -> dict[str, object]:
    """Give the keys for the older rules of Miniflux: a pattern on address, title, author and tags."""
    found: dict[str, object] = {}
    if block:
        found["block"] = {name: [block] for name in ("title", "category", "author", "address")}
    if keep:
        found["keep_any"] = [keep]
    return found


def miniflux_rules(settings: Settings, key: str, text: str) -> dict[str, list[str]]:
    """Read lines such as ``EntryTitle=(?i)recall`` as patterns on fields of ours."""
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sign, pattern = (part.strip() for part in line.partition("="))
        if sign and name in _MINIFLUX:
            found.setdefault(_MINIFLUX[name], []).append(pattern)
        else:
            settings.lose(key, f"has {shown(line)}, for which there is no rule here")
    return found


def lines_with(texts: Iterable[str]) -> list[dict[str, str]]:
    """Give replacements that take out of a text each line in which one of these texts or /patterns/ is."""
    return [
        {"pattern": rf"(?i)[^<>\n]*(?:{pattern(text)})[^<>\n]*", "with": ""} for text in texts if text.strip()
    ]


def pattern(text: str) -> str:
    """Give a text or a /pattern/flags as a regular expression, without its flags."""
    enclosed = re.fullmatch(r"/(.*)/([a-z]*)", text.strip(), re.DOTALL)
    return enclosed[1] if enclosed else re.escape(text.strip())

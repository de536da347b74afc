"""Jobs of urlwatch: the documents of its ``urls.yaml`` (https://urlwatch.readthedocs.io/en/latest/jobs.html)."""

from collections.abc import Sequence
from typing import Any

from aggregator.discover.peers import filters, request
from aggregator.discover.peers.candidate import Candidate, Listed, Settings, shown
from aggregator.discover.peers.xpath import NoSelectorError, to_css

_NEEDLESS = frozenset("html2text strip striplines beautify pretty-xml format-json pdf2text".split())
"""Filters that make a text of a page, as is done here anyhow."""
_FAILURES = "is not needed: `aggregator sources` shows failures, and rules tell of them if you wish"
_LOST = {
    "browser": "has no counterpart: pages are rendered by Chromium",
    "compared_versions": "has no counterpart: every state is kept",
    "diff_filter": "has no counterpart: what is no part of the text is taken out by [source.article]",
    "diff_tool": "has no counterpart",
    "encoding": "is not needed: charsets are told from the bytes",
    "ignore_cached": "has no counterpart: validators are always used",
    "ignore_connection_errors": _FAILURES,
    "ignore_http_error_codes": _FAILURES,
    "ignore_incomplete_reads": "has no counterpart: half an answer is no text",
    "ignore_timeout_errors": _FAILURES,
    "ignore_too_many_redirects": _FAILURES,
    "max_tries": "is not needed: failures are told once a source is broken",
    "ssl_no_verify": "has no counterpart: certificates are always verified",
    "timeout": "has no counterpart: an exchange has a minute",
    "treat_new_as_changed": "has no counterpart",
    "wait_until": "has no counterpart: a page is read once it has stopped talking to its server",
}


def is_jobs(documents: Sequence[Any]) -> bool:
    """Tell whether YAML documents are jobs."""
    return bool(documents) and all(
        isinstance(one, dict) and bool(one.keys() & {"url", "navigate", "command"}) for one in documents
    )


def read_jobs(documents: Sequence[dict[str, Any]]) -> Listed:
    """Read jobs; those that run a command are left out."""
    candidates: list[Candidate] = []
    left_out: list[str] = []
    for number, job in enumerate(documents, 1):
        name = shown(job.get("name") or f"job {number}")
        if "command" in job:
            left_out.append(f"{name}: command runs a program, which no source does")
        elif job.get("kind") not in (None, "url", "browser"):
            left_out.append(f"{name}: kind {shown(job['kind'])} is a plug-in of urlwatch")
        else:
            candidates.append(_job(job))
    return Listed("urlwatch", tuple(candidates), tuple(left_out))


def _job(job: dict[str, Any]) -> Candidate:
    settings = Settings(job, "urlwatch")
    settings.take("kind")
    address, auth = request.address(settings.text("url") or settings.text("navigate"))
    settings.taken |= {"url", "navigate"}
    keys: dict[str, Any] = {"kind": "watch", "url": address, **auth}
    steps = settings.take("filter")
    article = _filtered(settings, steps if isinstance(steps, list) else _old_steps(steps))
    keys |= {"article": article} if article else {}
    keys |= _request(settings)
    if "navigate" in job:
        waits = settings.text("wait_for")
        keys["browser"] = {"wait_for": waits} if waits else {}
    if settings.values.get("enabled") is False:
        settings.lose("enabled", "was false: run `aggregator pause` with this source's name")
    settings.take("enabled")
    settings.lose_all(_LOST)
    tags = settings.texts("tags")
    return Candidate(
        settings.text("name"), keys, settings.text("user_visible_url"), tuple(tags[:1]), settings.losses
    )


def _old_steps(steps: Any) -> list[Any]:
    """Read the form of before: ``css:#news,html2text``."""
    parts = [part.partition(":") for part in str(steps).split(",") if part.strip()]
    return [{name.strip(): value} if colon else name.strip() for name, colon, value in parts]


def _request(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = settings.take("headers")
    named = [(str(name), str(value)) for name, value in pairs.items()] if isinstance(pairs, dict) else []
    if agent := settings.text("useragent"):
        named.append(("User-Agent", agent))
    if named:
        found |= request.headers(settings, "headers", named)
    if isinstance(cookies := settings.take("cookies"), dict):
        found |= request.cookies_named(settings, "cookies", map(str, cookies))
    if isinstance(data := settings.take("data"), str | dict) and data:
        found |= request.body(settings, "data", data)
    method = settings.text("method").upper()
    if method not in ("", "GET", "POST"):
        settings.lose("method", f"is {method}; only GET and POST are asked here")
    plain, secure = settings.text("http_proxy"), settings.text("https_proxy")
    return {**found, **request.proxy(secure or plain)}


def _filtered(settings: Settings, steps: Sequence[Any]) -> dict[str, Any]:
    """Give the keys of ``[source.article]`` for filters, in their order."""
    body = ""
    removed: list[str] = []
    replaced: list[dict[str, str]] = []
    for step in steps:
        name, value = next(iter(step.items())) if isinstance(step, dict) and step else (step, None)
        name = str(name)
        if picked := _selector(settings, name, value):
            body = f":is({body}) :is({picked[0]})" if body else picked[0]
            removed += picked[1:]
        elif name == "grepi" and isinstance(value, str):
            replaced += filters.lines_with([f"/{value}/"])
        elif name == "re.sub":
            rule = value if isinstance(value, dict) else {"pattern": value}
            replaced.append({"pattern": str(rule.get("pattern", "")), "with": str(rule.get("repl", ""))})
        elif name not in _NEEDLESS and name not in ("css", "xpath"):
            settings.lose("filter", f"has {shown(name)}, which has no counterpart")
    found = {"body": body, "remove": removed, "replace": replaced}
    return {key: rules for key, rules in found.items() if rules}


def _selector(settings: Settings, name: str, value: Any) -> list[str]:
    """Give the selector of a filter that picks elements, and those that it leaves out of them."""
    options = value if isinstance(value, dict) else {}
    for option in ("skip", "maxitems", "sort", "namespaces"):
        if options.get(option):
            settings.lose("filter", f"has {name} {option}, which has no counterpart")
    if options.get("method") == "xml":
        settings.lose("filter", f"has {name} with method xml: XML is read as a feed, or by no kind here")
        return []
    text = str(options.get("selector") or options.get("path") or "") if options else str(value or "")
    simple = {"element-by-id": f'[id="{text}"]', "element-by-class": f'[class~="{text}"]'}
    simple |= {"element-by-tag": text, "element-by-style": f'[style="{text}"]', "css": text}
    excluded = str(options.get("exclude") or "")
    if name in simple:
        return [simple[name], *filter(None, [excluded])]
    if name != "xpath":
        return []
    try:
        found = [to_css(text, absolute=True).selector]
        return [*found, to_css(excluded, absolute=True).selector] if excluded else found
    except NoSelectorError as exc:
        settings.lose("filter", f"has xpath {shown(text)}, which {exc}")
        return []

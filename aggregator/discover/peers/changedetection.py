"""Watches of changedetection.io: its backup, the files in it, or its lists of addresses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aggregator.discover.peers import filters, request
from aggregator.discover.peers.candidate import Candidate, Listed, Settings, shown
from aggregator.discover.peers.rss_bridge import from_address
from aggregator.discover.peers.xpath import NoSelectorError, to_css

_TOLD = "is for you to say: write a [[receiver]] and a [[rule]], see docs/alerts.md"
_NONE = "has no counterpart"
_LOST = {
    "browser_steps": "clicks and types on the page, which nothing here does",
    "check_unique_lines": _NONE,
    "conditions": f"{_NONE}: keep and block decide by words, and a [[rule]] by fields",
    "extract_lines_containing": f"{_NONE}: keep what matters by include_filters",
    "extract_text": f"{_NONE}: keep what matters by include_filters, or by [source.fields] pattern",
    "ignore_status_codes": f"{_NONE}: an error is no text",
    "llm_change_summary": _NONE,
    "llm_intent": _NONE,
    "notification_body": _TOLD,
    "notification_muted": "was set: no rule tells of a source unless one is written",
    "notification_screenshot": f"{_NONE}: there are no screenshots",
    "notification_title": _TOLD,
    "notification_urls": _TOLD,
    "paused": "was set: run `aggregator pause` with this source's name",
    "price_change_threshold_percent": _NONE,
    "proxy": "names a proxy of its settings: set proxy",
    "remove_duplicate_lines": _NONE,
    "sort_text_alphabetically": _NONE,
    "track_ldjson_price_data": _NONE,
    "webdriver_delay": "waited a fixed time: set browser wait_for to a selector",
    "webdriver_js_execute_code": "runs a script on the page, which nothing here does",
}
_STATE = frozenset(
    "browser_steps_last_error_step check_count consecutive_filter_failures content-type date_created "
    "fetch_time has_ldjson_price_data history_snapshot_max_length last_checked last_error "
    "last_notification_error last_viewed llm_backend_profile llm_change_summary_mode llm_evaluation_cache "
    "llm_prefilter notification_alert_count notification_format "
    "page_title previous_md5 previous_md5_before_filters remote_server_reply strip_ignored_lines "
    "trim_text_whitespace use_page_title_in_list uuid follow_price_changes in_stock_only "
    "filter_failure_notification_send conditions_match_logic filter_text_added filter_text_removed "
    "filter_text_replaced history_n newest_history_key viewed last_changed link favicon restock".split()
)
"""What a watch has beside its settings, and settings of what is lost anyhow."""
_OWN_KEYS = frozenset({"fetch_backend", "include_filters", "last_checked", "time_between_check"})
"""Keys by one of which a watch is known; one that was never checked may lack the time of that."""
_UNITS = {"weeks": "w", "days": "d", "hours": "h", "minutes": "m", "seconds": "s"}
_FEED = re.compile(r"(?:^|[/.?=_-])(?:rss|atom|feed|feeds|rdf)(?:[/.?=&_-]|$)|\.xml(?:$|\?)", re.IGNORECASE)


def is_settings(document: Any) -> bool:
    """Tell whether JSON is ``url-watches.json`` or ``changedetection.json``."""
    return (
        isinstance(document, dict) and isinstance(document.get("watching"), dict) and "settings" in document
    )


def is_watches(document: Any) -> bool:
    """Tell whether JSON is one watch, or watches by their ids, as its API gives them."""
    return isinstance(document, dict) and (
        _is_watch(document) or (bool(document) and all(map(_is_watch, document.values())))
    )


def _is_watch(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("url"), str) and not _OWN_KEYS.isdisjoint(value)


def read_watches(document: Mapping[str, Any]) -> Listed:
    """Read settings with their watches, or watches alone."""
    if _is_watch(document):
        document = {"watching": {"": document}}
    elif "watching" not in document:
        document = {"watching": document}
    shared = part(document, "settings")
    tags = part(part(shared, "application"), "tags")
    watches = [watch for watch in part(document, "watching").values() if isinstance(watch, dict)]
    left_out = []
    if part(shared, "application").get("notification_urls"):
        left_out.append(f"the settings: notification_urls {_TOLD}")
    return Listed(
        "changedetection.io", tuple(_watch(watch, shared, tags) for watch in watches), tuple(left_out)
    )


def part(table: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Give a table in another one; an empty one where it is none."""
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _watch(watch: Mapping[str, Any], shared: Mapping[str, Any], tags: Mapping[str, Any]) -> Candidate:
    settings = Settings(
        {key: value for key, value in watch.items() if key not in _STATE}, "changedetection.io"
    )
    application = part(shared, "application")
    address, auth = request.address(settings.text("url"))
    keys: dict[str, Any] = {"kind": "watch", "url": address, **auth, **_interval(settings, shared)}
    article = _article(settings, application)
    keys |= {"article": article} if article else {}
    keys |= _conditions(settings)
    pairs = {**part(shared, "headers"), **part({"headers": settings.take("headers")}, "headers")}
    if pairs:
        keys |= request.headers(settings, "headers", [(name, str(value)) for name, value in pairs.items()])
    method, text = settings.text("method") or "GET", settings.text("body")
    if method == "POST":
        keys |= request.body(settings, "body", text)
    elif method != "GET":
        settings.lose("method", f"is {method}; only GET and POST are asked here")
    keys |= _browser(settings, application)
    if settings.text("processor") not in ("", "text_json_diff"):
        settings.lose(
            "processor", f"is {settings.text('processor')}: the text is watched, not a price or picture"
        )
    schedule = settings.take("time_schedule_limit")
    if isinstance(schedule, dict) and schedule.get("enabled"):
        settings.lose("time_schedule_limit", "limits the hours: write cron in place of interval")
    settings.lose_all(_LOST)
    folder = _tag(settings, tags)
    return Candidate(settings.text("title"), keys, "", (folder,) if folder else (), settings.losses)


def _interval(settings: Settings, shared: Mapping[str, Any]) -> dict[str, Any]:
    own = settings.take("time_between_check")
    common = part(part(shared, "requests"), "time_between_check")
    chosen = common if settings.take("time_between_check_use_default") or not own else own
    if not isinstance(chosen, dict):
        return {}
    parts = [
        f"{chosen[unit]}{short}" for unit, short in _UNITS.items() if str(chosen.get(unit) or "").isdecimal()
    ]
    return {"interval": "".join(part for part in parts if part[0] != "0")} if any(parts) else {}


def _article(settings: Settings, application: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if body := _selectors(settings, "include_filters", settings.texts("include_filters")):
        found["body"] = ", ".join(body)
    names = ("subtractive_selectors", settings.texts("subtractive_selectors"))
    shared = application.get("global_subtractive_selectors")
    removed = _selectors(settings, names[0], [*names[1], *(shared if isinstance(shared, list) else ())])
    if removed:
        found["remove"] = removed
    shared = application.get("global_ignore_text")
    ignored = [*settings.texts("ignore_text"), *(map(str, shared) if isinstance(shared, list) else ())]
    if ignored:
        found["replace"] = filters.lines_with(ignored)
        settings.lose(
            "ignore_text", "left such lines out of the comparison; here they are taken out of the text"
        )
    return found


def _selectors(settings: Settings, key: str, selectors: Sequence[str]) -> list[str]:
    """Give selectors as CSS; what is none is named."""
    found: list[str] = []
    for selector in selectors:
        prefix, bare = re.fullmatch(r"(xpath1?:|jsonp?:|json:|jq:|jqraw:)?(.*)", selector, re.DOTALL).groups()  # type: ignore[union-attr]
        if prefix and prefix.startswith("j"):
            settings.lose(key, f"has {shown(selector)}: JSON is read by a source of the kind api")
        elif prefix or bare.startswith("/"):
            try:
                found.append(to_css(bare, absolute=True).selector)
            except NoSelectorError as exc:
                settings.lose(key, f"has {shown(selector)}, which {exc}")
        else:
            found.append(bare)
    return found


def _conditions(settings: Settings) -> dict[str, Any]:
    """Give ``keep`` and ``block`` for texts that have to stand on the page, or must not."""
    found: dict[str, Any] = {}
    if wanted := settings.texts("trigger_text"):
        found["keep"] = {"text": [f"(?i){filters.pattern(text)}" for text in wanted]}
    if unwanted := settings.texts("text_should_not_be_present"):
        found["block"] = {"text": [f"(?i){filters.pattern(text)}" for text in unwanted]}
    return found


def _browser(settings: Settings, application: Mapping[str, Any]) -> dict[str, Any]:
    backend = settings.text("fetch_backend")
    if backend in ("", "system"):
        backend = str(application.get("fetch_backend") or "")
    return {"browser": {}} if backend not in ("", "html_requests") else {}


def _tag(settings: Settings, tags: Mapping[str, Any]) -> str:
    ids, old = settings.take("tags"), settings.text("tag")
    known = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    names = [str(part(tags, one).get("title") or "") for one in known]
    names = [name for name in (*names, *old.split(",")) if name.strip()]
    if len(names) > 1:
        settings.lose("tags", f"has several; the source is filed under {shown(names[0])}")
    return names[0].strip() if names else ""


def read_addresses(text: str) -> Listed:
    """Read a list of addresses, one a line, each with its tags behind it."""
    candidates = []
    for line in text.splitlines():
        address, _, rest = line.strip().partition(" ")
        if not address or address.startswith("#"):
            continue
        folder = rest.strip("[]'\" ").partition(",")[0].strip("'\" ")
        folders = (folder,) if folder and not re.fullmatch(r"[0-9a-f-]{36}", folder) else ()
        if bridged := from_address(address):
            candidates.append(Candidate("", bridged.keys, "", folders, bridged.lost))
            continue
        bare, auth = request.address(address)
        kind = "feed" if _FEED.search(bare) else "watch"
        lost = (
            ()
            if kind == "feed"
            else ("the address is watched as a page; if it lists articles, `aggregator add` it",)
        )
        candidates.append(Candidate("", {"kind": kind, "url": bare, **auth}, "", folders, lost))
    return Listed("a list of addresses", tuple(candidates))

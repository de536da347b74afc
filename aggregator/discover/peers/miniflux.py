"""Feeds of Miniflux with their rules: outlines with its attributes, and the JSON of ``/v1/feeds``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aggregator.discover.peers import filters, request, scraping
from aggregator.discover.peers.candidate import Candidate, Listed, Settings, shown

_BY_ITSELF = dict.fromkeys(
    "add_dynamic_image use_noscript_figure_images nl2br fix_medium_images add_dynamic_iframe".split(),
    "is not needed: it is done here by itself",
)
_TOLD = "is for you to say: write a [[receiver]] and a [[rule]], see docs/alerts.md"
_LOST = {
    "ignoreHTTPCache": "has no counterpart: validators are always used",
    "fetchViaProxy": "names the proxy of Miniflux's own configuration: set proxy",
    "disabled": "was set: run `aggregator pause` with this source's name",
    "noMediaPlayer": "has no counterpart: there are no players here",
    "hideGlobally": "has no counterpart: name what a feed shows by [[feed]]",
    "allowSelfSignedCertificates": "has no counterpart: certificates are always verified",
    "disableHTTP2": "is not needed: HTTP/1.1 is spoken",
    "urlRewriteRules": "has no counterpart: addresses are kept as they come",
    "webhookURL": _TOLD,
    "appriseServiceURLs": _TOLD,
    "pushoverEnabled": _TOLD,
    "ntfyEnabled": _TOLD,
    "blockFilterEntryRules": "",
}
_JSON_NAMES = {
    "urlrewrite_rules": "urlRewriteRules",
    "webhook_url": "webhookURL",
    "apprise_service_urls": "appriseServiceURLs",
    "ignore_http_cache": "ignoreHTTPCache",
    "disable_http2": "disableHTTP2",
}
_STATE = frozenset(
    "id user_id title feed_url site_url description language checked_at next_check_at etag_header category "
    "icon last_modified_header parsing_error_message parsing_error_count ntfy_priority ntfy_topic "
    "pushover_priority entries".split()
)
"""What ``/v1/feeds`` says of a feed that is no setting, or belongs to one that is off."""
_RULE = re.compile(r"""(?P<name>[a-z_]\w*)|"(?P<text>(?:[^"\\\n]|\\.)*)"|`(?P<raw>[^`]*)`""")


def is_feeds(document: Any) -> bool:
    """Tell whether JSON is what ``/v1/feeds`` answers."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(feed, dict) and "feed_url" in feed for feed in document)
    )


def read_feeds(document: Sequence[Mapping[str, Any]]) -> Listed:
    """Read the answer of ``/v1/feeds``."""
    return Listed("Miniflux", tuple(_from_feed(feed) for feed in document))


def _from_feed(feed: Mapping[str, Any]) -> Candidate:
    named = {_JSON_NAMES.get(key, _camel(key)): value for key, value in feed.items() if key not in _STATE}
    settings = Settings(named, "Miniflux")
    address, auth = request.address(str(feed["feed_url"]))
    category = feed.get("category")
    folder = str(category.get("title") or "") if isinstance(category, dict) else ""
    keys = {"kind": "feed", "url": address, **auth, **settings_of(settings, "")}
    title, page = str(feed.get("title") or ""), str(feed.get("site_url") or "")
    return Candidate(title, keys, page, (folder,) if folder else (), settings.losses)


def _camel(key: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), key)


def settings_of(settings: Settings, prefix: str) -> dict[str, Any]:
    """Give the keys for Miniflux's settings of one feed, whose names begin with ``prefix``."""
    found: dict[str, Any] = {}
    if settings.take(f"{prefix}crawler") in (True, "true", "1"):
        found["full_text"] = "always"
    if selector := settings.text(f"{prefix}scraperRules"):
        found |= scraping.whole_text(settings, f"{prefix}scraperRules", selector)
    if rules := settings.text(f"{prefix}rewriteRules"):
        found["article"] = {
            **found.get("article", {}),
            **_rewritten(settings, f"{prefix}rewriteRules", rules),
        }
    found |= _filtered(settings, prefix)
    if settings.take(f"{prefix}ignoreEntryUpdates") in (True, "true", "1"):
        found["revisit"] = False
    if agent := settings.text(f"{prefix}userAgent"):
        found["headers"] = {"User-Agent": agent}
    if cookie := settings.text(f"{prefix}cookie"):
        found |= request.cookies(settings, f"{prefix}cookie", cookie)
    found |= request.login(settings.text(f"{prefix}username"), settings.text(f"{prefix}password"))
    found |= request.proxy(settings.text(f"{prefix}proxyUrl"))
    for key, why in _LOST.items():
        if why and settings.take(f"{prefix}{key}") not in ("", "false"):
            settings.lose(f"{prefix}{key}", why)
    return {key: value for key, value in found.items() if value or key == "revisit"}


def _filtered(settings: Settings, prefix: str) -> dict[str, Any]:
    """Give ``keep`` and ``block`` for both generations of its filters."""
    keep, block = settings.text(f"{prefix}keeplistRules"), settings.text(f"{prefix}blocklistRules")
    found = filters.miniflux_words(keep, block)
    if keep:
        settings.lose(
            f"{prefix}keeplistRules", "looked at title, address, author and tags; keep_any also at the text"
        )
    name = f"{prefix}blockFilterEntryRules"
    if blocked := filters.miniflux_rules(settings, name, settings.text(name)):
        older = found.get("block", {})
        assert isinstance(older, dict)  # noqa: S101 - miniflux_words made it
        found["block"] = {key: [*older.get(key, []), *blocked.get(key, [])] for key in {**older, **blocked}}
    name = f"{prefix}keepFilterEntryRules"
    if kept := filters.miniflux_rules(settings, name, settings.text(name)):
        if len(kept) == 1:
            found["keep"] = kept
        else:
            found["keep_any"] = [pattern for patterns in kept.values() for pattern in patterns]
            settings.lose(name, "has rules for several fields: keep_any looks for each in all of them")
    return found


def _rewritten(settings: Settings, name: str, text: str) -> dict[str, Any]:
    """Give the keys of ``[source.article]`` for rules such as ``replace("a"|"b"),remove(".ad")``."""
    replaced: list[dict[str, str]] = []
    removed: list[str] = []
    for rule, arguments in _rules(text):
        if rule in ("replace", "replace_title") and len(arguments) > 1:
            with_ = re.sub(r"\$\{?(\d+)\}?", r"\\\1", arguments[1])
            fields = ("title",) if rule == "replace_title" else ("content", "summary")
            replaced += [{"field": field, "pattern": arguments[0], "with": with_} for field in fields]
        elif rule == "remove" and arguments:
            removed.append(arguments[0])
        elif rule == "remove_tables":
            settings.lose(
                name, 'has remove_tables: tables stay; unwrap = ["table", "tr", "td"] takes them apart'
            )
        else:
            settings.lose(name, f"has {shown(rule)}, which {_BY_ITSELF.get(rule, 'has no counterpart')}")
    return {**({"remove": removed} if removed else {}), **({"replace": replaced} if replaced else {})}


def _rules(text: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for match in _RULE.finditer(text):
        if match["name"]:
            found.append((match["name"], []))
        elif found:
            quoted = match["text"]
            found[-1][1].append(match["raw"] if quoted is None else _unquoted(quoted))
    return found


def _unquoted(text: str) -> str:
    """Read the inside of a quoted text of Go."""
    escapes = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), text)

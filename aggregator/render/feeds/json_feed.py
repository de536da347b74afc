"""A feed as JSON Feed 1.1 (https://jsonfeed.org/version/1.1)."""

import json
from collections import Counter
from typing import Any

from aggregator.render.feeds.feed import Feed
from aggregator.render.feeds.generator import insert_entries
from aggregator.render.feeds.item import Item

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_json(feed: Feed, address: str) -> bytes:
    """The feed as JSON Feed, served at ``address``."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": address,
        "authors": [{"name": feed.publisher}],
        "language": feed.site.language,
    }
    if feed.hub:
        document["hubs"] = [{"type": "WebSub", "url": feed.hub}]
    if feed.ended:
        document["expired"] = True
    document["items"] = []
    items = b",".join(item.written.get("json") or write_item(item) for item in feed.items)
    return insert_entries(_dumps(document), [items], b"]}")


def write_item(item: Item) -> bytes:
    """Write an item as it stands in every feed."""
    members = {
        "id": item.id,
        "url": item.share,
        "external_url": item.original if item.original != item.share else "",
        "title": item.title,
        "summary": item.summary,
        "image": item.picture,
        "date_published": item.published.isoformat(),
        "date_modified": item.updated.isoformat() if item.updated != item.published else "",
        "authors": [{"name": name} for name in item.authors],
        "tags": list(dict.fromkeys((*(category.label for category in item.categories), *item.tags))),
        "language": item.language,
        "attachments": _attachments(item),
        # An extension, as names with an underscore are.
        "_fields": {one.name: list(one.values) if one.type == "list" else one.value for one in item.fields},
    }
    # An item must have a body, even an empty one.
    kept = {name: value for name, value in members.items() if value} | {"content_html": item.content}
    item.written["json"] = _dumps(kept)
    return item.written["json"]


def _attachments(item: Item) -> list[dict[str, Any]]:
    # Attachments of the same title are one thing in several formats (JSON Feed 1.1), which ours are not.
    titles = Counter(enclosure.title for enclosure in item.enclosures)
    attachments = []
    for enclosure in item.enclosures:
        attachment: dict[str, Any] = {"url": enclosure.address, "mime_type": enclosure.media_type}
        if enclosure.title and titles[enclosure.title] == 1:
            attachment["title"] = enclosure.title
        if enclosure.length is not None:
            attachment["size_in_bytes"] = enclosure.length
        if enclosure.episode and enclosure.episode.duration:
            attachment["duration_in_seconds"] = enclosure.episode.duration
        attachments.append(attachment)
    return attachments


def _dumps(value: dict[str, Any]) -> bytes:
    return _ENCODER.encode(value).encode()

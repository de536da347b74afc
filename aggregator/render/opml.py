"""Subscriptions as OPML 2.0 (http://opml.org/spec2.opml), the list of feeds that readers exchange."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import escape

from aggregator.text.text import scrub


@dataclass(frozen=True, slots=True)
class Subscription:
    """An outline that names a feed."""

    title: str
    """Empty where the list gives none."""
    address: str
    page: str = ""
    """The address of the HTML page; empty where the list gives none."""
    folders: tuple[str, ...] = ()
    """The labels of the outlines around this one, outermost first."""
    rules: tuple[tuple[str, str], ...] = ()
    """What other programs add: attributes of their namespaces as ``prefix:name``, a type of theirs."""


def write_opml(title: str, subscriptions: Sequence[Subscription]) -> bytes:
    """Write OPML 2.0: folders as outlines in the order of their first feed, a folder's own feeds first."""
    ranks: dict[tuple[str, ...], int] = {}
    for subscription in subscriptions:
        for depth in range(len(subscription.folders)):
            ranks.setdefault(subscription.folders[: depth + 1], len(ranks))

    def rank(subscription: Subscription) -> list[int]:
        return [ranks[subscription.folders[: depth + 1]] for depth in range(len(subscription.folders))]

    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"<head>\n<title>{escape(title)}</title>\n</head>",
        "<body>",
    ]
    open_folders: tuple[str, ...] = ()
    for subscription in sorted(subscriptions, key=rank):
        lines += _between(open_folders, subscription.folders)
        open_folders = subscription.folders
        name = escape(subscription.title)
        page = f' htmlUrl="{escape(subscription.page)}"' if subscription.page else ""
        address = escape(subscription.address)
        lines.append(f'<outline type="rss" text="{name}" title="{name}" xmlUrl="{address}"{page}/>')
    lines += [*_between(open_folders, ()), "</body>", "</opml>", ""]
    return scrub("\n".join(lines)).encode()


def _between(left: tuple[str, ...], entered: tuple[str, ...]) -> Iterator[str]:
    """Close and open the folders that lie between two feeds."""
    pairs = zip(left, entered, strict=False)
    shared = next((depth for depth, (a, b) in enumerate(pairs) if a != b), min(len(left), len(entered)))
    yield from ["</outline>"] * (len(left) - shared)
    for folder in entered[shared:]:
        yield f'<outline text="{escape(folder)}" title="{escape(folder)}">'

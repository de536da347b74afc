"""The hub that a feed names, to be told of its news at once (W3C WebSub, 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aggregator.model import Fetched
from aggregator.text.addresses import resolve

LINK = re.compile(r'<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]{0,500}"|[^\s",;]{1,500}))*)')
REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)


def find_hub(fetched: Fetched, links: Iterable[Mapping[str, str]]) -> tuple[str, str]:
    """Name the hub and the address by which it knows the feed; both empty where none is named.

    ``links`` are those of the feed itself (rel, href); what the headers say goes before them.
    """
    said = [*_in_headers(fetched), *((link.get("rel", ""), link.get("href", "")) for link in links)]
    found = {"hub": "", "self": ""}
    for rel, href in said:
        address = resolve(fetched.address, href)
        for one in rel.lower().split():
            if one in found and not found[one] and urlsplit(address).scheme in ("http", "https"):
                found[one] = address
    return (found["hub"], found["self"] or fetched.address) if found["hub"] else ("", "")


def _in_headers(fetched: Fetched) -> list[tuple[str, str]]:
    """Read Link headers (RFC 8288, 3) as (rel, address)."""
    said = fetched.headers.get("link", "")[:20_000]
    found = ((REL.search(match[2]), match[1]) for match in LINK.finditer(said))
    return [(rel[1] or rel[2], address) for rel, address in found if rel]

"""The WebSub hub that a feed names, which pushes its news to us (W3C WebSub, section 4)."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from aggregator.model import Fetched
from aggregator.sources.paging import read_link_header
from aggregator.text.addresses import resolve


def find_hub(fetched: Fetched, links: Iterable[Mapping[str, str]]) -> tuple[str, str]:
    """Give the hub and the address by which the hub knows the feed; both are empty where no hub is named.

    ``links`` are those of the feed itself (rel, href); the Link header goes before them.
    """
    named = [*read_link_header(fetched), *((link.get("rel", ""), link.get("href", "")) for link in links)]
    found = {"hub": "", "self": ""}
    for relations, href in named:
        address = resolve(fetched.address, href)
        for relation in relations.lower().split():
            if found.get(relation) == "" and urlsplit(address).scheme in ("http", "https"):
                found[relation] = address
    return (found["hub"], found["self"] or fetched.address) if found["hub"] else ("", "")

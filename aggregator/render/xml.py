"""Values as feeds and sitemaps may hold them: text, URIs, language tags, times to the second."""

import re
from datetime import UTC, datetime

from aggregator.text.addresses import resolve
from aggregator.text.text import scrub

LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def xml_text(text: str) -> str:
    """The text without characters that XML forbids; empty where nothing but white space is left."""
    scrubbed = scrub(text)
    return scrubbed if scrubbed.strip() else ""


def as_uri(address: str) -> str:
    """The address as a URI (RFC 3986), empty where it is none of the web.

    Brackets stay only around an IPv6 host; browsers take them anywhere.
    """
    resolved = resolve("", scrub(address))
    if "[" not in resolved and "]" not in resolved:
        return resolved
    parts = resolved.split("/", 3)
    return "/".join((*parts[:3], *(part.replace("[", "%5B").replace("]", "%5D") for part in parts[3:])))


def as_language(tag: str) -> str:
    """The tag with hyphens, as BCP 47 writes it; empty where it is no language tag."""
    tag = tag.replace("_", "-")
    return tag if LANGUAGE_TAG.fullmatch(tag) else ""


def to_second(moment: datetime) -> datetime:
    """The time in UTC without its fraction, as every form of feed can write it."""
    return moment.astimezone(UTC).replace(microsecond=0)

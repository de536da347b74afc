"""Content negotiation: gzip (Accept-Encoding) and conditional requests (If-None-Match)."""

import re
from collections.abc import Iterable
from datetime import UTC
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers

# Possessive quantifiers do not backtrack, so that a header of many blanks takes linear time.
CODING = re.compile(
    r"\s*+([!#$%&'*+.^_`|~0-9A-Za-z-]++)\s*+(?:;\s*+q\s*+=\s*+(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?\s*+", re.I
)
ENTITY_TAG = re.compile(r'"([^"]*)"')


def wants_gzip(accept: Iterable[str]) -> bool:
    """Tell whether Accept-Encoding prefers gzip, or weighs it like plain bytes (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for coding in ",".join(accept).split(","):
        if match := CODING.fullmatch(coding):
            weights[match[1].lower().removeprefix("x-")] = float(match[2] or 1)
    weight = weights.get("gzip", weights.get("*", 0.0))
    return weight > 0 and weight >= weights.get("identity", 0.0)


def not_modified(headers: Headers, tag: str, modified: int) -> bool:
    """Tell whether the client has this answer already (RFC 9110, 13.2.2).

    ``tag`` is the entity tag without quotes, ``modified`` in seconds since 1970. If-None-Match is
    compared weakly; If-Modified-Since counts only without it.
    """
    if "if-none-match" in headers:
        tags = ",".join(headers.getlist("if-none-match"))
        return tags.strip() == "*" or tag in ENTITY_TAG.findall(tags)
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
        # The asctime form names no zone and means GMT (RFC 9110, 5.6.7).
        return modified <= since.replace(tzinfo=since.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return False

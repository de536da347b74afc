"""Addresses as people and other programs write them: ``example.org``, ``feed://…``, with braces."""

import re
from contextlib import suppress

from aggregator.settings import check_address
from aggregator.text.addresses import resolve

_BARE_HOST = re.compile(r"(?://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_HOST_ALONE = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+|localhost)(?::\d+)?(?=[/?#]|\Z)", re.IGNORECASE)


def read_address(text: str) -> str:
    """Give the web address that a text means, by http where it names no scheme, or "".

    Braces are percent-encoded, as browsers send them: in a configuration they would be a template.
    """
    bare = re.sub(r"\Afeed:/*", "", text.strip(), flags=re.IGNORECASE)
    if not re.match(r"https?:", bare, re.IGNORECASE) and (bare != text or _BARE_HOST.match(bare)):
        bare = f"http://{bare.removeprefix('//')}"
    for address in (bare, resolve("", bare)):
        with suppress(ValueError):
            return check_address(address).replace("{", "%7B").replace("}", "%7D")
    return ""


def possible_addresses(text: str) -> list[str]:
    """Give the web addresses that a text may mean, the likeliest first; one without a scheme is two."""
    text = text.strip()
    # A list of feeds may hold file names, but nobody types one for an address.
    address = read_address(f"http://{text}" if _HOST_ALONE.match(text) else text)
    if not address or re.match(r"(?:feed:/*)?https?:", text, re.IGNORECASE):
        return [address] if address else []
    return [f"https{address.removeprefix('http')}", address]

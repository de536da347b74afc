"""Pages of a list: the request for each, by ``[source.paging]`` or the Link header (RFC 8288)."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from aggregator.model import Fetched, Request
from aggregator.settings import Source
from aggregator.text.addresses import canonical, resolve, same_site
from aggregator.text.templates import fill, placeholders

FIELDS = frozenset({"page", "cursor"})
"""Fields that the templates of a list's addresses and bodies may name."""
MAX_LINK_HEADER = 20_000
"""Characters of a Link header that are read."""

# One value of a Link header: <address>; name=value; name="value".
_LINK = re.compile(r"<([^<>]*)>((?:\s*+;\s*+[\w!#$&+.^`|~*-]++(?:\s*+=\s*+(?:\"[^\"]*\"|[^\s\",;]*+))?+)*+)")
_RELATION = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]*))", re.IGNORECASE)


def check(source: Source) -> Iterator[tuple[str, str]]:
    """Find templates that name fields which no page of a list has, and a cursor that no template uses."""
    for key, template in (("url", source.url), ("paging.url", source.paging.url)):
        for name in sorted(placeholders(template) - FIELDS):
            yield key, f"{{{name}}} is not known here; there are {{page}} and {{cursor}}"
    if source.paging.cursor and "cursor" not in _named(source):
        yield "paging.cursor", "goes nowhere: write {cursor} in url, body or paging.url"
    if "cursor" in _named(source) and not source.paging.cursor:
        yield "paging.cursor", "is missing: the JMESPath of what {cursor} becomes"


def unused(source: Source, *keys: str) -> Iterator[tuple[str, str]]:
    """Find keys of ``[source.paging]`` that are set although the kind does not use them."""
    for key in keys:
        if getattr(source.paging, key) != type(source.paging).model_fields[key].default:
            yield f"paging.{key}", f'means nothing to a source of the kind "{source.kind}"'


def ask(source: Source, number: int, before: Fetched | None) -> Request | None:
    """Ask for the first page of a list, or for a further one where a template has ``{page}``.

    Kinds that find the next address or a cursor in the previous answer use :func:`follow` or :func:`request`.
    """
    if before is not None and not counts(source):
        return None
    return request(source, number)


def counts(source: Source) -> bool:
    """Tell whether a template counts the pages of a list with ``{page}``."""
    return "page" in _named(source)


def follow(source: Source, number: int, href: str, base: str) -> Request | None:
    """Ask for the page that a link leads to, counted from ``base``; None where it leads nowhere new."""
    address = resolve(base, href)
    if not address or canonical(address) == canonical(base) or not same_site(address, base):
        return None
    return request(source, number, address=address)


def request(source: Source, number: int, *, address: str = "", cursor: str = "") -> Request:
    """Make the request for page ``number``: for an address that was found, else by the templates."""
    fields = {"page": str(source.paging.first + number - 1), "cursor": cursor}
    template = source.paging.url if number > 1 and source.paging.url else source.url
    return Request(
        address or fill(template, fields, quote=True),
        method=source.method,
        body=_body(source.body, fields),
    )


def header_link(fetched: Fetched, relation: str) -> str:
    """Give the address of a relation from the Link header; empty without one."""
    links = read_link_header(fetched)
    return next((href for relations, href in links if relation in relations.lower().split()), "")


def read_link_header(fetched: Fetched) -> list[tuple[str, str]]:
    """Read the Link header (RFC 8288, section 3) as pairs of relations, set apart by blanks, and address."""
    header = fetched.headers.get("link", "")[:MAX_LINK_HEADER]
    links = ((_RELATION.search(link[2]), link[1]) for link in _LINK.finditer(header))
    return [(rel[1] or rel[2] or "", address.strip()) for rel, address in links if rel]


def _body(template: str, fields: dict[str, str]) -> str:
    """Fill a body, which is JSON or a form; its other braces are its own (JSON, GraphQL)."""
    for name, value in fields.items():
        is_json = template.lstrip().startswith(("{", "["))
        escaped = json.dumps(value)[1:-1] if is_json else quote(value, safe="")
        template = template.replace(f"{{{name}}}", escaped)
    return template


def _named(source: Source) -> set[str]:
    return placeholders(source.url) | placeholders(source.paging.url) | placeholders(source.body)

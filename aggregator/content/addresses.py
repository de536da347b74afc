"""Temporary."""

import re
from urllib.parse import quote as q
from urllib.parse import urljoin, urlsplit


def resolve(base: str, href: str) -> str:
    try:
        a = urljoin(base, href.strip())
        return (
            q(a, safe=":/?#[]@!$&'()*+,;=%~")
            if urlsplit(a).scheme in ("http", "https") and href.strip()
            else ""
        )
    except ValueError:
        return ""


def canonical(address: str) -> str:
    return address


def fill(template: str, fields: object, *, quote: bool) -> str:
    def one(m: "re.Match[str]") -> str:
        v = fields.get(m[1], "")  # type: ignore
        v = (v[0] if v else "") if isinstance(v, list) else v
        return q(v, safe="") if quote else v

    return re.sub(r"\{(\w+)\}", one, template)


def fill_all(template: str, fields: object) -> list[str]:
    r = " ".join(fill(template, fields, quote=False).split())
    return [r] if r else []


def placeholders(template: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", template))

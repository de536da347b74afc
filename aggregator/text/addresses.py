"""Web addresses: absolute, safe to ask for, and the same for the same page."""

import ipaddress
import re
from urllib.parse import SplitResult, unquote, unquote_plus, urljoin, urlsplit, urlunsplit
from urllib.parse import quote as percent_encode

# The standard strips the blank and every control character at both ends.
_BLANK = "".join(map(chr, range(33)))
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_LOOSE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?=.*[a-z0-9])[a-z0-9._~-]+")
_ORDINARY = re.compile(
    r"https?://(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/(?!\.)[A-Za-z0-9_~.,;:@!&()*+=-]*)+"
    r"(?:\?[A-Za-z0-9_~.,;:@!&()*+=/-]+)?(?:#[A-Za-z0-9_~.,;:@!&()*+=/-]+)?"
)
"""Absolute addresses of the usual form, in which nothing is to be resolved or encoded."""
_ROOTED = re.compile(r"/(?!/)[^;]*$")
_ORIGIN = re.compile(r"(https?://(?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/?#]|$)")
"""Links from the root of a site, and the beginning of an address to which such a link is appended."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
# RFC 3986, section 3.3 leaves these unescaped, and every browser leaves brackets alone.
_SAFE = "%/:@!$&'()*+,;=~[]"

# Parameters that follow readers about. Each belongs to one advertiser, mailer or counter and means nothing
# else anywhere; what may name content on some site (from, ref, source, share, id, cid, scene) is not here.
_TRACKING = frozenset(
    # clicks on advertisements
    "fbclid gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid msclkid yclid ysclid ttclid twclid"
    " li_fat_id epik scclid irclickid rdt_cid wickedid rb_clickid srsltid"
    # networks that people share on
    " igsh igshid ref_src ref_url share_token share_from_id isappinstalled wxshare_count nsukey"
    " sharer_shareinfo sharer_shareinfo_first vd_source spm_id_from"
    # newsletters
    " mc_cid mc_eid mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking _ke ml_subscriber"
    " ml_subscriber_hash bsft_clkid bsft_eid bsft_mid bsft_uid dm_i cmpid ncid s_cid icid"
    # counters
    " _ga _gl _openstat spm scm hmsr hmpl hmcu hmkw hmci _branch_match_id wt.mc_id wt.mc_ev wt.tsrc wt.zmc"
    " xtor".split()
)
_TRACKING_FAMILY = re.compile(
    r"(?:utm|vero|oly|hsa|trk)_\w+"
    r"|(?:pk|piwik|mtm|matomo)_(?:campaign|kwd|keyword|source|medium|content|cid|group|placement)"
    r"|at_(?:campaign\w*|medium|custom\d|creation|format|network|platform|variant|link_\w+|ptr_name|bbc_team)"
)
_INDEX = re.compile(
    r"/(?:(?:index|default|home)\.(?:s?html?|php\d?|aspx?|jspx?|cfm|do)|index|default\.aspx)$", re.IGNORECASE
)
_SESSION_PATH = re.compile(
    r";(?:jsessionid|phpsessid|sessionid|session_id|sid)=[^/?#;]*|/\((?:[A-Z]\([A-Za-z0-9_-]{20,}\))+\)(?=/)",
    re.IGNORECASE,
)
"""Java writes its session into the path, ASP.NET a segment such as ``(S(…))``."""
_SESSION_PAIR = re.compile(
    r"(?:jsessionid|phpsessid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|jservsessionid\w*|sessionid|session_id|sess_id"
    r"|phpsession|oscsid|zenid|xtcsid|vbsessionhash)=.*"
    r"|(?:sid|s|session|sess|ssid)=(?=[^=&]*\d)[0-9A-Za-z,-]{22,}",
    re.IGNORECASE,
)
"""Sessions in a query: by names that mean nothing else, by short ones where the value is random."""


def resolve(base: str, href: str) -> str:
    """Return the absolute http(s) address that ``href`` means on a page at ``base``, or "".

    As a browser does (WHATWG URL): blanks around and line breaks inside go, backslashes are slashes,
    what is not ASCII is percent-encoded as UTF-8, hosts are written in IDNA. Whatever is no such
    address (``javascript:``, ``mailto:``, ``data:``, nothing, a broken host or port) gives "".
    """
    if address := plain_address(base, href):
        return address
    href = re.sub(r"[\t\r\n]", "", href.strip(_BLANK))
    scheme = _SCHEME.match(href)
    if not href or (scheme and scheme[1].lower() not in _DEFAULT_PORTS):
        return ""
    path, mark, rest = _cut(href)
    href = path.replace("\\", "/") + mark + rest
    try:
        parts = urlsplit(href if re.match(r"https?://", href, re.IGNORECASE) else urljoin(base, href))
        if parts.scheme not in _DEFAULT_PORTS:
            return ""
        netloc = _netloc(parts)
        if "/." in parts.path:
            parts = parts._replace(path=urlsplit(urljoin("http://host/", parts.path)).path)
    except ValueError:
        return ""
    return urlunsplit(
        (
            parts.scheme,
            netloc,
            _encoded(parts.path),
            _encoded(parts.query, "?"),
            _encoded(parts.fragment, "?"),
        )
    )


def plain_address(base: str, href: str) -> str:
    """Return what ``resolve`` does of an address of the usual form, in which nothing is mended, else ""."""
    if _ORDINARY.fullmatch(href):
        return href
    if _ROOTED.match(href) and (origin := _ORIGIN.match(base)) and _ORDINARY.fullmatch(origin[1] + href):
        return origin[1] + href
    return ""


def canonical(address: str) -> str:
    """Return the form of an absolute address that tells whether two are one page.

    Scheme and host in lower case, no default port, no fragment, no parameters that only track; the
    others keep their order. A fragment that is a route (``#/news/1``, ``#!news``) stays: it names the
    page. What is no http(s) address comes back as it is.
    """
    if _ORDINARY.fullmatch(address) and "?" not in address and "#" not in address:
        return address
    try:
        parts = urlsplit(address)
        if parts.scheme not in _DEFAULT_PORTS:
            return address
        netloc = _netloc(parts)
    except ValueError:
        return address
    route = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    return urlunsplit((parts.scheme, netloc, parts.path or "/", _untracked(parts.query), route))


def comparable(address: str) -> str:
    """Return what of an absolute address says which page it is, for comparing; it is no address any more.

    Its scheme, a leading ``www.``, a slash or a default index name at the end, the case of percent-codes and
    session ids are left out. What is no http(s) address comes back as it is.
    """
    address = canonical(_SESSION_PATH.sub("", address))
    parts = urlsplit(address)
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return address
    path = _INDEX.sub("/", _unescaped(parts.path)).rstrip("/")
    query = ""
    if parts.query:
        pairs = _unescaped(parts.query).split("&")
        query = "&".join(pair for pair in pairs if pair and not _SESSION_PAIR.fullmatch(pair))
    mark = "?" if query else ""
    route = f"#{parts.fragment}" if parts.fragment else ""
    host = re.sub(r"^www\.(?=[^.]+\.)", "", parts.netloc)
    return f"{host}{path}{mark}{query}{route}"


def _unescaped(text: str) -> str:
    """Give percent-codes in capitals, unreserved characters without them (RFC 3986, section 6.2.2)."""
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda code: _plain(code[0]), text) if "%" in text else text


def _plain(code: str) -> str:
    character = unquote(code)
    return character if re.fullmatch(r"[A-Za-z0-9._~-]", character) else code.upper()


def untracked(address: str) -> str:
    """Return an absolute address without the parameters that only track, else as it is."""
    if "?" not in address:
        return address
    parts = urlsplit(address)
    query = _untracked(parts.query)
    return address if query == parts.query else urlunsplit(parts._replace(query=query))


def _untracked(query: str) -> str:
    return "&".join(pair for pair in query.split("&") if not _tracks(unquote_plus(pair.partition("=")[0])))


def same_site(one: str, other: str) -> bool:
    """Tell whether two addresses belong to one site, whatever their scheme and port.

    One host, but for a leading ``www.`` or ``m.``, is one site; so are the hosts below one registrable
    domain, as the public suffix list has it (its private part too: two names below ``github.io`` are two
    sites). A name that the list does not know counts by its last two labels, an IP address only for itself.
    """
    mine, theirs = _host(one), _host(other)
    if not mine or not theirs:
        return False
    return _bare(mine) == _bare(theirs) or "" != registered_domain(mine) == registered_domain(theirs)


def canonical_link(page_address: str, href: str, base: str) -> str:
    """Return the canonical form of a page's ``<link rel="canonical">``, or "" where it cannot be right.

    ``base`` is what ``href`` is relative to. A link to another site, or from a deeper page to the root
    or the section above it (a template's mistake that would make all articles one), is not believed.
    """
    address = canonical(resolve(base, href))
    if not address or not same_site(page_address, address):
        return ""
    here, parts = urlsplit(page_address).path, urlsplit(address)
    folder = parts.path.endswith("/") and not (here.endswith("/") or parts.query or parts.fragment)
    above = folder and here != parts.path.rstrip("/")
    return "" if above or (_is_root(address) and not _is_root(canonical(page_address))) else address


def _tracks(parameter: str) -> bool:
    name = parameter.lower()
    return name in _TRACKING or _TRACKING_FAMILY.fullmatch(name) is not None


def _is_root(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query and not parts.fragment


def _host(address: str) -> str:
    """Return the host of an http(s) address as it goes over the wire, "" where there is none."""
    try:
        parts = urlsplit(address)
        netloc = _netloc(parts) if parts.scheme in _DEFAULT_PORTS else ""
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return re.sub(r"^(?:www|m)\.(?=[^.]+\.[^.]+)", "", host)


def registered_domain(host: str) -> str:
    """Return the registered domain, "" where the host is an IP address or one word."""
    if ":" in host or re.fullmatch(r"[\d.]+", host) or "." not in host:
        return ""
    from tld import get_fld  # reads its copy of the list, which takes a moment

    known: str | None = get_fld(f"http://{host}", fail_silently=True, search_private=True)
    return known or ".".join(host.split(".")[-2:])


def _cut(href: str) -> tuple[str, str, str]:
    """Split before the query or fragment, where a backslash is no slash."""
    mark = re.search(r"[?#]", href)
    return (href[: mark.start()], mark[0], href[mark.end() :]) if mark else (href, "", "")


def _encoded(text: str, also: str = "") -> str:
    return percent_encode(_LOOSE_PERCENT.sub("%25", text), safe=_SAFE + also, errors="replace")


def _netloc(parts: SplitResult) -> str:
    """Return user, host and port as they go over the wire. Raises ValueError without a usable host."""
    host = unquote(parts.hostname or "").lower()
    if ":" in host:
        host = f"[{ipaddress.IPv6Address(host).compressed}]"
    else:
        host = host if host.isascii() else host.encode("idna").decode("ascii").lower()
        if not _HOST.fullmatch(host):
            raise ValueError("no host name")
    user, at, _ = parts.netloc.rpartition("@")
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{_encoded(user)}{at}{host}{port}"


_FLEETING = re.compile(
    r"(?:_|cb|cachebuster|cache|rand|rnd|random|ord|nocache|nc|t|ts|time|timestamp|v|ver|version"
    r"|x-amz-[\w-]+|expires|signature|key-pair-id|policy|token|auth_key|sign|sig|hash)",
    re.IGNORECASE,
)
"""Parameters of a file's address that change although the file does not: against caches, or signatures."""


def file_at(address: str) -> str:
    """Give a file's address without parameters that change although the file does not."""
    parts = urlsplit(comparable(address))
    kept = (pair for pair in parts.query.split("&") if not _FLEETING.fullmatch(pair.partition("=")[0]))
    return f"{parts.netloc}{unquote(parts.path)}?{'&'.join(kept)}"

"""Publishing systems that serve many sites, recognised by marks in their pages.

They are jpaas, jcms, TRS, gkmlpt (documents of Guangdong), the library of www.gov.cn, and WordPress. The
marks of Chinese systems were learnt from public scrapers, not from the sites.
"""

import copy
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Comment, Tag

from aggregator.text.addresses import resolve
from aggregator.text.html import attribute, parse_html

_ZJEG = "ZJEG_RSS.content.begin"
CREATE_PAGES = re.compile(
    r"createPageHTML\(\s*(?P<element>[\"'][^\"']{0,100}[\"']\s*,)?\s*(?P<total>\d{1,6})\s*,\s*(?P<current>\d{1,6})"
    r"\s*,\s*[\"'](?P<name>[\w./-]{1,100})[\"']\s*,\s*[\"'](?P<ending>\w{1,6})[\"']"
)
"""The call by which a list of TRS makes the links to its pages."""
_SITE_ID = re.compile(r"\bSID\s*[:=]\s*[\"']?(\d{1,12})")
_RECORD = re.compile(r"<record\b[^>]{0,200}>", re.IGNORECASE)
_PAIR = re.compile(r"""['"]?\b(\w+)['"]?\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,'"{}]+))""")


@dataclass(frozen=True, slots=True)
class Family:
    """A publishing system that serves many sites alike."""

    name: str
    why: str
    """The mark by which it was recognised, for people."""
    api: str = ""
    """The root of WordPress's REST API, or the address of a list of gkmlpt."""


def find_family(soup: BeautifulSoup, base: str) -> Family | None:
    """Give the family of a page at ``base``, or None."""
    return (
        _jpaas(soup)
        or _jcms(soup)
        or _gkmlpt(soup, base)
        or _library(base)
        or _trs(soup)
        or _wordpress(soup, base)
    )


def expand_datastore(soup: BeautifulSoup) -> BeautifulSoup:
    """Put the entries that jcms hides in ``<datastore>`` into a copy of the page, as its script does.

    A page without them is given back itself.
    """
    if not any(datastores(soup)):
        return soup
    soup = copy.copy(soup)
    for store in list(datastores(soup)):
        records = _records(store)
        filled = parse_html("".join(records))
        for part in list((filled.body or filled).contents):
            store.insert_before(part.extract())
        store.extract()
    return soup


def _jpaas(soup: BeautifulSoup) -> Family | None:
    """Recognise jpaas by a script that fetches a part of the page; of several, by the likeliest list."""
    units = []
    for element in soup.find_all(lambda tag: any(name.lower() == "querydata" for name in tag.attrs)):
        query = next(
            _query(attribute(element, name)) for name in element.attrs if name.lower() == "querydata"
        )
        if {"webId", "pageId"} <= query.keys():
            units.append((_list_score(query, element), query))
    if not units:
        return None
    _, query = max(units, key=lambda unit: unit[0])
    part = query.get("tagId") or "a part of the page"
    return Family("jpaas", f"a script fetches {part!r} of web {query['webId']}")


def _query(script: str) -> dict[str, str]:
    """Read the query of a jpaas script: JSON, JSON with single quotes, or either of them escaped."""
    for text in (script, html.unescape(script)):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            return {
                str(key): value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for key, value in data.items()
                if value is not None
            }
    pairs = _PAIR.findall(html.unescape(script[:5000]))
    return {
        name: single or double or (bare if bare != "null" else "") for name, single, double, bare in pairs
    }


def _list_score(query: Mapping[str, str], element: Tag) -> int:
    """Score a part: 2 where something speaks of pages, 1 where its ``tagId`` speaks of a list."""
    words = f"{query.get('paramJson', '')} {query.get('tagId', '')} {attribute(element, 'class')}"
    paged = bool(re.search(r"page(?:no|size)|分页|rows", words, re.IGNORECASE))
    content = bool(re.search(r"列表|内容|list|content", query.get("tagId", ""), re.IGNORECASE))
    return 2 * paged + content


def _jcms(soup: BeautifulSoup) -> Family | None:
    for store in datastores(soup):
        return Family("jcms", f"a datastore with {len(_records(store))} records")
    if soup.find(string=lambda text: isinstance(text, Comment) and _ZJEG in text):
        return Family("jcms", f"the mark <!--{_ZJEG}-->")
    return None


def _trs(soup: BeautifulSoup) -> Family | None:
    for script in soup.find_all("script"):
        if match := CREATE_PAGES.search(script.string or ""):
            return Family("trs", f"a script turns {match['total']} pages")
    return None


def _gkmlpt(soup: BeautifulSoup, base: str) -> Family | None:
    """Recognise gkmlpt by its folder; a script has the site's number, the # of an address the category."""
    parts = urlsplit(base)
    root, folder, _ = parts.path.partition("/gkmlpt")
    if not folder:
        return None
    ids = (_SITE_ID.search(script.string or "") for script in soup.find_all("script"))
    site = next((match[1] for match in ids if match), "")
    category = parts.fragment if parts.fragment.isdecimal() else "0"
    list_ = f"{root}/gkmlpt/api/all/{category}?page={{page}}&sid={site}"
    return Family("gkmlpt", f"site {site} of it", urljoin(base, list_)) if site else None


def _library(base: str) -> Family | None:
    parts = urlsplit(base)
    is_library = parts.hostname == "sousuo.www.gov.cn" or (
        parts.hostname == "www.gov.cn" and parts.path.startswith("/zhengce/zhengceku")
    )
    return Family("gov-cn-library", "the library of policies of www.gov.cn") if is_library else None


def datastores(soup: BeautifulSoup) -> Iterator[Tag]:
    """Yield the elements that hold the entries of jcms."""
    for element in soup.find_all(["script", "datastore"]):
        if element.name == "datastore" or "<datastore" in (element.string or "")[:2000].lower():
            yield element


def _records(store: Tag) -> list[str]:
    """Give the HTML of each record."""
    if store.name == "script":
        return [_content(text) for text in _RECORD.split(store.string or "")[1:]]
    # Records inside of records do not count: a page could nest very many.
    holders = [store, *store.find_all("recordset", recursive=False)]
    return [_unwrapped(record) for holder in holders for record in holder.find_all("record", recursive=False)]


def _content(text: str) -> str:
    """Give the HTML of a record, up to its end: its CDATA sections, or its text unescaped."""
    first, *sections = text.partition("</record")[0].split("<![CDATA[")
    return " ".join(part.partition("]]>")[0] for part in sections) or html.unescape(first)


def _unwrapped(record: Tag) -> str:
    """Mend what an HTML parser makes of ``<![CDATA[<li>…]]>``: a comment up to the first >, and the rest."""
    markup = record.decode_contents()
    return re.sub(r"^\s*<!--\[CDATA\[(.*?)-->", r"\1>", markup, count=1, flags=re.DOTALL).replace(
        "]]&gt;", ""
    )


def _wordpress(soup: BeautifulSoup, base: str) -> Family | None:
    root = soup.select_one('link[rel~="https://api.w.org/"][href]')
    generator = soup.select_one('meta[name="generator" i][content^="WordPress" i]')
    files = soup.select_one(
        'link[href*="/wp-content/"], script[src*="/wp-content/"], script[src*="/wp-includes/"]'
    )
    if root:
        return Family("wordpress", "a link to its API", resolve(base, attribute(root, "href")))
    if generator:
        why = f"its generator is {attribute(generator, 'content')[:40]}"
    elif files:
        why = "files of wp-content"
    else:
        return None
    # WordPress is in the folder that stands before wp-content.
    file = attribute(files, "href") or attribute(files, "src") if files else ""
    home = resolve(base, re.split(r"wp-(?:content|includes)/", file)[0] or "/")
    return Family("wordpress", why, resolve(home, "wp-json/"))

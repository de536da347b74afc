"""What to say of an address at which no source was found, or no sure one."""

import re

from bs4 import BeautifulSoup, Tag

from aggregator.content.body import find_body
from aggregator.discover.page import parse_beginning
from aggregator.model import Fetched
from aggregator.sources.page import element_text

BROWSER = "its list is built by a script: [source.browser] has a browser read it (docs/sources.md, recipe 10)"
_FRAMEWORK = re.compile(
    r"\s(?:v-for|:key|ng-app|(?:data-)?ng-repeat|\*ngFor|x-for|data-reactroot)[\s=>]", re.I
)
_ROOTS = (
    "#app, #root, #__next, #__nuxt, app-root, [id*=list i], [class*=list i], [id*=news i], [class*=news i]"
)
_PLACEHOLDER = re.compile(r"\{\{[^{}]{1,80}\}\}|<%=?[^%]{1,80}%>")
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|requires?|turn on|without) JavaScript|JavaScript.{0,20}(?:enabled|required)"
    r"|(?:启用|开启|打开|支持).{0,6}(?:JavaScript|脚本)",
    re.IGNORECASE,
)


def explain_nothing(answer: Fetched, kind: str, select: str) -> str:
    """Say that nothing was found, what is there instead, and what may help."""
    asked = ""
    if kind:
        asked = f" of the kind {kind!r}"
    elif select:
        asked = f" at {select!r}"
    return f"no source{asked} was found at {answer.address}: {_instead(answer)}"


def needs_browser(answer: Fetched) -> bool:
    """Tell whether scripts write what a page shows. Raises ReadError for what is plainly no page."""
    return is_script_built(parse_beginning(answer))


def is_script_built(soup: BeautifulSoup) -> bool:
    """Tell whether scripts write what a page shows: it has scripts, and holes where its list should be."""
    if not soup.select_one("script"):
        return False
    told = any(_NEEDS_SCRIPT.search(element_text(one)) for one in soup.select("noscript"))
    if told or _FRAMEWORK.search(str(soup)):
        return True
    if len(soup.select("a[href]")) < 3:
        return True
    return any(map(_is_hole, soup.select(_ROOTS))) or bool(_PLACEHOLDER.search(soup.get_text()))


def _is_hole(element: Tag) -> bool:
    """Tell whether an element that should hold a list holds nothing that is read."""
    if element.name not in ("ul", "ol", "dl", "div", "section", "main", "table", "tbody", "app-root"):
        return False
    return not element_text(element) and not element.select_one("a, img, iframe, input, script")


def _instead(answer: Fetched) -> str:
    start = answer.body.lstrip()[:1]
    if not start:
        return "its answer is empty"
    if start in (b"{", b"["):
        return "it is JSON; an api source reads it (docs/sources.md, recipe 2)"
    soup = parse_beginning(answer)
    if is_script_built(soup):
        return BROWSER
    if find_body(str(soup), answer.address):
        return "it looks like an article; give the page that lists it, or the site's front page"
    return "no list of links stands out; --select CSS names it"

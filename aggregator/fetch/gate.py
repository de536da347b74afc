"""Gates: a challenge, a captcha or a login that stands before the content of an answer."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_GATE_SIZE = 512 * 1024  # bytes of a gate; a larger page is none
HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta", b"<title", b"<noscript")
FEED = (b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex", b"<opml")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a gate is known by; its words are in lower case.

    Ordinary pages carry most of these words, too, since the same firms watch them, so the length of a
    page's text decides.
    """

    name: str
    all_of: tuple[bytes, ...]
    """Words that the page has to hold."""
    any_of: tuple[bytes, ...] = ()
    """Words of which it has to hold one, where there are any."""
    text: int = 1200
    """Bytes that its text has at most."""

    def is_on(self, page: bytes) -> bool:
        """Tell whether a page, in lower case, has its words."""
        if not all(word in page for word in self.all_of):
            return False
        return not self.any_of or any(word in page for word in self.any_of)


MARKS = (
    Mark("jsluid", (b"<script",), (b"__jsl_clearance", b"('_')+('_')+('j')+('s')+('l')")),
    Mark("Cloudflare", (b"_cf_chl_opt",)),
    Mark("Cloudflare", (b"<title>just a moment...</title>",), (b"cloudflare", b"cf-", b"/cdn-cgi/")),
    Mark("Cloudflare", (b"<title>attention required! | cloudflare</title>",), text=3000),
    Mark("Cloudflare", (b"cf-error-details",), (b"error code 1020", b"you have been blocked"), text=3000),
    Mark("Cloudflare", (b"challenges.cloudflare.com/turnstile",), text=400),
    Mark("Akamai", (b"errors.edgesuite.net",), (b"access denied",)),
    Mark("Akamai", (b"sec-if-cpt-container",)),
    Mark("Akamai", (b"bm-verify=",), text=400),
    Mark("Imperva", (b"_incapsula_resource",), text=400),
    Mark("Imperva", (b"incapsula incident id",)),
    Mark("DataDome", (b"captcha-delivery.com",), text=600),
    Mark("PerimeterX", (b"px-captcha",)),
    Mark("PerimeterX", (b"_pxappid",), (b"captcha.px-cdn.net", b"/captcha/captcha.js", b"human challenge")),
    Mark("AWS WAF", (b"awswafintegration", b"<script"), text=600),
    Mark("AWS WAF", (b"gokuprops",), text=600),
    Mark("Aliyun WAF", (b"acw_sc__v2",), text=400),
    Mark("Aliyun WAF", (b"_____tmd_____",), text=800),
    Mark("Aliyun WAF", (b"errors.aliyun.com",), (b"405", b"block"), text=1200),
    Mark("Aliyun WAF", (b"aliyuncaptcha",), text=400),
    Mark("RuiShu", (b"$_ts",), (b"window['$_ts']", b'window["$_ts"]', b"$_ts.cd", b"$_ts.nsd"), text=300),
    Mark("Tencent captcha", (b"tcaptcha",), text=400),
    Mark("Tencent captcha", (b"turing.captcha.",), text=400),
    Mark("GeeTest captcha", (b"initgeetest",), text=400),
    Mark("GeeTest captcha", (b"static.geetest.com",), text=400),
    Mark("reCAPTCHA", (b"g-recaptcha",), text=500),
    Mark("reCAPTCHA", (b"recaptcha/api.js",), (b"unusual traffic", b"not a robot"), text=2000),
    Mark("hCaptcha", (b"h-captcha",), text=500),
    Mark("hCaptcha", (b"hcaptcha.com/1/api.js",), text=500),
)

GATE_HEADERS = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "captcha", "AWS WAF"),
    ("x-amzn-waf-action", "challenge", "AWS WAF"),
)
"""Headers that only a gate sends, with their values and the firm."""

GATE_PHRASES = {
    "a captcha": (
        "verify you are human",
        "verify that you are human",
        "verifying you are human",
        "verify you are not a robot",
        "are you a robot",
        "are not a robot",
        "unusual traffic from your",
        "pardon our interruption",
        "complete the captcha",
        "complete the security check",
        "checking your browser before",
        "请输入验证码",
        "请输入图中",
        "请输入下图",
        "请完成安全验证",
        "请完成下列验证",
        "完成人机验证",
        "请进行人机验证",
        "拖动滑块",
        "滑动验证",
        "向右滑动",
        "访问过于频繁",
        "您的访问出现异常",
        "检测到异常流量",
    ),
    "access denied": (
        "access denied",
        "access to this page has been denied",
        "you don't have permission to access",
        "you do not have permission to access",
        "your ip has been blocked",
        "request blocked",
        "not available in your country",
        "not available in your region",
        "not available in your location",
        "访问被拒绝",
        "拒绝访问",
        "禁止访问",
        "您的访问被阻断",
        "您的请求被拦截",
        "您的ip已被",
        "所在地区无法访问",
        "所在的地区无法访问",
        "所在地区暂不",
        "所在的地区暂不",
        "所在区域无法访问",
        "不对您所在的地区",
    ),
}
"""What the text of a gate says, by the gate's name; a gate says little else."""
GATE_BYTES = tuple(
    (name, form)
    for name, phrases in GATE_PHRASES.items()
    for phrase in phrases
    for form in dict.fromkeys((phrase.encode(), phrase.encode("gb18030").lower()))
)
"""The phrases in both charsets, in lower case as the page, whose bytes of GB 18030 may look like letters."""
MAX_PHRASE_TEXT = 700  # bytes of a text in which such a phrase makes a gate
MAX_TEXT = 3000  # bytes of text beyond which a page is no gate
MAX_LOGIN_TEXT, MAX_UNNAMED_LOGIN_TEXT = 1500, 100
"""Bytes of text around a password field, on a page that calls itself a login and on another one."""

LOGIN_PAGE = "a login page"
LOGIN = tuple(
    form
    for word in ("登录", "登陆", "统一身份认证", "单点登录", "log in", "login", "sign in", "signin", "log on")
    for form in dict.fromkeys((word.encode(), word.encode("gb18030").lower()))
)
PASSWORD = re.compile(rb"""type\s{0,4}=\s{0,4}["']?password\b""")
LOGIN_ADDRESS = re.compile(r"/(?:log-?in|sign-?in|sso|passport|auth|oauth2?)(?:[/.?]|$)", re.IGNORECASE)
TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,400})")

SETS_COOKIE = re.compile(rb"document\.cookie\s{0,4}=")
RELOADS = re.compile(
    rb"location\.reload\s{0,4}\(|location\.replace\s{0,4}\(|location(?:\.href)?\s{0,4}=(?!=)|http-equiv=.refresh"
)
MAX_SCRIPT_SIZE, MAX_SCRIPT_TEXT = 64 * 1024, 200
"""Bytes of a page, and of its text, that is nothing but a script which sets a cookie and reloads."""

SKIPPED = (b"script", b"style", b"template", b"svg")


def find_gate(status: int, headers: Mapping[str, str], body: bytes, *, address: str = "") -> str:
    """Name the gate that stands before the content of an answer, empty for none.

    ``headers`` have names in lower case; ``address`` is where a redirect led, if one did. Only a page with
    hardly any text is a gate: the same scripts and words are on pages with content. Linear in time.
    """
    if firm := _sender(status, headers, body):
        return firm
    if len(body) > MAX_GATE_SIZE or not is_html(body):
        return ""
    page = body.lower()
    text = _text(page)
    size = len(text)
    if size > MAX_TEXT:
        return ""
    if status in (412, 521) and size <= MAX_SCRIPT_TEXT and "__jsluid" in headers.get("set-cookie", ""):
        return "jsluid"
    found = _vendor(page, size) or _login(page, size, address) or _sentence(text)
    return found or ("" if status in (404, 410) else _script(page, size))


def _sender(status: int, headers: Mapping[str, str], body: bytes) -> str:
    """Name the firm whose headers say that this is a gate."""
    for name, value, firm in GATE_HEADERS:
        if headers.get(name, "").lower() == value:
            return firm
    refused = status >= 400 and "x-datadome" in headers and b"captcha-delivery.com" in body
    return "DataDome" if refused else ""


def is_html(body: bytes) -> bool:
    """Tell whether a body is a page, and no feed."""
    beginning = body[:2048].lower().lstrip(b"\xef\xbb\xbf \t\r\n")
    if not beginning.startswith(b"<"):
        return False
    return any(mark in beginning for mark in HTML) and not any(mark in beginning for mark in FEED)


def _vendor(page: bytes, size: int) -> str:
    """Name the firm whose challenge this is."""
    return next((mark.name for mark in MARKS if size <= mark.text and mark.is_on(page)), "")


def _login(page: bytes, size: int, address: str) -> str:
    """Find a password field with little text around it."""
    if not PASSWORD.search(page):
        return ""
    title = TITLE.search(page)
    named = LOGIN_ADDRESS.search(address) or (title and any(word in title[1] for word in LOGIN))
    return LOGIN_PAGE if size <= (MAX_LOGIN_TEXT if named else MAX_UNNAMED_LOGIN_TEXT) else ""


def _sentence(text: bytes) -> str:
    """Find a phrase that asks for a proof, or refuses us."""
    phrases = GATE_BYTES if len(text) <= MAX_PHRASE_TEXT else ()
    return next((name for name, form in phrases if form in text), "")


def _script(page: bytes, size: int) -> str:
    """Find a page that is nothing but a script which sets a cookie and reloads."""
    alone = size <= MAX_SCRIPT_TEXT and len(page) <= MAX_SCRIPT_SIZE and b"<link" not in page
    return "a script" if alone and SETS_COOKIE.search(page) and RELOADS.search(page) else ""


def _text(page: bytes) -> bytes:
    """Give the text of a page, its title included; of a long one only the beginning."""
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(page):
        if words := b" ".join(piece.split()):
            pieces.append(words)
            size += len(words) + 1
            if size > MAX_TEXT + 1:
                break
    return b" ".join(pieces)


def _pieces(page: bytes) -> Iterator[bytes]:
    """Give the pieces of a page between its tags, without scripts, styles and comments."""
    at = 0
    while (start := page.find(b"<", at)) >= 0:
        yield page[at:start]
        if page.startswith(b"<!--", start):
            end, length = page.find(b"-->", start), 3
        else:
            skipped = next((name for name in SKIPPED if page.startswith(name, start + 1)), None)
            if skipped:
                start = page.find(b"</" + skipped, start)
                if start < 0:
                    return
            end, length = page.find(b">", start), 1
        if end < 0:
            return
        at = end + length
    yield page[at:]

"""What stands before the content: recognised where it does, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.fetch.gate import find_gate

ARTICLE = (
    "<p>"
    + "青川市图书馆新馆昨日启用，市民凭读者证即可入馆，开放时间为每日九时至二十时。</p><p>" * 20
    + "</p>"
)

GATES = {
    "jsluid": (
        521,
        "<script>document.cookie=('_')+('_')+('j')+('s')+('l')+('_')+'c=1';location.href=location.pathname</script>",
    ),
    "jsluid ": (200, "<script>var a=1;go({'ct':'ab','tn':'__jsl_clearance_s','wt':'1500'})</script>"),
    "Cloudflare": (
        403,
        "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><noscript>Enable JavaScript and"
        " cookies to continue</noscript><script>window._cf_chl_opt={cType:'managed'};</script></body></html>",
    ),
    "Cloudflare ": (
        200,
        "<html><title>news.example</title><script src='https://challenges.cloudflare.com/turnstile/v0/api.js'>"
        "</script><form><div class=cf-turnstile></div></form></html>",
    ),
    "Akamai": (
        403,
        "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>You don't have permission to"
        " access this server.<P>Reference #18.1<P>https://errors.edgesuite.net/18.1</BODY></HTML>",
    ),
    "Akamai ": (
        200,
        "<html><body><div id='sec-if-cpt-container'></div><script src='/x'></script></body></html>",
    ),
    "Imperva": (
        200,
        "<html style='height:100%'><head><META NAME='ROBOTS'></head><body><iframe src='/_Incapsula_Resource?CWUD=1'>"
        "Request unsuccessful. Incapsula incident ID: 1-1</iframe></body></html>",
    ),
    "DataDome": (
        403,
        "<html><head><title>news.example</title></head><body><script>var dd={'rt':'c','host':"
        "'geo.captcha-delivery.com'}</script></body></html>",
    ),
    "PerimeterX": (403, "<html><script>window._pxAppId='PX1';</script><div id='px-captcha'></div></html>"),
    "AWS WAF": (
        202,
        "<html><script>AwsWafIntegration.getToken().then(() => location.reload())</script></html>",
    ),
    "Aliyun WAF": (
        200,
        "<html><script>var arg1='8A3';function setCookie(n,v){document.cookie=n+'='+v}"
        "setCookie('acw_sc__v2',x);document.location.reload();</script></html>",
    ),
    "RuiShu": (
        412,
        "<!DOCTYPE html><html><head><meta id='a' content='b' r='m'><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};"
        "$_ts.nsd=1;$_ts.cd='q'</script></head><body></body></html>",
    ),
    "Tencent captcha": (
        200,
        "<html><script src='https://turing.captcha.qcloud.com/TCaptcha.js'></script></html>",
    ),
    "GeeTest captcha": (
        200,
        "<html><body>点击按钮进行验证<script>initGeetest({gt:'1'})</script></body></html>",
    ),
    "reCAPTCHA": (429, "<html><body><form><div class='g-recaptcha'></div></form></body></html>"),
    "hCaptcha": (200, "<html><body>One more step<div class='h-captcha'></div></body></html>"),
    "a captcha": (
        200,
        "<html><head><title>安全检查</title></head><body><form>请输入验证码：<input name=code><img src=/yzm></form></body></html>",
    ),
    "a captcha ": (503, "<html><body><h1>Please verify you are human</h1><button>Go</button></body></html>"),
    "a login page": (
        200,
        "<html><head><title>用户登录</title></head><body><a href=/>首页</a><form>账号<input name=u>密码"
        "<input type=password name=p><button>登录</button></form><footer>青川市大数据局</footer></body></html>",
    ),
    "access denied": (
        200,
        "<html><title>提示</title><body>抱歉，您所在的地区无法访问本站内容。</body></html>",
    ),
    "access denied ": (403, "<html><title>403</title><body><h1>Access Denied</h1></body></html>"),
    "a script": (
        200,
        "<html><body><script>document.cookie = 'seen=1; path=/'; window.location.reload(true);</script></body></html>",
    ),
}

ORDINARY = {
    "an article with a login box": "<html><title>图书馆</title><form>登录<input type=password></form>"
    + ARTICLE,
    "an article with a captcha for comments": "<html><title>图书馆</title>" + ARTICLE + "<form>请输入验证码"
    "<div class='g-recaptcha h-captcha cf-turnstile'></div><script src='https://hcaptcha.com/1/api.js'></script>"
    "<script src='https://challenges.cloudflare.com/turnstile/v0/api.js'></script></form>",
    "an article about captchas": "<html><title>Are you a robot? How verify you are human came to be</title><p>"
    + "Access denied, it said: please verify you are human. " * 40
    + "<code>window._cf_chl_opt __jsl_clearance px-captcha</code>",
    "an article watched by them all": "<html><title>图书馆</title><script src='/_Incapsula_Resource?SWJIYLWA=1'></script>"
    "<script>$_ts=window['$_ts'];window._pxAppId='x';bmak={};document.cookie='acw_sc__v2=1';if(0)location.reload()"
    "</script><script src='//js.datadome.co/captcha-delivery.com'></script>" + ARTICLE,
    "a short flash with a login box": "<html><title>快讯</title><a>首页</a><form><input type=password></form><p>"
    "青川市气象台今晨发布大风蓝色预警，预计未来十二小时阵风七级，请市民减少外出。</p><p>据气象台首席预报员介绍，"
    "此次大风将持续至明日午后。</p><p>责任编辑：林山</p></html>",
    "a page whose list a script fetches": "<html><head><link rel=stylesheet href=/a.css><title>新闻</title></head><body>"
    "<div id=app></div><script>document.cookie='visit=1';function go(){location.href='/m/'}</script></body></html>",
    "a page that is not there": "<html><title>404 Not Found</title><h1>Not Found</h1></html>",
    "an empty page": "<html><body></body></html>",
    "nothing": "",
    "a feed": "<?xml version='1.0'?><rss><channel><item><description>&lt;html>verify you are human"
    "</description></item></channel></rss>",
    "JSON": '{"html": "<script>document.cookie=1;location.reload()</script>"}',
    "plain text": "Access denied",
}


@pytest.mark.parametrize("name", GATES)
def test_a_gate_is_named(name: str) -> None:
    """Each firm's, and those without a name, whatever the letters' case."""
    status, page = GATES[name]
    assert find_gate(status, {"content-type": "text/html"}, page.encode()) == name.strip()
    assert find_gate(status, {}, page.encode("gb18030")) == name.strip()
    assert find_gate(status, {}, b"\xef\xbb\xbf\r\n" + page.encode()) == name.strip()


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("status", [200, 403, 404])
def test_an_ordinary_page_is_none(name: str, status: int) -> None:
    """Boxes, widgets, watching scripts and words of gates are on pages with content, too."""
    assert find_gate(status, {"set-cookie": "__jsluid_s=1"}, ORDINARY[name].encode()) == ""


def test_headers_give_gates_away() -> None:
    """Some firms sign their challenges."""
    assert find_gate(403, {"cf-mitigated": "challenge"}, b"") == "Cloudflare"
    assert find_gate(202, {"x-amzn-waf-action": "challenge"}, b"") == "AWS WAF"
    assert (
        find_gate(403, {"x-datadome": "protected"}, b'{"url": "https://geo.captcha-delivery.com/"}')
        == "DataDome"
    )
    assert find_gate(521, {"set-cookie": "__jsluid_s=1; path=/"}, b"<script>eval(x)</script>") == "jsluid"
    assert find_gate(521, {"server": "cloudflare"}, b"<html><h1>Web server is down</h1></html>") == ""


def test_where_a_redirect_led_tells_a_login() -> None:
    """A page that is at /login and has a password field is one, whatever it is called."""
    page = ("<html><title>青川政务</title><input type=password>" + "请使用实名账号。" * 20).encode()
    assert find_gate(200, {}, page) == ""
    assert find_gate(200, {}, page, address="https://id.example.org/login?back=/a") == "a login page"
    assert find_gate(200, {}, page, address="https://example.org/blogging/") == ""


@pytest.mark.parametrize(
    "piece", ["<", "<script", "<!--", "<title", "<script></script", "type=", "document.cookie", "a <b", "\n"]
)
def test_hostile_pages_take_no_longer(piece: str) -> None:
    """Half a megabyte of anything that opens and never ends; were it quadratic, this would not come back."""
    page = "<html>" + piece * ((512 * 1024 - 6) // len(piece))
    assert find_gate(200, {}, page.encode()) == ""


def test_no_real_page_is_taken_for_one(corpora: Path) -> None:
    """Every page of the corpora, as an answer and as an error."""
    pages = [path for path in corpora.rglob("*") if path.suffix in (".html", ".htm") and path.is_file()]
    assert len(pages) > 300
    found = {
        str(path): gate
        for path in pages
        for status in (200, 403)
        if (gate := find_gate(status, {"content-type": "text/html"}, path.read_bytes()))
    }
    assert not found

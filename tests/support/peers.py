"""Files as other programs export them, written for the pages of one small site."""

from __future__ import annotations

import json

from tests.support.loopback import Content
from tests.support.samples import LONG_TEXT, feed, item

SECRET = "hemligt-9"
"""What stands in these files where a secret does; it must never be written or shown."""


def pages() -> dict[str, Content]:
    """The site that the files are about: a feed, a list with its articles, JSON, a page with a price."""
    rows = "".join(
        f"<li class='row lead'><a href='/a/{n}.html'>Notice {n}</a> <time datetime='2026-03-0{n}'>x</time><b class='by'>Ann</b></li>"
        for n in (1, 2, 3)
    )
    article = "<html><head><title>N</title></head><body><p class='ad'>buy</p><div class='main'><p class='ad'>buy</p>{}</div></body></html>"
    items = [
        {
            "id": f"i{n}",
            "meta": {"title": f"Item {n}"},
            "links": [{"my-href": f"/j/{n}"}],
            "html": f"<p>Text {n}</p>",
        }
        for n in (1, 2)
    ]
    return {
        "/feed.xml": feed(item(1), item(2, "sports")),
        "/list.html": f"<html><head><title>Notices</title></head><body><ul>{rows}</ul><p><a href='/x'>x</a></p></body></html>".encode(),
        **{f"/a/{n}.html": article.format(f"<p>Of notice {n}.</p>{LONG_TEXT}").encode() for n in (1, 2, 3)},
        "/api.json": json.dumps({"data": {"items": items}}).encode(),
        "/price.html": b"<html><head><title>Kettle</title></head><body><div class='price'>12 kr</div><p>7 views today</p><div id='stock'>in stock</div></body></html>",
    }


def freshrss(url: str) -> bytes:
    """An OPML as FreshRSS writes it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<opml xmlns:frss="https://freshrss.org/opml" version="2.0"><head><title>F</title></head><body><outline text="Harbour">
<outline text="Notices" type="HTML+XPath" xmlUrl="{url}/list.html" htmlUrl="{url}/" frss:xPathItem="//li[contains(@class,'row')]"
 frss:xPathItemTitle="descendant::a" frss:xPathItemUri="descendant::a/@href" frss:xPathItemTimestamp=".//time/@datetime"
 frss:xPathItemAuthor="b[@class='by']/text()" frss:xPathItemThumbnail=".//img/@src" frss:cssFullContent="div.main"
 frss:cssFullContentFilter=".ad" frss:filtersActionRead="intitle:&quot;Notice 3&quot;&#10;f:12" frss:CURLOPT_COOKIE="sid={SECRET}"
 frss:CURLOPT_HTTPHEADER="Authorization: Bearer {SECRET}&#10;Accept-Language: sv" frss:CURLOPT_USERAGENT="Reader/1" frss:CURLOPT_MAXREDIRS="3"/>
<outline text="Items" type="JSON+DotNotation" xmlUrl="{url}/api.json" frss:jsonItem="data.items" frss:jsonItemTitle="meta.title"
 frss:jsonItemUri="links[0].my-href" frss:jsonItemContent="html" frss:jsonItemUid="id" frss:jsonItemThumbnail="img"/>
<outline text="Paper" type="XML+XPath" xmlUrl="{url}/feed.xml" frss:xPathItem="//item" frss:xPathItemTitle="title"/>
<outline text="Odd" type="HTML+XPath" xmlUrl="{url}/odd.html" frss:xPathItem="//li[text()='x']" frss:xPathItemUri="a/@href"/>
<outline text="Script" type="HTML+XPath+JSON+DotNotation" xmlUrl="{url}/app.html" frss:xPathToJson="//script" frss:jsonItem="x" frss:jsonItemTitle="t"/>
</outline><outline text="Elsewhere" frss:opmlUrl="{url}/more.opml"/></body></opml>""".encode()


def miniflux(url: str) -> bytes:
    """An OPML as Miniflux writes it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0" xmlns:miniflux="https://miniflux.app/opml"><head><title>Miniflux</title></head><body><outline text="Papers">
<outline title="Paper" text="Paper" xmlUrl="{url}/feed.xml" htmlUrl="{url}/" type="rss" miniflux:blocklistRules="(?i)title 2"
 miniflux:keepFilterEntryRules="EntryTitle=Title&#xA;EntryURL=example&#xA;EntryDate=future" miniflux:userAgent="Reader/2"
 miniflux:rewriteRules="replace(&quot;tex(t)&quot;|&quot;word$1&quot;),remove(&quot;.ad&quot;),add_dynamic_image,base64_decode"
 miniflux:urlRewriteRules="rewrite(&quot;a&quot;|&quot;b&quot;)" miniflux:ignoreEntryUpdates="true" miniflux:disabled="true"/>
</outline></body></opml>""".encode()


def miniflux_json(url: str) -> bytes:
    """What ``/v1/feeds`` of Miniflux answers."""
    one = {
        "id": 4,
        "user_id": 1,
        "feed_url": f"{url}/feed.xml",
        "site_url": f"{url}/",
        "title": "Paper",
        "category": {"id": 2, "title": "Papers"},
        "cookie": f"sid={SECRET}",
        "username": "ann",
        "password": SECRET,
        "scraper_rules": "div.main",
        "crawler": True,
        "keeplist_rules": "Title",
        "blocklist_rules": "",
        "apprise_service_urls": f"json://{SECRET}@example.org",
        "proxy_url": f"http://u:{SECRET}@127.0.0.1:9",
        "urlrewrite_rules": "",
        "disabled": False,
        "parsing_error_count": 3,
        "new_setting": "on",
    }
    return json.dumps([one]).encode()


def rss_bridge(url: str) -> bytes:
    """Addresses of RSS-Bridge, one a line."""
    bridge = "https://bridge.example.org/?action=display&format=Atom&bridge="
    return (
        f"{bridge}CssSelectorBridge&home_page={url}/list.html&url_selector=li.row&url_pattern=%2Fa%2F%5B12%5D&content_selector=div.main"
        f"&content_cleanup=.ad&title_cleanup=Notice+&limit=5&thumbnail_as_header=on\n"
        f"{bridge}XPathBridge&url={url}/list.html&item=%2F%2Fli&title=.%2F%2Fa&uri=.%2F%2Fa%2F%40href&timestamp=.%2F%2Ftime%2F%40datetime&content=&enclosures=.%2F%2Fimg\n"
        f"{bridge}YoutubeBridge&c=x\n"
    ).encode()


def changedetection(url: str) -> bytes:
    """The ``url-watches.json`` of changedetection.io."""
    watch = {
        "url": f"{url}/price.html",
        "title": "Kettle",
        "tags": ["t1"],
        "include_filters": ["div.price", "xpath://div[@id='stock']", "json:$.price"],
        "subtractive_selectors": [".ad"],
        "ignore_text": ["views today"],
        "trigger_text": ["in stock"],
        "text_should_not_be_present": ["/sold\\s+out/i"],
        "headers": {"X-Api-Key": SECRET, "Accept-Language": "sv"},
        "time_between_check": {"hours": 2, "minutes": 30, "days": None},
        "time_between_check_use_default": False,
        "notification_urls": [f"json://u:{SECRET}@hook.example.org"],
        "extract_text": ["/\\d+ kr/"],
        "last_checked": 1796042844,
        "paused": True,
        "shiny": 1,
    }
    shared = {
        "headers": {"Cookie": f"sid={SECRET}"},
        "requests": {"time_between_check": {"hours": 3}},
        "application": {
            "tags": {"t1": {"title": "Prices"}},
            "global_ignore_text": ["advert"],
            "notification_urls": [SECRET],
        },
    }
    return json.dumps({"watching": {"u1": watch}, "settings": shared}).encode()


def urlwatch(url: str) -> bytes:
    """The ``urls.yaml`` of urlwatch."""
    return f"""name: Kettle
url: {url}/price.html
tags: [Prices]
filter:
  - css:
      selector: "#stock, .price"
      exclude: .ad
  - html2text
  - grepi: views
  - re.sub: {{pattern: "kr", repl: "SEK"}}
  - sort
headers: {{X-Key: {SECRET}, Accept: text/html}}
cookies: {{sid: {SECRET}}}
max_tries: 3
---
name: Home
command: ls
---
name: Stock
url: "{url}/price.html#stock"
filter: "xpath://div[@id='stock'],html2text"
data: {{password: {SECRET}}}
""".encode()


def html2rss(url: str) -> bytes:
    """A configuration of html2rss."""
    return f"""headers: {{User-Agent: Reader/3}}
feeds:
  notices:
    channel: {{url: "{url}/list.html", title: Notices, ttl: 60, time_zone: Europe/Stockholm, language: sv}}
    selectors:
      items: {{selector: "li.row", order: reverse}}
      title: {{selector: a, post_process: [{{name: gsub, pattern: Notice, replacement: Note}}, {{name: substring, start: 0}}]}}
      url: {{selector: a, extractor: href}}
      published_at: {{selector: time, extractor: attribute, attribute: datetime, post_process: [{{name: parse_time}}]}}
      author: {{extractor: static, static: Ann}}
      categories: [by]
      guid: [url]
  items:
    headers: {{Accept: application/json}}
    channel: {{url: "{url}/api.json"}}
    selectors:
      items: {{selector: "data > items > array > object"}}
      title: {{selector: "meta title"}}
      guid: {{selector: id}}
  found:
    channel: {{url: "{url}/"}}
    auto_source: {{}}
""".encode()

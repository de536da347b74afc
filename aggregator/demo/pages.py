"""What the demo site answers at a step: three papers, as RSS, as HTML in GBK and as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

from aggregator.demo.attachments import FILES
from aggregator.demo.story import LAST_STEP, Story, changed, moment, read_paper, visible
from aggregator.model.digest import hexdigest

LANTERN, BUREAU, MARKET = (read_paper(name) for name in ("lantern", "bureau", "market"))
FEED = "/lantern/feed.xml"
LIST = "/scjg/xw/"
API = "/market/list.json"
TEXT = "/NewsData/GetNewsText.do"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
ATOM = "http://www.w3.org/2005/Atom"

_PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1.05rem/1.6 Georgia, "Songti SC", "Noto Serif CJK SC", serif; max-width: 38rem;
  margin: 2.5rem auto; padding: 0 1rem; color-scheme: light dark }}
code {{ font-size: .85em }} .note {{ opacity: .7; font-size: .9em }} img {{ max-width: 100% }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
<p class="note">Linjiang Harbour (临江港) is an invented place, and so is its news.
<a href="/">The demo site</a></p>
</body>
</html>
"""

# As such sites are: a share box and a script inside the text's own element, and a character set
# that is declared as its smaller sister.
_BUREAU = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"\
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />
{metas}<title>{title} - {name}</title>
</head>
<body>
<div class="nav"><a href="/">首页</a> &gt; <a href="{list}">工作动态</a></div>
{body}
<div class="footer">{name}　本站内容均为虚构，仅供演示</div>
</body>
</html>
"""

_SHARE = """<div class="share">分享到：<a href="#" onclick="share(1)">朋友</a>　<a href="#">打印</a></div>
<script>function share(where) { window.shared = where; }</script>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body with its Content-Type as sent; the validators are empty where the page has none."""

    body: bytes
    content_type: str
    etag: str = ""
    last_modified: datetime | None = None


def answer(target: str, step: int, site: str) -> Answer | None:
    """Answer a request target (``/path?query``) at a step; None where there is no such page.

    ``site`` is the site's own address without a slash at its end.
    """
    parts = urlsplit(target)
    if parts.path == TEXT:
        return _text(parse_qs(parts.query).get("id", [""])[0], step)
    if page := _FIXED.get(parts.path):
        return page(step, site)
    if file := FILES.get(parts.path):
        return Answer(file.body, file.media_type)
    return _article(parts.path, step)


def bureau_path(story: Story) -> str:
    """The path of a bureau's article: its file, or a page in a folder of its month, as such sites have it."""
    return story.enclosure or f"{LIST}{story.published:%Y%m}/{story.id}.html"


def _index(step: int, site: str) -> Answer:
    papers = ((LANTERN, FEED), (BUREAU, LIST), (MARKET, API))
    rows = "".join(
        f'<p><a href="{path}">{escape(paper.name)}</a><br>{paper.about}:'
        f" {len(visible(paper.stories, step))} stories<br><code>{site}{path}</code></p>\n"
        for paper, path in papers
    )
    left = LAST_STEP - step
    coming = f"Steps of news still to come: {left}." if left else "All its news is out."
    body = f"<p>Three sources to subscribe to, none of which knows of the others. {coming}</p>\n{rows}"
    page = _PAGE.format(language="en", title="Linjiang Harbour", body=body)
    return Answer(page.encode(), "text/html; charset=utf-8")


def _feed(step: int, site: str) -> Answer:
    ET.register_namespace("content", CONTENT)
    ET.register_namespace("atom", ATOM)
    modified = moment(changed(LANTERN.stories, step))
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _add(channel, "title", LANTERN.name)
    _add(channel, "link", f"{site}/")
    _add(channel, "description", LANTERN.about)
    _add(channel, "language", "en")
    _add(channel, "lastBuildDate", format_datetime(modified))
    ET.SubElement(channel, f"{{{ATOM}}}link", href=site + FEED, rel="self", type="application/rss+xml")
    for story in visible(LANTERN.stories, step):
        channel.append(_item(story, site))
    body = ET.tostring(rss, encoding="utf-8", xml_declaration=True)
    etag = f'"{hexdigest(body, 8)}"'
    return Answer(body, "application/rss+xml", etag, modified.astimezone(UTC))


def _item(story: Story, site: str) -> ET.Element:
    item = ET.Element("item")
    _add(item, "title", story.title)
    _add(item, "link", f"{site}/lantern/{story.id}.html")
    _add(item, "guid", f"lantern:{story.id}").set("isPermaLink", "false")
    if story.published:
        _add(item, "pubDate", format_datetime(story.published))
    if story.summary:
        _add(item, "description", story.summary)
    else:
        _add(item, f"{{{CONTENT}}}encoded", story.body.replace('src="/', f'src="{site}/'))
    if story.enclosure:
        file = FILES[story.enclosure]
        length = str(len(file.body))
        ET.SubElement(item, "enclosure", url=site + story.enclosure, length=length, type=file.media_type)
    return item


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element


def _list(step: int, site: str) -> Answer:
    rows = "\n".join(
        f'<li><a href="{_as_linked(story)}" title="{escape(story.title)}">'
        f'{escape(story.title)}</a><span class="time">{story.published:%Y-%m-%d}</span></li>'
        for story in visible(BUREAU.stories, step)
    )
    return _bureau("工作动态", f'<ul class="news">\n{rows}\n</ul>')


def _as_linked(story: Story) -> str:
    path = bureau_path(story)
    return f"./{path.removeprefix(LIST)}" if path.startswith(LIST) else path


def _bureau(title: str, body: str, metas: Mapping[str, str] | None = None) -> Answer:
    page = _BUREAU.format(
        title=escape(title),
        name=BUREAU.name,
        list=LIST,
        body=body,
        metas="".join(
            f'<meta name="{name}" content="{escape(value)}" />\n' for name, value in (metas or {}).items()
        ),
    )
    return Answer(page.encode("gbk"), "text/html")


def _api(step: int, site: str) -> Answer:
    record = [
        {
            "title": story.title,
            "datetime": f"{story.published:%Y-%m-%d %H:%M:%S}" if story.published else "",
            "medianame": story.origin,
            "infoCode": story.id,
        }
        for story in visible(MARKET.stories, step)
    ]
    return _json({"record": record})


def _text(wanted: str, step: int) -> Answer | None:
    story = next((story for story in visible(MARKET.stories, step) if story.id == wanted), None)
    return _json({"text": story.body}) if story else None


def _json(data: object) -> Answer:
    return Answer(json.dumps(data, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def _article(path: str, step: int) -> Answer | None:
    for folder, paper in (("lantern", LANTERN), ("market", MARKET)):
        for story in visible(paper.stories, step):
            if path == f"/{folder}/{story.id}.html":
                title = story.title or paper.name
                language = "en" if title.isascii() else "zh-CN"
                page = _PAGE.format(language=language, title=escape(title), body=story.body)
                return Answer(page.encode(), "text/html; charset=utf-8")
    for story in visible(BUREAU.stories, step):
        if path == bureau_path(story):
            return _bureau_article(story)
    return None


def _bureau_article(story: Story) -> Answer:
    published = f"{story.published:%Y-%m-%d %H:%M}"
    facts = "".join(f"<tr><th>{label}：</th><td>{value}</td></tr>\n" for label, value in story.facts.items())
    body = (
        (f'<table class="xxgk">\n{facts}</table>\n' if facts else "")
        + f'<h1 class="title">{escape(story.title)}</h1>\n'
        f'<p class="info">发布时间：{published}　来源：{story.origin}</p>\n'
        f'<div class="article" id="zoom">\n{_SHARE}{story.body}\n</div>'
    )
    metas = {"ArticleTitle": story.title, "PubDate": published, "ContentSource": story.origin}
    return _bureau(story.title, body, metas)


_FIXED: Mapping[str, Callable[[int, str], Answer]] = {"/": _index, FEED: _feed, LIST: _list, API: _api}

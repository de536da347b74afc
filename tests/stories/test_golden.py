"""The golden post: a real article of the earlier system comes out as that system published it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import html5lib
import pytest

from tests.support.loopback import Answer, Received, Site
from tests.support.workplace import Workplace

ID = "NW202204242354992724"
SHARE = "http://finews.zning.xyz/html_News/NewsShare.html?infoCode={infoCode}"


def eastmoney(corpora: Path) -> Site:
    """The corpus' answers, each at the address that its README names."""
    folder = corpora / "eastmoney"

    def text(request: Received) -> Answer:
        name = parse_qs(urlsplit(request.path).query)["id"][0]
        return Answer((folder / "GetNewsText" / f"{name}.json").read_bytes())

    return Site(
        {
            "/information/newmarket/web/webapi": (folder / "newmarket-37.json").read_bytes(),
            "/web/webapi": (folder / "webapi-102.json").read_bytes(),
            "/NewsData/GetNewsText.do": text,
        }
    )


def newmarket(url: str) -> str:
    """The source of the golden post, as the README of the corpus has it."""
    return f"""
[[source]]
name = "newmarket-37"
preset = "eastmoney-newmarket"
url = "{url}/information/newmarket/web/webapi?marketType=37&count=100"
article_url = "{url}/NewsData/GetNewsText.do?id={{infoCode}}"
share_url = "{SHARE}"
category = "{{medianame}}"
tag = "{{medianame}}新闻"
"""


def rolling(url: str) -> str:
    """The source of the 26 records whose text is empty."""
    return f"""
[[source]]
name = "rolling"
preset = "eastmoney-rolling"
url = "{url}/web/webapi?type=102&count=100&newsid=1"
"""


def split_post(text: str) -> tuple[str, str, str]:
    """Front matter, body and the tail that begins with the share link."""
    head, _, rest = text.partition("\n---\n")
    body, _, tail = rest.rpartition("\n\n<http")
    return head, body, tail


def nodes(markup: str) -> list[tuple[object, ...]]:
    """A body as an HTML5 parser reads it: elements, attributes and text, in order."""
    tree = html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=False).find("body")
    found: list[tuple[object, ...]] = []
    for element in tree.iter():
        attributes = {name: value for name, value in element.attrib.items() if name != "rel"}
        if "style" in attributes:
            declarations = (part.split(":") for part in attributes["style"].split(";") if part.strip())
            attributes["style"] = str(sorted((name.strip(), value.strip()) for name, value in declarations))
        found.append((element.tag, attributes, element.text or "", element.tail or ""))
    return found


def test_golden_post(workplace: Workplace, corpora: Path) -> None:
    """The post of NW202204242354992724 is the golden one, byte for byte around a body of the same tree."""
    golden = (corpora / "finews" / f"golden-2022-04-24-{ID}.md").read_text("utf-8")
    with eastmoney(corpora) as site:
        workplace.configure(newmarket(site.url), url="https://finews.withounder.com")
        workplace.run("poll")
    ours = (workplace.folder / "_posts" / f"2022-04-24-{ID}.md").read_text("utf-8")
    head, body, tail = split_post(ours)
    golden_head, golden_body, golden_tail = split_post(golden)
    assert head == golden_head
    assert tail == golden_tail
    assert nodes(body.strip()) == nodes(golden_body.strip())


def test_digests_stand_in(workplace: Workplace, corpora: Path) -> None:
    """The 26 records become articles whose digest stands in for their empty text."""
    records = json.loads((corpora / "eastmoney" / "webapi-102.json").read_text("utf-8"))["records"]
    with eastmoney(corpora) as site:
        workplace.configure(rolling(site.url))
        workplace.run("poll")
        preview = json.loads(workplace.run("preview", "rolling", "--json").stdout)
    assert len(workplace.posts()) == len(records) == 26
    for record in records:
        post = (workplace.folder / "_posts" / f"2021-12-08-{record['infoCode']}.md").read_text("utf-8")
        digest = record["digest"].removeprefix(f"【{record['title']}】").strip()
        assert digest[:30] in post
        assert record["url_w"] in post
    first = next(entry for entry in preview["entries"] if entry["content"])
    assert "stands in" in first["rules"]["content"]


def test_one_article_in_two_sources(workplace: Workplace, corpora: Path) -> None:
    """What two sources of a namespace show is one article in both categories, with the fuller text."""
    code = "NW202112082206672930"
    full = json.dumps({"text": "<p>全文在此。</p>"}).encode()
    record = {"title": "离岸人民币", "datetime": "2021-12-08 10:46:18", "medianame": "某报", "infoCode": code}
    with eastmoney(corpora) as site:
        workplace.configure(rolling(site.url) + newmarket(site.url))
        workplace.run("poll", "rolling")
        site.pages["/information/newmarket/web/webapi"] = json.dumps({"record": [record]}).encode()
        site.pages["/NewsData/GetNewsText.do"] = full
        workplace.run("poll", "newmarket-37")
        posts = [path for path in workplace.posts() if code in path.name]
        assert len(posts) == 1
        text = posts[0].read_text("utf-8")
        assert "全文在此" in text
        assert "moubao" in text
        assert "dongfangcaifugundong" in text
        before = workplace.files()
        workplace.run("poll")
        assert workplace.files() == before, "the two sources do not quarrel over its text"


@pytest.mark.parametrize("code", [ID])
def test_share_link_is_canonical(workplace: Workplace, corpora: Path, code: str) -> None:
    """An article whose source has no page of its own has the configured share page as its address."""
    with eastmoney(corpora) as site:
        workplace.configure(newmarket(site.url))
        workplace.run("poll")
    page = (workplace.folder / "public" / "share" / f"{code}.html").read_text("utf-8")
    assert f'rel="canonical" href="{SHARE.format(infoCode=code)}"' in page

"""What people see of a source: its label, wherever it is named."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.support.posts import a_press, an_item

ATOM = "{http://www.w3.org/2005/Atom}"
LABEL = "Harbour & <Quay> Blog"


def test_a_label_stands_wherever_a_source_is_named(tmp_path: Path) -> None:
    """On pages, in feeds, in the list of feeds and in OPML; addresses stay those of the name."""
    with a_press(tmp_path, source={"label": LABEL}) as press:
        press.save(an_item(1))
        press.publish()
        files = {path: body.decode() for path, body in press.files().items()}
    written = "Harbour &amp; &lt;Quay&gt; Blog"
    (share,) = (body for path, body in files.items() if path.startswith("share/"))
    for page in (share, files["index.html"], files["feeds.html"], files["feeds.opml"]):
        assert written in page
        assert ">paper<" not in page
    rss = ET.fromstring(files["feeds/rss.xml"])  # noqa: S314 - our own
    assert [source.text for source in rss.iter("source")] == [LABEL]
    entry = ET.fromstring(files["feeds/atom.xml"]).find(f"{ATOM}entry")  # noqa: S314 - our own
    assert entry is not None
    assert entry.findtext(f"{ATOM}source/{ATOM}title") == f"{LABEL} - Test"
    assert json.loads(files["feeds/feed.json"])["items"][0]["authors"] == [{"name": LABEL}]
    assert json.loads(files["source/paper/feed.json"])["title"] == f"{LABEL} - Test"


def test_a_new_label_is_published(tmp_path: Path) -> None:
    """A label is configuration: what shows it is written again, and archives apart nothing else differs."""
    with a_press(tmp_path) as press:
        press.save(an_item(1))
        press.publish()
        assert b"Quay" not in press.files()["index.html"]
    with a_press(tmp_path, source={"label": LABEL}) as press:
        assert press.publish().written
        assert b"Quay" in press.files()["index.html"]
        assert press.publisher.check() == []


def test_no_name_stands_beside_a_category(tmp_path: Path) -> None:
    """A source without a label is named on an article's page, and not in lists that name its category."""
    with a_press(tmp_path) as press:
        press.save(an_item(1))
        press.publish()
        files = {path: body.decode() for path, body in press.files().items()}
    (share,) = (body for path, body in files.items() if path.startswith("share/"))
    assert "<bdi>paper</bdi>" in share
    assert "<bdi>paper</bdi>" not in files["index.html"]

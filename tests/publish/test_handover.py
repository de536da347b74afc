"""The evidence of one article, handed over as WACZ."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

from aggregator.publish.wacz import surt
from tests.support.loopback import Answer
from tests.support.notices import notice, notice_site, notice_source, notices
from tests.support.samples import PNG
from tests.support.workplace import Workplace

DIGEST = "datapackage-digest.json"


def unpacked(path: Path) -> dict[str, bytes]:
    """The files of a package, each held to its hash."""
    with zipfile.ZipFile(path) as package:
        files = {name: package.read(name) for name in package.namelist()}
        for name in files:
            if name.endswith(".gz"):
                assert package.getinfo(name).compress_type == zipfile.ZIP_STORED
    listed = {one["path"]: one for one in json.loads(files["datapackage.json"])["resources"]}
    assert listed.keys() == files.keys() - {"datapackage.json", DIGEST}
    for name, one in listed.items():
        assert (one["hash"], one["bytes"]) == (sha256(files[name]), len(files[name]))
    assert json.loads(files[DIGEST])["hash"] == sha256(files["datapackage.json"])
    return files


def sha256(body: bytes) -> str:
    """A hash as packages write it."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def indexed(files: dict[str, bytes]) -> list[tuple[str, Any, bytes]]:
    """For each line of the index: the address, the record that stands there, and its body."""
    found = []
    for line in gzip.decompress(files["indexes/index.cdx.gz"]).decode().splitlines():
        key, _, facts = line.split(" ", 2)
        place = json.loads(facts)
        assert surt(place["url"]) == key
        start, length = int(place["offset"]), int(place["length"])
        record = next(iter(ArchiveIterator(BytesIO(files["archive/data.warc.gz"][start : start + length]))))
        assert record.rec_headers.get_header("WARC-Target-URI") == place["url"]
        found.append((place["url"], record, record.content_stream().read()))
    return found


def hand_over(workplace: Workplace, *options: str) -> dict[str, bytes]:
    """Hand over the only article."""
    (page,) = (path for path in workplace.files("public/share") if path.count("/") == 2)
    workplace.run("evidence", page.removeprefix("public/share/").removesuffix(".html"), "one.wacz", *options)
    return unpacked(workplace.folder / "one.wacz")


def test_everything_of_an_article_is_in_it(workplace: Workplace) -> None:
    """Raw answers of each state with requests, its file and robots.txt; our texts; hashes down to the day's."""
    with notice_site(1) as site:
        site.pages["/n/1.html"] = first = notice("See <a href='/file.pdf'>the form</a>, which is the first.")
        site.pages["/file.pdf"] = Answer(b"%PDF-1.7\n" + PNG, headers={"content-type": "application/pdf"})
        workplace.configure(notice_source(site, archive="warc", mirror=["attachments"]))
        workplace.run("poll")
        site.pages["/n/1.html"] = second = notice(
            "See <a href='/file.pdf'>the form</a>, and nothing else now."
        )
        site.pages["/list.html"] = notices(1).replace(b"Notice 1", b"Notice 1, mended")
        workplace.run("poll")
        with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
            connection.execute("UPDATE ledger SET day = '2026-03-05'")
        connection.close()
        workplace.run("poll")
        files = hand_over(workplace)
        records = indexed(files)
        bodies = {(address.removeprefix(site.url), body) for address, _, body in records}
        assert {("/n/1.html", first.body), ("/n/1.html", second.body)} <= bodies
        assert any(path == "/file.pdf" and body.endswith(PNG) for path, body in bodies)
        assert any(path == "/robots.txt" for path, _ in bodies)
        assert sum(path == "/list.html" for path, _ in bodies) == 2
    ours = {address: body for address, record, body in records if record.rec_type == "resource"}
    assert {address.count("/") for address in ours} == {4, 5}
    assert sorted(b"the first" in body for body in ours.values()) == [False, True]
    kinds = [record.rec_type for record in ArchiveIterator(BytesIO(files["archive/data.warc.gz"]))]
    assert kinds.count("request") == len(records) - len(ours)
    told = json.loads(files["evidence/evidence.json"])
    for state in told["states"]:
        assert hashlib.sha256(files[state["file"]]).hexdigest() == state["sha256"]
        assert f"{state['line']} {state['sha256']}\n" in files["evidence/2026-03-05.txt"].decode()
    (changed,) = told["happened"]
    assert changed["what"] == "changed"
    assert f"{changed['line']} {changed['sha256']}\n" in files["evidence/2026-03-05.txt"].decode()
    (day,) = told["days"]
    held = bytes.fromhex(day["before"]) + files[day["file"]]
    assert hashlib.sha256(held).hexdigest() == day["sha256"]
    assert [state["receipts"][1]["digest"] for state in told["states"]] == [
        hashlib.sha256(page.body).hexdigest() for page in (first, second)
    ]
    pages = [json.loads(line) for line in files["pages/pages.jsonl"].splitlines()]
    assert pages[0]["format"] == "json-pages-1.0"
    assert json.loads(files["datapackage.json"])["mainPageUrl"] == f"{site.url}/n/1.html" == pages[1]["url"]


def test_a_body_that_another_record_has_comes_along(workplace: Workplace) -> None:
    """An answer that was the same as another page's is whole in it, whatever address that had."""
    with notice_site(1, 2) as site:
        site.pages["/n/2.html"] = same = notice("The same text on both pages.")
        site.pages["/n/1.html"] = same
        workplace.configure(notice_source(site, archive="warc"))
        workplace.run("poll")
        for path in workplace.files("public/share"):
            workplace.run(
                "evidence", path.removeprefix("public/share/").removesuffix(".html"), "one.wacz", "--force"
            )
            records = indexed(unpacked(workplace.folder / "one.wacz"))
            whole = [body for _, record, body in records if record.rec_type == "response"]
            assert same.body in whole


def test_without_raw_answers_it_holds_our_text(workplace: Workplace) -> None:
    """That is said, and a file that is there is not overwritten unasked."""
    with notice_site(1) as site:
        workplace.configure(notice_source(site))
        workplace.run("poll")
    (page,) = workplace.files("public/share")
    article = page.removeprefix("public/share/").removesuffix(".html")
    said = workplace.run("evidence", article, "one.wacz")
    assert "0 raw answers, 1 state, 0 sealed days" in said.stdout
    assert "No raw answer of it is archived" in said.stderr
    files = unpacked(workplace.folder / "one.wacz")
    ((address, record, body),) = indexed(files)
    assert (address, record.rec_type) == (f"https://news.example.org/share/{article}.html", "resource")
    assert b"The text of number 1" in body
    assert "exists; --force overwrites it" in workplace.run("evidence", article, "one.wacz", expect=2).stderr
    workplace.run("evidence", article, "one.wacz", "--force")
    assert "there is no article" in workplace.run("evidence", "nothing", "two.wacz", expect=2).stderr


def test_addresses_are_sorted_as_in_other_indexes() -> None:
    """The host backwards without www, a port that is not the usual one, path and query in lower case."""
    assert surt("https://www.Samr.gov.cn/a/B.html?z=1&b=2") == "cn,gov,samr)/a/b.html?b=2&z=1"
    assert surt("http://news.example:80/") == "example,news)/"
    assert surt("http://127.0.0.1:8080/n/") == "1,0,0,127:8080)/n"

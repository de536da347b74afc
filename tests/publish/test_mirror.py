"""Mirrored files: fetched once, known by their bytes, shown wherever the article is, and gone with it."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import sqlite3
import zipfile

import pytest

from aggregator.content.sniffing import recognise
from tests.support.loopback import Answer, Site
from tests.support.samples import PNG, mirror_errors
from tests.support.workplace import Workplace

JPEG = b"\xff\xd8\xff\xe0" + bytes(300)
PDF = b"%PDF-1.7\n" + b"a document of the harbour office\n" * 30
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def an_entry(site: Site, number: int, body: str, files: str = "") -> str:
    """An RSS item with this HTML for its text."""
    return (
        f"<item><guid>urn:x:{number}</guid><title>Title {number}</title><link>{site.url}/page/{number}</link>"
        f"<description><![CDATA[{body}]]></description>{files}<pubDate>Thu, 05 Mar 2026 10:00:00 GMT</pubDate></item>"
    )


def a_feed(*items: str) -> bytes:
    """An RSS feed."""
    return f"<rss version='2.0'><channel><title>t</title>{''.join(items)}</channel></rss>".encode()


def a_source(site: Site, **keys: str) -> str:
    """A source of that feed; by default it mirrors everything."""
    table = {"mirror": '["images", "attachments"]', **keys}
    rest = "".join(f"{key} = {value}\n" for key, value in table.items() if value)
    return (
        f'[[source]]\nname = "paper"\nkind = "feed"\nurl = "{site.url}/feed.xml"\nfull_text = "never"\n{rest}'
    )


def media(workplace: Workplace) -> dict[str, bytes]:
    """The mirrored files, by name below media/."""
    return {
        path.removeprefix("public/media/"): body for path, body in workplace.files("public/media").items()
    }


def name_of(body: bytes, extension: str) -> str:
    """What a file of these bytes is called."""
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return f"{digest[:2]}/{digest}{extension}"


def make_due(workplace: Workplace) -> None:
    """Let every file that waits be tried now."""
    with sqlite3.connect(workplace.folder / "var" / "test.db") as connection:
        connection.execute("UPDATE media SET retry_at = '2020-01-01 00:00:00' WHERE retry_at IS NOT NULL")
    connection.close()


def test_files_are_mirrored_once_and_shown_everywhere(workplace: Workplace) -> None:
    """Page, post and feeds point to the mirror; the same bytes at two addresses are one file."""
    with Site({"/a.png": PNG, "/b.png": PNG, "/doc.pdf": PDF}) as site:
        body = f'<p><img src="{site.url}/a.png" alt="quay"> <img src="{site.url}/b.png"></p>'
        body += f'<p>see <a href="{site.url}/doc.pdf">the notice</a></p>'
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, body), an_entry(site, 2, body))
        workplace.configure(a_source(site))
        assert "Mirrored 3 files" in workplace.run("poll").stdout
        asked = [request.path for request in site.requests]
        # The document is read at once, and mirrored later.
        assert sorted(asked) == ["/a.png", "/b.png", "/doc.pdf", "/doc.pdf", "/feed.xml"]
        picture, document = name_of(PNG, ".png"), name_of(PDF, ".pdf")
        assert media(workplace) == {picture: PNG, document: PDF}
        whole = (
            "public/share/",
            "_posts/",
            "public/feeds/rss.xml",
            "public/feeds/atom.xml",
            "public/feeds/feed.json",
        )
        files = {path: body for path, body in workplace.files().items() if path.startswith(whole)}
        for path, shown in files.items():
            if not path.endswith(".gz"):
                assert picture.encode() in shown, path
                assert b"/a.png" not in shown, path
        assert len(files) >= 2 + 2 + 2 * 3
        share = next(body for path, body in workplace.files("public/share").items() if path.endswith(".html"))
        assert f'src="../media/{picture}"'.encode() in share
        assert f'href="../media/{document}"'.encode() in share
        workplace.run("publish", "--check")
        before = workplace.files()
        workplace.run("poll")
        workplace.run("publish")
        assert workplace.files() == before
        (workplace.folder / "public/media" / picture).write_bytes(b"x")
        assert "changed: public/media/" in workplace.run("publish", "--check", expect=1).stdout


def test_what_is_no_picture_is_never_kept_as_one(workplace: Workplace) -> None:
    """Pages, drawings with scripts and lies are refused; a type comes from the bytes, never from the server."""
    pages = {
        "/page.png": Answer(b"<html><body>login</body></html>", headers={"Content-Type": "image/png"}),
        "/script.png": Answer(SVG, headers={"Content-Type": "image/png"}),
        "/lie.gif": Answer(JPEG, headers={"Content-Type": "text/html"}),
        "/login.pdf": Answer(
            b"<!doctype html><title>Log in</title>", headers={"Content-Type": "application/pdf"}
        ),
    }
    with Site(pages) as site:
        body = "".join(f'<img src="{site.url}/{name}">' for name in ("page.png", "script.png", "lie.gif"))
        body += f'<p><a href="{site.url}/login.pdf">file</a></p>'
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, body))
        workplace.configure(a_source(site))
        workplace.run("poll")
        assert list(media(workplace)) == [name_of(JPEG, ".jpg")]
        assert mirror_errors(workplace).keys() == {"page.png", "script.png", "login.pdf"}
        share = next(iter(workplace.files("public/share").values())).decode()
        assert f'href="{site.url}/page.png"' in share, "what cannot be had stays linked to its source"
        workplace.run("publish", "--check")


def test_caps(workplace: Workplace) -> None:
    """A file that is too big, by its header or its body, and one too much for its source, are left out."""
    big = PNG + bytes(30_000)
    pages = {
        "/big.png": big,
        "/bomb.png": Answer(gzip.compress(PNG + bytes(3_000_000)), headers={"Content-Encoding": "gzip"}),
        "/one.png": PNG + b"1" * 9000,
        "/two.png": PNG + b"2" * 9000,
    }
    with Site(pages) as site:
        body = "".join(f'<img src="{site.url}{path}">' for path in pages)
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, body))
        workplace.configure(a_source(site, mirror_file_size='"20KB"', mirror_size='"15KB"'))
        workplace.run("poll")
        errors = mirror_errors(workplace)
        assert len(media(workplace)) == 1
        assert {"big.png", "bomb.png"} < errors.keys()
        assert [error for error in errors.values() if "over mirror_size" in error]
        make_due(workplace)
        workplace.configure(a_source(site, mirror_file_size='"20KB"', mirror_size='"50KB"'))
        workplace.run("poll")
        assert len(media(workplace)) == 2


def test_what_cannot_be_had_is_tried_again(workplace: Workplace) -> None:
    """A picture that is missing today is there when it is asked for later, and not asked for in between."""
    with Site({}) as site:
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, f'<img src="{site.url}/late.png">'))
        workplace.configure(a_source(site))
        assert "1 could not be had" in workplace.run("poll").stdout
        site.pages["/late.png"] = PNG
        workplace.run("poll")
        assert media(workplace) == {}
        make_due(workplace)
        workplace.run("poll")
        assert media(workplace) == {name_of(PNG, ".png"): PNG}
        workplace.run("publish", "--check")


def test_files_go_with_the_last_article_that_shows_them(workplace: Workplace) -> None:
    """An edited article drops its old picture, a removed one its file, unless another shows it too."""
    with Site({"/a.png": PNG, "/b.png": PNG + b"b", "/c.png": PNG + b"c"}) as site:
        entries = [
            an_entry(site, 1, f'<img src="{site.url}/a.png"> x'),
            an_entry(site, 2, f'<img src="{site.url}/b.png"> y'),
        ]
        entries.append(an_entry(site, 3, f'<img src="{site.url}/b.png"> z'))
        site.pages["/feed.xml"] = a_feed(*entries)
        workplace.configure(a_source(site))
        workplace.run("poll")
        assert len(media(workplace)) == 2
        entries[0] = an_entry(site, 1, f'<img src="{site.url}/c.png"> x')
        site.pages["/feed.xml"] = a_feed(*entries)
        workplace.run("poll")
        assert media(workplace).keys() == {name_of(PNG + b"b", ".png"), name_of(PNG + b"c", ".png")}
        for number, left in ((2, 2), (3, 1)):
            workplace.run("remove", f"{site.url}/page/{number}", "--reason", "test")
            assert len(media(workplace)) == left
        workplace.run("publish", "--check")


def test_mirroring_is_switched_on_and_off(workplace: Workplace) -> None:
    """What is there already is mirrored without asking for its page again, and given up as easily."""
    with Site({"/a.png": PNG}) as site:
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, f'<img src="{site.url}/a.png">'))
        workplace.configure(a_source(site, mirror=""))
        workplace.run("poll")
        assert media(workplace) == {}
        workplace.configure(a_source(site))
        workplace.run("publish")
        assert list(media(workplace)) == [name_of(PNG, ".png")]
        assert [request.path for request in site.requests] == ["/feed.xml", "/a.png"]
        workplace.configure(a_source(site, mirror=""))
        workplace.run("publish")
        assert media(workplace) == {}
        workplace.run("publish", "--check")


def test_a_file_that_is_lost_is_fetched_again(workplace: Workplace) -> None:
    """Whoever deletes the output gets all of it back; a file too big for its source is none of it."""
    with Site({"/a.png": PNG, "/b.png": PNG + bytes(9000)}) as site:
        body = f'<img src="{site.url}/a.png"><img src="{site.url}/b.png">'
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, body))
        workplace.configure(a_source(site, mirror_size='"1KB"'))
        workplace.run("poll")
        assert list(media(workplace)) == [name_of(PNG, ".png")]
        before = workplace.files("public")
        shutil.rmtree(workplace.folder / "public")
        workplace.run("publish")
        assert workplace.files("public") == before
        workplace.run("publish", "--check")


def test_a_private_address_is_not_asked(workplace: Workplace) -> None:
    """Also not by a redirect: files are under the same guard as pages."""
    with Site(
        {"/a.png": Answer(b"", status=302, headers={"Location": "http://169.254.169.254/latest"})}
    ) as site:
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, f'<img src="{site.url}/a.png">'))
        workplace.configure(a_source(site))
        workplace.run("poll")
        assert "169.254" in mirror_errors(workplace)["a.png"]


def zipped(**files: str) -> bytes:
    """A ZIP archive of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "/"), body)
    return held.getvalue()


@pytest.mark.parametrize(
    ("body", "extension"),
    [
        (PDF, ".pdf"),
        (zipped(word__document="x"), ".docx"),
        (zipped(xl__workbook="x"), ".xlsx"),
        (zipped(mimetype="application/epub+zip"), ".epub"),
        (zipped(**{"OFD.xml": "x"}), ".ofd"),
        (zipped(readme="x"), ".zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "Workbook".encode("utf-16-le"), ".xls"),
        (b"a;b\n1;2\n", ".txt"),
        (PNG, ".png"),
        (b"<table><tr><td>not really Excel", None),
        (b"PK\x03\x04 broken", None),
        (b"\x00\x01\x02", None),
        (b"", None),
    ],
)
def test_files_are_known_by_their_bytes(body: bytes, extension: str | None) -> None:
    """What a file is called says nothing; what is unknown is refused."""
    if extension is None:
        with pytest.raises(ValueError, match=r"^is "):
            recognise("attachment", "http://x.example/file.xls", body)
    else:
        assert recognise("attachment", "http://x.example/file.exe", body)[0] == extension
    assert recognise("attachment", "http://x.example/f.csv", b"a;b\n") == (".csv", "text/csv")


def test_files_of_texts_that_are_not_shown_lie_outside_of_the_site(workplace: Workplace) -> None:
    """They follow `publish` at the next visit, without being fetched anew; one that others show is for all."""
    picture, shared = name_of(PNG, ".png"), name_of(JPEG, ".jpg")
    private = workplace.folder / "var" / "private" / "media"

    def places() -> tuple[set[str], set[str]]:
        hidden = {path.relative_to(private).as_posix() for path in private.rglob("*") if path.is_file()}
        return set(media(workplace)), hidden

    with Site({"/a.png": PNG, "/b.jpg": JPEG}) as site:
        body = f'<img src="{site.url}/a.png"><img src="{site.url}/b.jpg">'
        site.pages["/feed.xml"] = a_feed(an_entry(site, 1, body))
        site.pages["/other.xml"] = a_feed(
            an_entry(site, 2, f'<p>other words</p><img src="{site.url}/b.jpg">')
        )
        workplace.configure(a_source(site, publish='"link"'))
        workplace.run("poll")
        assert places() == (set(), {picture, shared})
        other = a_source(site).replace("paper", "other").replace("feed.xml", "other.xml")
        workplace.configure(a_source(site, publish='"link"') + other)
        workplace.run("poll")
        assert places() == ({shared}, {picture})
        workplace.configure(a_source(site) + other)
        workplace.run("poll")
        assert places() == ({picture, shared}, set())
        workplace.configure(a_source(site, publish='"summary"') + other)
        workplace.run("poll")
        assert places() == ({shared}, {picture})
        assert [request.path for request in site.requests].count("/a.png") == 1
        workplace.run("publish", "--check")
        assert workplace.run("check", "--chain").returncode == 0
        (private / picture).write_bytes(b"x")
        assert "changed: var/private/media/" in workplace.run("publish", "--check", expect=1).stdout
        # Of a source that has left, no more is shown than before.
        workplace.configure(other)
        workplace.run("poll")
        assert places() == ({shared}, {picture})
        workplace.configure(a_source(site, publish='"summary"', mirror="") + other)
        workplace.run("poll")
        workplace.run("publish")
        assert places() == ({shared}, set())

"""Addresses: resolved as a browser does, told apart by what they name, made from templates."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.content.addresses import canonical, fill, fill_all, placeholders, resolve

BASE = "https://news.example/a/b/list.html?page=2#top"


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("c.html", "https://news.example/a/b/c.html"),
        ("./c.html", "https://news.example/a/b/c.html"),
        ("../c.html", "https://news.example/a/c.html"),
        ("../../../../c.html", "https://news.example/c.html"),
        ("/c.html", "https://news.example/c.html"),
        ("//cdn.example/c.png", "https://cdn.example/c.png"),
        ("?page=3", "https://news.example/a/b/list.html?page=3"),
        ("#c", "https://news.example/a/b/list.html?page=2#c"),
        ("http://Other.Example/x", "http://other.example/x"),
        ("HTTPS://other.example:443/x", "https://other.example/x"),
        ("http://other.example:8080/x", "http://other.example:8080/x"),
        ("http://other.example/a/../b/./c", "http://other.example/b/c"),
        ("  c.html\n", "https://news.example/a/b/c.html"),
        ("/ar\nti\tcle/\r\n1.html", "https://news.example/article/1.html"),
        ("ht\ntps://other.example/", "https://other.example/"),
        ("\\\\other.example\\x?a=\\b", "https://other.example/x?a=%5Cb"),
        ("/新闻/1.html", "https://news.example/%E6%96%B0%E9%97%BB/1.html"),
        ("/s?q=新闻&n=1", "https://news.example/s?q=%E6%96%B0%E9%97%BB&n=1"),
        ("/a b.pdf", "https://news.example/a%20b.pdf"),
        ("/%E6%96%B0", "https://news.example/%E6%96%B0"),
        ("/100%.html", "https://news.example/100%25.html"),
        ('/"<>{}|^`', "https://news.example/%22%3C%3E%7B%7D%7C%5E%60"),
        ("/x?a[]=1&b=2?3", "https://news.example/x?a[]=1&b=2?3"),
        ("/x:y@z;p=1,2", "https://news.example/x:y@z;p=1,2"),
        ("https://例子.测试/", "https://xn--fsqu00a.xn--0zwm56d/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://me:p@other.example/", "http://me:p@other.example/"),
        ("/\ud800", "https://news.example/%3F"),
    ],
)
def test_resolved_as_a_browser_does(href: str, address: str) -> None:
    """A link becomes the absolute address that a browser would ask for."""
    assert resolve(BASE, href) == address


@pytest.mark.parametrize(
    "href",
    [
        *[
            "",
            "  ",
            "\n",
            "javascript:void(0)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "\x01javascript:x",
        ],
        *[
            "data:text/html,x",
            "mailto:a@b.example",
            "tel:1",
            "ftp://a.example/",
            "file:///etc/passwd",
            "about:blank",
        ],
        *[
            "http://",
            "http:///",
            "http://?x",
            "http://[",
            "http://[::g]/",
            "http://a b/",
            "http://a.example:x/",
        ],
        *[
            "http://a.example:99999/",
            "http://<a>/",
            "http://../",
            "http://" + "ä" * 70 + "/",
            "C:\\x",
            "blob:x",
        ],
    ],
)
def test_what_is_no_web_address(href: str) -> None:
    """Scripts, mail, files and broken hosts or ports give nothing."""
    assert resolve(BASE, href) == ""


def test_the_base_matters_only_to_relative_links() -> None:
    """A broken base gives nothing for a relative link and does not harm an absolute one."""
    assert resolve("http://[", "x") == ""
    assert resolve("", "/x") == ""
    assert resolve("http://[", "https://a.example/x") == "https://a.example/x"
    assert resolve("file:///tmp/", "x") == ""


@given(
    st.text(max_size=60),
    st.sampled_from(["", "http://", "//", "/", "?", "https://a.example/", "http://[", "\\"]),
)
def test_any_link_gives_a_web_address_or_nothing(text: str, start: str) -> None:
    """Nothing is raised, the answer is ASCII, and resolving it again changes nothing."""
    address = resolve(BASE, start + text)
    if address:
        assert address.isascii()
        assert urlsplit(address).scheme in ("http", "https")
        assert urlsplit(address).hostname
        assert not set(address) & set(' \n\t"<>\\^`{|}')
        assert resolve("http://elsewhere.example/", address) == address
        assert canonical(canonical(address)) == canonical(address)
    canonical(start + text)


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("HTTP://News.Example:80", "http://news.example/"),
        ("https://news.example:443/a#part", "https://news.example/a"),
        ("http://news.example:443/a", "http://news.example:443/a"),
        ("https://news.example/A?b=2&a=1", "https://news.example/A?b=2&a=1"),
        ("https://news.example/?utm_source=x&id=1&UTM_Medium=y&fbclid=z", "https://news.example/?id=1"),
        ("https://news.example/a?gclid=1&spm=a.b&scm=1&mc_cid=2&mc_eid=3&yclid=4", "https://news.example/a"),
        ("https://news.example/a?igshid=1&_hsenc=2&_hsmi=3&msclkid=4&utm%5Fid=5", "https://news.example/a"),
        (
            "https://news.example/a?from=timeline&utm=1&spmx=2&q=",
            "https://news.example/a?from=timeline&utm=1&spmx=2&q=",
        ),
        ("https://news.example/a?", "https://news.example/a"),
        ("https://news.example/#/news/1", "https://news.example/#/news/1"),
        ("https://news.example/#!news", "https://news.example/#!news"),
        ("https://例子.测试", "https://xn--fsqu00a.xn--0zwm56d/"),
        ("urn:uuid:1#X", "urn:uuid:1#X"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_one_page_has_one_form(address: str, form: str) -> None:
    """What only tracks or decorates is dropped, what may name the page stays."""
    assert canonical(address) == form


def test_templates_are_filled() -> None:
    """Names in braces give way to values, quoted where they go into an address."""
    fields: dict[str, str | list[str]] = {"id": "a/b c新", "tags": ["x&y", "z"], "none": []}
    assert fill("https://a.example/{id}?t={tags}", fields, quote=True) == (
        "https://a.example/a%2Fb%20c%E6%96%B0?t=x%26y"
    )
    assert fill("{id}-{tags}-{none}{unknown}", fields, quote=False) == "a/b c新-x&y-"
    assert fill("{ id } {} {{id}} {a.b}", fields, quote=False) == "{ id } {} {a/b c新} {a.b}"
    assert fill("{id}", {"id": "{tags}"}, quote=False) == "{tags}"
    assert fill("{id}", {"id": "\ud800"}, quote=True) == "%3F"


def test_a_list_fills_a_template_more_than_once() -> None:
    """Each value of the first list gives a result; blanks are folded, empty and repeated ones dropped."""
    fields: dict[str, str | list[str]] = {
        "site": "News",
        "tags": ["a", " b\n c ", "", "a"],
        "more": ["1", "2"],
        "no": [],
    }
    assert fill_all("{tags}", fields) == ["a", "b c"]
    assert fill_all("{site}: {tags} {more}", fields) == ["News: a 1", "News: b c 1", "News: 1"]
    assert fill_all(" {site} ", fields) == ["News"]
    assert fill_all("{no}", fields) == []
    assert fill_all("{unknown}", fields) == []
    assert fill_all("{site} {no}", fields) == ["News"]
    assert fill_all("", fields) == []


def test_templates_say_what_they_ask_for() -> None:
    """The names in a template are known before there is any entry."""
    assert placeholders("{a}/{b_1}/{a}?{栏目}&{}&{x y}") == {"a", "b_1", "栏目"}
    assert placeholders("plain") == set()

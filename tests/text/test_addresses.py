"""Addresses: resolved as a browser does, told apart by what they name."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.addresses import canonical, canonical_link, comparable, resolve, same_site

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


TRACKERS = (
    "utm_source utm_anything fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid ttclid twclid igshid"
    " igsh ref_src mc_cid mc_eid mkt_tok _hsenc _hsmi hsCtaTracking spm scm wt.mc_id WT.mc_id at_medium"
    " at_campaign at_custom1 vero_id vero_conv oly_anon_id oly_enc_id s_cid ncid cmpid _openstat pk_campaign"
    " pk_kwd mtm_source piwik_campaign hsa_cam _ga _gl isappinstalled nsukey wxshare_count vd_source srsltid"
)
NAMES = (
    "from ref source share id cid pid scene type tag utm at at_x media campaign medium page p q s t k v pk"
    " pk_id mtm c wt spmx date from_source origin lang cat news_id article_id key __biz mid idx sn"
)


@pytest.mark.parametrize("name", TRACKERS.split())
def test_what_only_tracks_goes(name: str) -> None:
    """A parameter that follows readers about makes no other page of an address."""
    assert canonical(f"https://news.example/a?id=1&{name}=x&{name.upper()}=y&b=2") == (
        "https://news.example/a?id=1&b=2"
    )


@pytest.mark.parametrize("name", NAMES.split())
def test_what_may_name_a_page_stays(name: str) -> None:
    """A parameter that on some site names the article is never dropped."""
    assert canonical(f"https://news.example/a?{name}=x") == f"https://news.example/a?{name}=x"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://news.example/a", "https://news.example/b"),
        ("http://www.news.example/", "https://news.example/b"),
        ("https://m.news.example/1", "https://www.news.example/1"),
        ("https://a.news.example/", "https://b.c.news.example/"),
        ("https://NEWS.example./", "https://news.example:8443/"),
        ("https://finance.lantern.com.cn/", "https://www.lantern.com.cn/"),
        ("https://xxgk.bureau.gov.cn/", "https://bureau.gov.cn/"),
        ("https://www.gov.cn/", "http://gov.cn/"),
        ("https://m.gov.cn/", "http://www.gov.cn/"),
        ("https://news.lantern.co.uk/", "https://lantern.co.uk/"),
        ("https://www.lantern.github.io/", "https://lantern.github.io/"),
        ("https://例子.测试/", "https://www.xn--fsqu00a.xn--0zwm56d/"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:9090/"),
        ("http://[2001:db8::1]/", "http://[2001:DB8:0::1]:80/"),
        ("http://localhost/", "http://localhost/x"),
    ],
)
def test_one_site(one: str, other: str) -> None:
    """Hosts of one registered domain are one site, whatever scheme, port, ``www.`` or ``m.`` say."""
    assert same_site(one, other)
    assert same_site(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/", "https://other.example/"),
        ("https://a.github.io/", "https://b.github.io/"),
        ("https://github.io/", "https://b.github.io/"),
        ("https://a.gov.cn/", "https://b.gov.cn/"),
        ("https://www.gov.cn/", "https://www.bureau.gov.cn/"),
        ("https://x.co.uk/", "https://y.co.uk/"),
        ("https://x.com.cn/", "https://y.com.cn/"),
        ("https://newsexample.com/", "https://example.com/"),
        ("https://m.com/", "https://com/"),
        ("http://10.0.0.1/", "http://11.0.0.1/"),
        ("http://[2001:db8::1]/", "http://[2001:db8::2]/"),
        ("http://one/", "http://two/"),
        ("", ""),
        ("x", "x"),
        ("http://[", "http://["),
        ("mailto:a@news.example", "https://news.example/"),
    ],
)
def test_two_sites(one: str, other: str) -> None:
    """Names below a public suffix, IP addresses and what is no web address share no site."""
    assert not same_site(one, other)
    assert not same_site(other, one)


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("https://news.example/a/1.html", "https://news.example/a/1.html"),
        ("/a/1.html?utm_source=x#part", "https://m.news.example/a/1.html"),
        ("1.html", "https://m.news.example/b/1.html"),
        ("//www.news.example/a/1.html", "https://www.news.example/a/1.html"),
        ("http://www.news.example/?id=7", "http://www.news.example/?id=7"),
        ("https://www.news.example/#/news/1", "https://www.news.example/#/news/1"),
        ("/", ""),
        ("https://www.news.example", ""),
        ("https://www.news.example/?utm_source=x#top", ""),
        ("https://elsewhere.example/a/1.html", ""),
        ("javascript:void(0)", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_a_canonical_link_is_believed_within_its_site(href: str, address: str) -> None:
    """A page's own canonical address counts in its canonical form, but no other site's and no mere root."""
    assert canonical_link("https://m.news.example/a/1.html?x=1", href, "https://m.news.example/b/") == address


def test_the_root_is_its_own_canonical_page() -> None:
    """The home page may say that it is the home page."""
    assert canonical_link("https://news.example", "/", "https://news.example/") == "https://news.example/"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_address_is_too_strange_for_a_site(one: str, other: str) -> None:
    """Nothing is raised, and a site is one for both sides."""
    assert same_site(f"http://{one}", f"http://{other}") == same_site(f"http://{other}", f"http://{one}")
    canonical_link(f"http://{one}", other, f"http://{one}")


PAGE = "https://news.example/art/show.php?id=7"
SESSION = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "address",
    [
        "http://news.example/art/show.php?id=7",
        "https://www.news.example/art/show.php?id=7",
        "https://news.example:443/art/show.php?id=7&utm_source=x",
        f"https://news.example/art/show.php?PHPSESSID={SESSION}&id=7",
        f"https://news.example/art/show.php?id=7&sid={SESSION}",
        f"https://news.example/art/show.php;jsessionid={SESSION}.node1?id=7",
        "https://news.example/art/show.php?id=7&CFID=12&CFTOKEN=345",
        "https://news.example/(S(abcdefghijklmnopqrstuvwx))/art/show.php?id=7",
        "https://news.example/%61rt/show.php?id=7",
    ],
)
def test_one_page(address: str) -> None:
    """Scheme, www, sessions and needless escapes do not make another page."""
    assert comparable(address) == comparable(PAGE)


def test_one_folder() -> None:
    """A slash at the end and a default index name do not either, nor does the case of a percent-code."""
    forms = (
        "http://a.example/n",
        "http://a.example/n/",
        "http://a.example/n/index.html",
        "http://a.example/n/Default.aspx",
    )
    assert len({comparable(form) for form in forms}) == 1
    assert comparable("http://a.example/%e6%96%b0") == comparable("http://a.example/%E6%96%B0")
    assert comparable("http://a.example/index.php?id=1") == comparable("http://a.example/?id=1")


@pytest.mark.parametrize(
    "address",
    [
        "https://news.example/art/show.php?id=8",
        "https://news.example/art/show.php?id=7&sid=12",
        "https://news.example/art/Show.php?id=7",
        "https://other.example/art/show.php?id=7",
        "https://news.example:8443/art/show.php?id=7",
        "https://news.example/art/show.php?id=7#/part/2",
    ],
)
def test_other_pages(address: str) -> None:
    """What may name another page does."""
    assert comparable(address) != comparable(PAGE)


def test_what_is_no_address() -> None:
    """A key that is no address is compared as it is."""
    assert comparable("urn:x:1") == "urn:x:1"

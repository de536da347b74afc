"""Characters: every way in which a page says, or fails to say, how its bytes are meant."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.text.charset import decode, read_text

CHINESE = (
    "国务院关于2026年部分节假日安排的通知。各省、自治区、直辖市人民政府，经国务院批准，现将有关事项通知如下。"
    * 3
)
RUSSIAN = "Экономика страны выросла за последний год на два процента, сообщило министерство. " * 3

# The corpus's folders are named by the true encoding; the decoder Python has for each.
TRUE = {
    "EUC-JP": "euc_jp",
    "EUC-KR": "cp949",
    "SHIFT_JIS": "cp932",
    "UTF-16": "utf-16",
    "iso-8859-1": "cp1252",
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8-sig",
    "windows-1251-russian": "cp1251",
    "windows-1252": "cp1252",
}


def page(text: str, charset: str, declaration: str = "") -> bytes:
    """Return a small page in a charset, with whatever declaration."""
    return f"<html><head>{declaration}<title>x</title></head><body>{text}</body></html>".encode(charset)


def test_every_file_of_the_corpus_is_read_as_its_true_encoding(corpora: Path) -> None:
    """Without any header, declared or not, all 76 files come out as their true encoding says."""
    files = [path for path in sorted((corpora / "charset").glob("*/*")) if path.is_file()]
    wrong = [
        str(path.relative_to(corpora))
        for path in files
        if decode(path.read_bytes()) != path.read_bytes().decode(TRUE[path.parent.name], "replace")
    ]
    assert len(files) > 70
    assert wrong == []
    assert not any("passage" in read_text(path.read_bytes()).note for path in files)


def test_government_pages_are_whole(corpora: Path) -> None:
    """Real Chinese pages hold no broken character and read as Chinese."""
    files = sorted((corpora / "gov").rglob("*.html"))
    assert len(files) > 20
    for path in files:
        text = decode(path.read_bytes())
        assert "\ufffd" not in text, path
        assert re.search("国务院|市场监督|政府|部门", text), path
        assert read_text(path.read_bytes()).note == "", path


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="gb2312">',
        "<META CHARSET=GBK>",
        "<meta name=x content='charset=utf-8'><meta charset='x-gbk'/>",
        '<meta http-equiv="Content-Type" content="text/html; charset=gb2312">',
        "<meta content=text/html;charset=gb_2312-80 http-equiv=content-type>",
        '<!-- <meta charset="big5"> --><meta charset="gb18030">',
        '<meta charset="nonsense"><meta charset="gb2312">',
        '<a title=\'<meta charset="big5">\'></a><meta charset="gb2312">',
        '<meta charset="unicode_escape"><meta charset="gb2312">',
        "<style>" + "p{}" * 600 + "</style><meta charset=gb2312>",
    ],
)
def test_meta_declares_the_charset(declaration: str) -> None:
    """Every spelling of the declaration is read, as GB18030, so that 镕 and 㙍 survive gb2312."""
    assert "朱镕基㙍" in decode(page("朱镕基㙍", "gb18030", declaration))


@pytest.mark.parametrize(
    ("label", "charset", "text"),
    [
        ("ISO-8859-1", "cp1252", "“café” – 5 €"),
        ("us-ascii", "cp1252", "naïve"),
        ("latin1", "cp1252", "Müller"),
        ("iso-8859-2", "iso8859-2", "Łódź"),
        ("iso-8859-8-i", "iso8859-8", "שלום"),
        ("windows-1251", "cp1251", "Новости"),
        ("x-cp1251", "cp1251", "Новости"),
        ("koi8-r", "koi8-r", "Новости"),
        ("Shift_JIS", "cp932", "①ニュース"),
        ("x-sjis", "cp932", "ニュース"),
        ("windows-31j", "cp932", "㈱ニュース"),
        ("euc-jp", "euc_jp", "ニュース"),
        ("iso-2022-jp", "iso2022_jp", "ニュース"),
        ("euc-kr", "cp949", "똠방각하"),
        ("ks_c_5601-1987", "cp949", "뉴스"),
        ("big5", "big5hkscs", "新聞㗎"),
        ("Big5-HKSCS", "big5hkscs", "新聞"),
        ("x-x-big5", "big5hkscs", "新聞"),
        ("gb2312", "gb18030", "朱镕基"),
        ("utf-16le", "utf-16-le", "新闻 news"),
        ("utf-16", "utf-16-le", "新闻 news"),
        ("utf-16be", "utf-16-be", "新闻 news"),
        ("utf8", "utf-8", "新闻"),
    ],
)
def test_the_header_decides(label: str, charset: str, text: str) -> None:
    """The HTTP header wins over the page, its names read as the Encoding standard reads them."""
    body = page(text, charset, '<meta charset="ibm866">')
    assert text in decode(body, f'text/html; Charset="{label}"; x=y')
    assert decode(text.encode(charset) + b" ", f"application/json;charset={label}", html=False) == (
        (text.encode(charset) + b" ").decode(charset, "replace")
    )


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_wins_and_goes(charset: str) -> None:
    """A byte order mark is stronger than the header, and no part of the text."""
    assert decode("新闻\r\nnews\n".encode(charset), "text/html; charset=big5") == "新闻\r\nnews\n"
    assert decode(b"\xfe\xff" + "新闻".encode("utf-16-be")) == "新闻"


def test_meta_cannot_claim_utf_16() -> None:
    """A declaration that could be read in ASCII is not in UTF-16: the page is in UTF-8."""
    assert CHINESE in decode(page(CHINESE, "utf-8", '<meta charset="utf-16">'))
    assert decode(b"caf\xc3\xa9 \xff<meta charset=utf-16>") == "café \ufffd<meta charset=utf-16>"
    assert CHINESE in decode(page(CHINESE, "utf-8"), "text/html; charset=utf-16")


def test_meta_is_for_pages_only() -> None:
    """Where no page is expected, a meta element in the data declares nothing."""
    body = '{"html": "<meta charset=windows-1251>", "title": "Müller"}'.encode("cp1252")
    assert "Müller" in decode(body, "application/json", html=False)
    assert "Mьller" in decode(body)


def test_the_xml_declaration_counts() -> None:
    """An XML document names its charset in its first line, page or not."""
    body = "<?xml version='1.0' encoding='windows-1251'?><p>Юг</p>".encode("cp1251")
    assert "Юг" in decode(body)
    assert "Юг" in decode(b"\n" + body, "application/xml", html=False)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("gb18030", CHINESE),
        ("gb18030", "<title>重庆银行</title>"),
        ("big5hkscs", "行政院會今天通過的法案，是為了讓人民可以在家中辦理。" * 2),
        ("cp932", "今日のニュースをお伝えします。これは新しいものです。"),
        ("euc_jp", "今日のニュースをお伝えします。これは新しいものです。"),
        ("cp949", "오늘의 뉴스를 전해 드립니다. 이것은 새로운 것입니다."),
        ("cp1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("cp1252", "Die Österreicher müssen über Käse sprechen. Ça va très bien, naïve façade."),
        ("cp1252", "© 2026 – “Fußball”"),
        ("utf-8", "naïve 新闻"),
    ],
)
def test_bytes_tell_their_charset(charset: str, text: str) -> None:
    """Where nothing is declared, the bytes are read in the language they are in."""
    assert decode(text.encode(charset)) == text


@pytest.mark.parametrize("declared", ["utf-8", "nonsense", ""])
def test_gbk_is_believed_over_utf_8(declared: str) -> None:
    """A page in GBK is read as such whether UTF-8 was declared, nothing, or nonsense."""
    assert CHINESE in decode(page(CHINESE, "gb18030"), f"text/html; charset={declared}")
    assert CHINESE in decode(page(CHINESE, "gb18030", f'<meta charset="{declared}">'))


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "big5", "shift_jis", "iso-8859-1", "windows-1251"])
def test_utf_8_is_believed_over_others(declared: str) -> None:
    """A page in UTF-8 is read as such whatever was declared."""
    assert CHINESE in decode(page(CHINESE, "utf-8"), f"text/html; charset={declared}")
    assert CHINESE in decode(page(CHINESE, "utf-8", f'<meta charset="{declared}">'))


def test_chance_pairs_stay_what_was_declared() -> None:
    """Two letters of GBK that happen to be one of two bytes in UTF-8 are read as declared."""
    pair = b"\xcf\xb5"
    assert decode(pair, "text/html; charset=gb2312") == pair.decode("gbk")


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_one_broken_byte_costs_one_place(charset: str) -> None:
    """A byte that means nothing becomes U+FFFD; the declaration still holds for the rest."""
    body = CHINESE.encode(charset) + b"\xff" + CHINESE.encode(charset)
    text = decode(body, f"text/html; charset={charset}")
    assert text.count("\ufffd") == 1
    assert text.replace("\ufffd", "") == CHINESE * 2
    assert decode(body[:-1], f"text/html; charset={charset}").startswith(CHINESE)


def test_a_byte_lost_in_gbk_shifts_nothing() -> None:
    """Half a character missing anywhere costs it, and at most two beside it that its other half makes pairs with."""
    encoded = [character.encode("gb18030") for character in CHINESE]
    for place in range(40):
        if CHINESE[place].isascii():
            continue
        for half in (0, 1):
            pieces = [*encoded[:place], encoded[place][half : half + 1], *encoded[place + 1 :]]
            found = read_text(b"".join(pieces), "text/html; charset=gb2312")
            assert found.text.count("\ufffd") == 1
            assert len(found.text) == len(CHINESE)
            wrong = [at for at, character in enumerate(CHINESE) if found.text[at] != character]
            assert all(abs(at - place) <= 2 for at in wrong)
            assert found.note == "1 place could not be read as gb18030"


@pytest.mark.parametrize(
    ("declared", "charset", "name", "text"),
    [
        ("gb2312", "utf-8", "utf-8", CHINESE),
        ("utf-8", "gb18030", "gb18030", CHINESE),
        ("iso-8859-1", "gb18030", "gb18030", CHINESE),
        ("big5", "gb18030", "gb18030", CHINESE),
        ("gbk", "big5hkscs", "big5", "行政院會今天通過的法案，是為了讓人民可以在家中辦理。"),
        ("gb18030", "cp932", "shift_jis", "今日のニュースをお伝えします。これは新しいものです。"),
        ("shift_jis", "euc_jp", "euc-jp", "今日のニュースをお伝えします。これは新しいものです。"),
        ("gb2312", "cp949", "euc-kr", "오늘의 뉴스를 전해 드립니다. 이것은 새로운 것입니다."),
        ("windows-1252", "cp1251", "windows-1251", RUSSIAN),
        ("windows-1251", "koi8-r", "koi8-r", RUSSIAN),
        ("utf-8", "cp1252", "windows-1252", "créée à Paris, “déjà”"),
        ("iso-8859-15", "utf-8", "utf-8", "tras su sanción: «no le soporto»"),
        ("nonsense", "utf-8", "utf-8", CHINESE),
    ],
)
def test_a_wrong_declaration_is_noted(declared: str, charset: str, name: str, text: str) -> None:
    """What is declared wrong is read right, and the note says both names."""
    found = read_text(page(text, charset), f"text/html; charset={declared}")
    assert text in found.text
    assert (found.charset, found.note) == (name, f"declared as {declared}, read as {name}")


@pytest.mark.parametrize(
    ("declaration", "charset", "name"),
    [
        ("text/html; charset=gb2312", "gb18030", "gb18030"),
        ("text/html; charset=UTF8", "utf-8", "utf-8"),
        ("text/html; charset=latin1", "cp1252", "windows-1252"),
        ("text/html; charset=iso-8859-2", "iso8859-2", "iso-8859-2"),
        ("text/html; charset=greek", "iso8859-7", "iso-8859-7"),
        ("text/html; charset=utf-16", "utf-16-le", "utf-16le"),
        ("text/html", "utf-16", "utf-16le"),
        ("text/html", "utf-8", "utf-8"),
        ("text/html", "gb18030", "gb18030"),
    ],
)
def test_no_note_where_all_is_well(declaration: str, charset: str, name: str) -> None:
    """A right declaration, or none and bytes that are clear, leave nothing to say."""
    texts = {"cp1252": "Müller", "iso8859-2": "Łódź", "iso8859-7": "Η κυβέρνηση ανακοίνωσε νέα μέτρα"}
    found = read_text(page(texts.get(charset, CHINESE), charset), declaration)
    assert (found.charset, found.note) == (name, "")
    assert texts.get(charset, CHINESE) in found.text


ONE, TWO = "灯塔日报今天出版，海面平静。", "港口的船在早上回来"


@pytest.mark.parametrize(
    ("pieces", "charset", "note"),
    [
        (
            [(ONE, "gb18030"), (f"\n<p>{TWO}</p>\n", "utf-8"), (ONE, "gb18030")],
            "gb18030",
            "1 passage read as utf-8",
        ),
        ([(ONE * 3, "gb18030"), ("<b>灯塔</b>", "utf-8")], "gb18030", "1 passage read as utf-8"),
        ([(ONE * 3, "gb18030"), ("<b>中</b>", "utf-8")], "gb18030", "1 passage read as utf-8"),
        (
            [(ONE * 3, "gb18030"), (" — ", "utf-8"), (ONE, "gb18030")],
            "gb18030",
            "1 passage read as utf-8",
        ),
        (
            [(ONE * 3, "gb18030"), (TWO, "utf-8"), (ONE, "gb18030")],
            "gb18030",
            "1 passage read as utf-8",
        ),
        (
            [(ONE, "utf-8"), (f"\n<p>{TWO}</p>\n", "gb18030"), (ONE, "utf-8")],
            "utf-8",
            "1 passage read as gb18030",
        ),
        ([(ONE, "utf-8"), (TWO, "gb18030"), (ONE, "utf-8")], "utf-8", "1 passage read as gb18030"),
        ([(ONE, "utf-8"), ("<b>中国</b>", "gb18030")], "utf-8", "1 passage read as gb18030"),
        (
            [(ONE, "utf-8"), ("“", "cp1252"), (TWO, "utf-8"), ("”", "cp1252")],
            "utf-8",
            "2 passages read as windows-1252",
        ),
        (
            [("A café – é", "utf-8"), (" “naïve” – ’t", "cp1252")],
            "windows-1252",
            "3 passages read as utf-8",
        ),
        (
            [("schön für “uns” – é", "utf-8"), (" größer", "cp1252")],
            "utf-8",
            "1 passage read as windows-1252",
        ),
        (
            [("Käse für größere ", "cp1252"), ("Ärger, MÜLLER", "utf-8")],
            "windows-1252",
            "2 passages read as utf-8",
        ),
        ([(RUSSIAN, "cp1251"), ("«Новости»", "utf-8")], "windows-1251", "1 passage read as utf-8"),
        (
            [("ニュースをお伝えします。" * 3, "cp932"), ("<p>これは新しい</p>", "utf-8")],
            "shift_jis",
            "1 passage read as utf-8",
        ),
    ],
)
def test_two_charsets_in_one_page(pieces: list[tuple[str, str]], charset: str, note: str) -> None:
    """Each passage is read in its own charset, whatever the rest is in, and the note counts them."""
    found = read_text(b"".join(text.encode(charset) for text, charset in pieces))
    assert found.text == "".join(text for text, _ in pieces)
    assert (found.charset, found.note) == (charset, note)


def test_half_a_character_is_no_letter() -> None:
    """A text in UTF-8 that was cut within a character does not end in a capital of windows-1252."""
    body = "Das Café fährt größer: ".encode() + b"g\xc3... <p>sch\xc3</p>"
    assert decode(body) == "Das Café fährt größer: g\ufffd... <p>sch\ufffd</p>"
    assert decode(CHINESE.encode() + b"\xe5</p>") == CHINESE + "\ufffd</p>"


def test_a_few_words_do_not_contradict_a_declaration() -> None:
    """A title of a few characters that would be usual ones in another charset is read as declared."""
    for text, charset, declared in (("站新", "cp949", "euc-kr"), ("中国商网新", "euc_jp", "euc-jp")):
        assert text in decode(page(text, charset), f"text/html; charset={declared}")


def test_capitals_before_a_dash_are_no_utf_8() -> None:
    """A capital Ã before a sign is rare, but no word of the other charset."""
    text = "IRMÃ– São João"
    assert read_text(text.encode("cp1252"), "text/html; charset=iso-8859-1").text == text


def test_several_things_amiss_are_all_noted() -> None:
    """A page that is declared wrong, mixed and broken says so in one line."""
    body = ONE.encode() * 2 + b"\xff<p>" + TWO.encode("gb18030") + b"</p>\xe7\x81"
    found = read_text(body, "text/html; charset=Big5")
    assert found.note == (
        "declared as big5, read as utf-8; 1 passage read as gb18030; 2 places could not be read as utf-8"
    )
    assert found.text == ONE * 2 + "\ufffd<p>" + TWO + "</p>\ufffd"


def test_what_the_page_itself_lost_is_not_noted() -> None:
    """A replacement character that was sent as such is the page's own."""
    assert read_text("caf\ufffd é".encode()).note == ""
    assert read_text("caf\ufffd é ü ö ä à".encode() + b"\xff").note == "1 place could not be read as utf-8"


def test_utf_16_shows_without_a_mark() -> None:
    """Markup with a zero in every second byte is in UTF-16, whatever was declared."""
    for charset in ("utf-16-le", "utf-16-be"):
        assert CHINESE in decode(page(CHINESE, charset))
        assert CHINESE in decode(page(CHINESE, charset), "text/html; charset=utf-8")


@pytest.mark.parametrize("piece", [b"\xff", b"\xe4 ", b"\xe4\xb8\xad\xff", b"\x93a", b"\xb5\xc6\xe7\x81\xaf"])
def test_noise_is_read_to_its_end(piece: bytes) -> None:
    """Megabytes of bytes that fit nowhere cost no more than their length, and none of what is behind."""
    for declared in ("", "gbk", "utf-8"):
        assert decode(piece * 400_000 + b" end", f"text/html; charset={declared}").endswith(" end")


def test_no_bytes_are_no_text() -> None:
    """An empty body is an empty text, a byte order mark alone too."""
    assert decode(b"") == ""
    assert decode(b"\xef\xbb\xbf") == ""


def test_a_hostile_head_is_read_in_time() -> None:
    """Unclosed quotes and comments over and over cost no more than the head's length allows."""
    for piece in (b"<a '", b"<!--", b"<meta charset='", b"<a \"'", b"<?xml "):
        assert decode(piece * 200_000).startswith(piece.decode())


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "utf-8", "gbk", "utf-16", "big5", "iso-2022-jp", "euc-jp", "\x00", "hex", "é"]),
    st.booleans(),
)
def test_nothing_is_ever_raised(body: bytes, label: str, html: bool) -> None:
    """Any bytes under any header give a text that can be written as UTF-8."""
    found = read_text(body, f"text/html; charset={label}", html=html)
    assert not re.search("[\ud800-\udfff]", found.text + found.note)
    assert decode(body, f"text/html; charset={label}", html=html) == found.text

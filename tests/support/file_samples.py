"""A sample of files of each type, with what must and what must not be in their texts; all of it is made here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.office import (
    make_doc,
    make_docx,
    make_ofd,
    make_ole,
    make_pptx,
    make_rtf,
    make_xls,
    make_xlsx,
    make_zip,
    p,
    tbl,
)
from tests.support.pdf import Page, flow, lines, make_pdf, set_cells, table, together

TITLE = "关于竹柄雨伞质量监督的公告"
BODY = (
    "为保护消费者的合法权益，根据有关规定，现就竹柄雨伞的质量监督事项作如下公",
    "告，请各地遵照执行。",
    "一、生产者应当对竹柄作防霉处理，并在标签上写明日期。",
)
WHOLE = (
    f"<p>{TITLE}</p>",
    "<p>为保护消费者的合法权益，根据有关规定，现就竹柄雨伞的质量监督事项作如下公告，请各地遵照执行。</p>",
    "<p>一、生产者应当对竹柄作防霉处理，并在标签上写明日期。</p>",
)
ROWS = (("批次", "日期", "数量"), ("甲一", "2026年1月", "80"), ("甲二", "2026年2月", "96"))
CELLS = (
    "<td>批次</td><td>日期</td><td>数量</td>",
    "<td>甲一</td><td>2026年1月</td><td>80</td>",
    "<td>甲二</td><td>2026年2月</td><td>96</td>",
)


@dataclass(frozen=True)
class Sample:
    """A file, by what is hard about it."""

    name: str
    """With the ending that its link has."""
    make: Callable[[], bytes]
    holds: tuple[str, ...] = ()
    """What its HTML holds, in this order."""
    lacks: tuple[str, ...] = ()
    fault: str = ""
    is_drawn: bool = False
    """Whether PDFium needs a Chinese font of the machine for it, as the file brings none."""

    @property
    def kind(self) -> str:
        """Its type."""
        return self.name.rpartition(".")[2]


def _columns() -> bytes:
    left = [f"左栏的第{number}行写得满满的没有空白" for number in "一二三四五六七八九"]
    right = [f"右栏的第{number}行写得满满的没有空白" for number in "一二三四五六七八九"]
    # Many programs write line by line across both columns.
    texts = set_cells(list(zip(left, right, strict=True)), x=60, width=250)
    return make_pdf(
        [
            Page(
                [
                    (180, 780, TITLE, 16),
                    *texts,
                    (60, 400, "两栏之后的一行，写在全页的宽度上，从左边一直到右边为止，没有分开成两栏。"),
                ]
            )
        ]
    )


def _long_table() -> bytes:
    first = table(
        [ROWS[0], *((f"甲{number}", "2026年1月", f"{number}") for number in range(100, 130))], top=780
    )
    second = table(
        [ROWS[0], *((f"乙{number}", "2026年2月", f"{number}") for number in range(200, 220))], top=780
    )
    return make_pdf(
        [
            together(lines("下列批次应当召回：", top=800), first),
            together(second, lines("以上批次共五十个。", top=300)),
        ]
    )


def _merged() -> bytes:
    grid = table([["生产者", "", "批次"], ["名称", "地址", "甲"], ["竹器厂", "临江", "乙"]], top=700)
    wall = (182, 700, 182, 680)
    rules = [rule for rule in grid.rules if rule[0] != 182 or rule[2] != 182]
    return make_pdf([Page(grid.texts, [*rules, (182, 680, 182, wall[1] - 60)])])


def _heads() -> bytes:
    pages = [
        Page(
            [
                (200, 810, "市场监督管理公报 第3期"),
                *(
                    (
                        72,
                        740 - 18 * row,
                        f"第{number}页的内容，第{row}行，逗号之后也写得很长很长很长很长很长很长，",
                    )
                    for row in range(3)
                ),
                (280, 40, f"- {number} -"),
            ]
        )
        for number in range(1, 6)
    ]
    return make_pdf(pages)


def _rotated() -> bytes:
    cells = "".join(
        f"BT /F 10.5 Tf 0 1 -1 0 {200 + 20 * row} {100 + 110 * column} Tm <{text.encode('utf-16-be').hex()}> Tj ET\n"
        for row, texts in enumerate(ROWS)
        for column, text in enumerate(texts)
    )
    walls = [(186 + 20 * row, 96, 186 + 20 * row, 426) for row in range(4)]
    walls += [(186, 96 + 110 * column, 246, 96 + 110 * column) for column in range(4)]
    return make_pdf([Page(rules=walls, more=cells.encode())])


def _plain_table() -> bytes:
    rows = (*ROWS, ("甲三", "2026年3月", "12"), ("甲四", "2026年4月", "34"))
    return make_pdf([Page(set_cells(rows, width=130))])


def _over_pages() -> bytes:
    full = "这一段文字从第一页的末尾一直写到第二页的开头，中间没有句号也没有别的停顿而"
    return make_pdf([lines(TITLE, "", full, top=120), lines("且在第二页才结束。", "第二段。", top=780)])


def _shaded() -> bytes:
    """A table of thin filled boxes, as word processors draw them, its head shaded, in a frame around the page."""
    boxes = "0.9 g 72 680 330 20 re f 0 g 40 40 515 762 re S "
    boxes += "".join(f"72 {700 - 20 * row} 330 0.5 re f " for row in range(4))
    boxes += "".join(
        f"{72 + 110 * column} {680 - 20 * row} 0.5 20 re f " for row in range(3) for column in range(4)
    )
    texts = [(72, 760, "下列批次应当召回："), *table(ROWS, top=700).texts]
    return make_pdf([Page(texts, more=boxes.encode())])


def _manual() -> bytes:
    """A manual: its headings stand out to the left, and definitions are indented."""
    texts = [
        (60, 760, "1. Introduction", 14.0),
        (80, 736, "Whoever keeps an umbrella in the upper town tells the clerk of its", 10.5),
        (80, 722, "handle in writing before the end of the month.", 10.5),
        (60, 690, "2. Definitions", 14.0),
        (80, 666, "An umbrella is whatever keeps the rain from those who hold it up in", 10.5),
        (80, 652, "the street; it may be lent.", 10.5),
        (110, 632, "handle: the part that is held, of bamboo or of another wood that is", 10.5),
        (110, 618, "dry", 10.5),
        (110, 598, "cloth: the rest.", 10.5),
    ]
    return make_pdf([Page(texts)], "latin")


def _official() -> bytes:
    """A notice as an authority sets it: a title over two lines, its number, a signature to the right."""
    head = [
        (400, 760, "特急", 10.5),
        (99, 720, "临江港市场监督管理局关于开展竹柄雨伞", 22),
        (209, 690, "质量专项检查的通知", 22),
        (220, 655, "临市监〔2026〕7号", 16),
        (80, 630, "各科室、各市场监管所：", 16),
        (270, 40, "— 1 —", 14),
    ]
    first = flow(
        "为加强竹柄雨伞的质量安全监管，保护消费者的合法权益，根据《中华人民共和国产品质量法》等法律法规，决定自"
        "2026年3月起在全港开展竹柄雨伞质量专项检查。现将有关事项通知如下：",
        "一、检查范围",
        "（一）生产环节重点检查伞柄接头。",
        "（二）销售环节重点检查标签标识以及进货查验的记录是否齐全，对不合格的应当依法处理并且公开",
        top=600,
    )
    end = [
        (112, 700, "附件：1. 检查记录表", 16),
        (160, 672, "2. 结果汇总表", 16),
        (330, 600, "临江港市场监督管理局", 16),
        (362, 572, "2026年3月12日", 16),
        (112, 540, "（此件公开发布）", 16),
        (270, 40, "— 2 —", 14),
    ]
    second = flow("二、工作要求", "各单位应当高度重视，按时报送检查结果，并指定专人负责联络工作。", top=770)
    return make_pdf([together(Page(head), first), together(second, Page(end))])


def _contacts() -> bytes:
    rows = (
        ("联系人：张三（综合科）", "电话：0571-1234567"),
        ("联系人：李四", "电话：123"),
        ("联系人：欧阳小五（质量科）", "电话：0571-7654321转8"),
        ("联系人：王六", "电话：456"),
    )
    return make_pdf([Page(set_cells(rows, width=258))])


PDF = (
    Sample("gbk without ToUnicode.pdf", lambda: make_pdf([lines(TITLE, *BODY)], "gbk"), WHOLE),
    Sample("unicode without ToUnicode.pdf", lambda: make_pdf([lines(TITLE, *BODY)]), WHOLE),
    Sample(
        "latin.pdf",
        lambda: make_pdf(
            [
                lines(
                    "Recall of umbrellas",
                    "The handle is replaced free of charge where the umbrella was sold, un-",
                    "til the end of the year.",
                )
            ],
            "latin",
        ),
        ("<p>Recall of umbrellas</p>", "where the umbrella was sold, until the end of the year."),
    ),
    Sample(
        "two columns.pdf",
        _columns,
        (
            f"<h2>{TITLE}</h2>",
            "左栏的第一行",
            "左栏的第九行",
            "右栏的第一行",
            "右栏的第九行",
            "两栏之后的一行",
        ),
        ("空白右栏的第一行", "空白 右栏"),
    ),
    Sample(
        "table over two pages.pdf",
        _long_table,
        (
            "<p>下列批次应当召回：</p>",
            CELLS[0],
            "<td>甲129</td>",
            "<tr><td>乙200</td><td>2026年2月</td><td>200</td></tr>",
            "<p>以上批次共五十个。</p>",
        ),
        ("</table><table>",),
    ),
    Sample(
        "merged cells.pdf",
        _merged,
        ('<td colspan="2">生产者</td><td>批次</td>', "<td>名称</td><td>地址</td><td>甲</td>"),
        is_drawn=True,
    ),
    Sample(
        "table without rules.pdf",
        _plain_table,
        ("批次", "日期", "数量", "甲一", "2026年1月", "80", "甲二", "甲四", "34"),
    ),
    Sample("shaded table.pdf", _shaded, ("<p>下列批次应当召回：</p><table>", *CELLS)),
    Sample(
        "official notice.pdf",
        _official,
        (
            "<h2>临江港市场监督管理局关于开展竹柄雨伞质量专项检查的通知</h2><p>临市监〔2026〕7号</p>",
            "<p>各科室、各市场监管所：</p><p>为加强",
            "决定自2026年3月起在全港开展竹柄雨伞质量专项检查。现将有关事项通知如下：</p><p>一、检查范围</p>",
            "<p>（一）生产环节重点检查伞柄接头。</p><p>（二）销售环节",
            "依法处理并且公开</p><p>二、工作要求</p>",
            "<p>临江港市场监督管理局</p><p>2026年3月12日</p><p>（此件公开发布）</p>",
        ),
        ("—",),
    ),
    Sample(
        "chart.pdf",
        lambda: make_pdf(
            [
                Page(
                    [(72, 780, "各月检查次数"), (240, 600, "三月最多")],
                    [
                        *((72, 500 + 20 * at, 472, 500 + 20 * at) for at in range(11)),
                        *((72 + 40 * at, 500, 72 + 40 * at, 700) for at in range(11)),
                    ],
                )
            ]
        ),
        ("<p>各月检查次数</p><p>三月最多</p>",),
    ),
    Sample(
        "manual.pdf",
        _manual,
        (
            "<h2>1. Introduction</h2><p>Whoever keeps an umbrella in the upper town tells the clerk of its handle",
            "it may be lent.</p><p>handle: the part that is held, of bamboo or of another wood that is dry</p>",
            "<p>cloth: the rest.</p>",
        ),
    ),
    Sample(
        "labels and values.pdf",
        _contacts,
        ("张三（综合科）", "电话：0571-1234567", "李四", "电话：123", "王六", "电话：456"),
    ),
    Sample(
        "articles of rules.pdf",
        lambda: make_pdf(
            [lines("第一条　为了加强质量检查，制定本办法。", "第二条　每批出厂以前，作坊应当自查。")]
        ),
        ("<p>第一条 为了加强质量检查，制定本办法。</p><p>第二条 每批出厂以前，作坊应当自查。</p>",),
    ),
    Sample("running heads.pdf", _heads, ("第1页的内容", "第5页的内容"), ("公报", "- 2 -", "- 5 -")),
    Sample(
        "paragraph over two pages.pdf",
        _over_pages,
        (f"<p>{TITLE}</p>", "停顿而且在第二页才结束。</p><p>第二段。</p>"),
    ),
    Sample(
        "vertical.pdf",
        lambda: make_pdf(
            [
                Page(
                    [
                        (500 - 30 * at, 780, text)
                        for at, text in enumerate((TITLE, "第二列接着往下读，", "第三列是最后一列。"))
                    ]
                )
            ],
            "vertical",
        ),
        (TITLE, "第二列接着往下读，", "第三列是最后一列。"),
        is_drawn=True,
    ),
    Sample("lying on its side.pdf", _rotated, CELLS, is_drawn=True),
    Sample("empty password.pdf", lambda: make_pdf([lines(TITLE, *BODY)], password=""), WHOLE),
    Sample("password.pdf", lambda: make_pdf([lines(TITLE)], password="secret"), fault="encrypted"),
    Sample(
        "2000 pages.pdf",
        lambda: make_pdf(
            [lines(f"第{number}章的内容在这里。", f"末句{number}。") for number in range(1, 2001)]
        ),
        ("第1章的内容在这里。", "第1000章的内容在这里。", "第2000章的内容在这里。"),
    ),
    Sample("broken xref.pdf", lambda: make_pdf([lines(TITLE, *BODY)], xref=False), WHOLE),
    Sample("junk before it.pdf", lambda: b"\r\nHTTP junk\r\n" + make_pdf([lines(TITLE, *BODY)]), WHOLE),
    Sample("end cut off.pdf", lambda: make_pdf([lines(TITLE, *BODY)], xref=False)[:-20], WHOLE),
    Sample("unknown letters.pdf", lambda: make_pdf([lines(TITLE, *BODY)], "private"), fault="no-text"),
    Sample(
        "letters of nobody's.pdf",
        lambda: make_pdf([lines("".join(chr(0xE100 + at) for at in range(40)))], "mapped"),
        fault="no-text",
    ),
    Sample(
        "radicals.pdf",
        lambda: make_pdf([lines("使⽤竹柄⾬伞的⼈\uf0b7")], "mapped"),
        ("<p>使用竹柄雨伞的人</p>",),
    ),
    Sample("scan.pdf", lambda: make_pdf([Page(picture=True)] * 3), fault="no-text"),
    Sample("half a file.pdf", lambda: make_pdf([lines(TITLE, *BODY)])[:300], fault="broken"),
)


GRID = tuple((20.0, 60.0 + 8 * row, 140.0, 60.0 + 8 * row) for row in range(4)) + tuple(
    (20.0 + 40 * column, 60.0, 20.0 + 40 * column, 84.0) for column in range(4)
)
TWO_PAGES = [[(20, 30, "第一页。")], [(20, 30, "第二页。")]]
OFD = (
    Sample(
        "notice.ofd",
        lambda: make_ofd([[(20, 30 + 8 * at, text) for at, text in enumerate((TITLE, *BODY))]]),
        WHOLE,
    ),
    Sample(
        "table.ofd",
        lambda: make_ofd(
            [
                [
                    (20, 30, "下列批次应当召回："),
                    *set_cells(ROWS, x=22, top=61, width=40, height=-8),
                ]
            ],
            GRID,
        ),
        ("<p>下列批次应当召回：</p>", *CELLS),
    ),
    Sample(
        "pages.ofd",
        lambda: make_ofd(TWO_PAGES),
        ("第一页。", "第二页。"),
    ),
    Sample(
        "template.ofd",
        lambda: make_ofd([[(80, 50, "2026年3月")], [(20, 50, "开票日期："), (20, 30, "发票")]], templates=1),
        ("发票", "开票日期：", "2026年3月"),
    ),
    Sample("damaged page.ofd", lambda: _damaged(make_ofd(TWO_PAGES)), ("第一页。",), ("第二页。",)),
    Sample("page packed by xz.ofd", lambda: _packed(make_ofd(TWO_PAGES), 95), ("第一页。",), ("第二页。",)),
    Sample("no pages.ofd", lambda: make_ofd([]), fault="no-text"),
    Sample(
        "no document.ofd",
        lambda: make_zip({"OFD.xml": "<OFD><DocBody><DocRoot>x/y.xml</DocRoot></DocBody></OFD>"}),
        fault="broken",
    ),
)
OFFICE = (
    Sample(
        "notice.docx",
        lambda: make_docx(p(TITLE, "Heading1") + p("正文一段。") + tbl(ROWS) + p("二级", "Heading2")),
        (f"<h1>{TITLE}</h1>", "<p>正文一段。</p>", "批次", "甲二", "96", "<h2>二级</h2>"),
    ),
    Sample(
        "tracked changes.docx",
        lambda: make_docx(
            p(
                "保留的字",
                more="<w:del><w:r><w:delText>删去的字</w:delText></w:r></w:del><w:ins><w:r><w:t>加上的字</w:t></w:r></w:ins>",
            )
        ),
        ("保留的字加上的字",),
        ("删去的字",),
    ),
    Sample(
        "script.docx",
        lambda: make_docx(p("<script>alert(1)</script>")),
        ("&lt;script&gt;alert(1)",),
        ("<script",),
    ),
    Sample("really a docx.pdf", lambda: make_docx(p(TITLE)), (TITLE,)),
    Sample(
        "entities.docx", lambda: make_docx(p("x").replace("x<", "&l9;<"), {"dtd": _laughs()}), fault="broken"
    ),
    Sample(
        "deep.docx",
        lambda: make_docx("<w:tbl><w:tr><w:tc>" * 5000 + p("x") + "</w:tc></w:tr></w:tbl>" * 5000),
        fault="broken",
    ),
    Sample(
        "sheets.xlsx",
        lambda: make_xlsx(
            {"一月": [*ROWS, ["合计", "", 176.0]], "密": [["不要看"]], "二月": [["丙", 0.5]]}, hidden="密"
        ),
        ("<h2>一月</h2>", *CELLS, "<td>176</td>", "<h2>二月</h2>", "<td>0.5</td>"),
        ("不要看", "<h2>密</h2>", "176.0"),
    ),
    Sample("old.xls", lambda: make_xls(ROWS), CELLS),
    Sample("of WPS.et", lambda: make_xls(ROWS), CELLS),
    Sample(
        "slides.pptx",
        lambda: make_pptx([("第一张", ["甲", "乙"]), ("第二张", ["丙"])]),
        ("<h2>第一张</h2><p>甲</p><p>乙</p>", "<h2>第二张</h2><p>丙</p>"),
    ),
    Sample(
        "old.doc",
        lambda: make_doc(
            f'{TITLE}\r正文。\x13 HYPERLINK "x" \x14链接\x15\r批次\x07数量\x07\x07甲一\x07\x07\x07甲二\x0796\x07\x07最后一段。\r'
        ),
        (
            f"<p>{TITLE}</p>",
            "<p>正文。链接</p>",
            "<td>批次</td><td>数量</td>",
            "<td>甲一</td><td></td>",
            "<td>甲二</td><td>96</td>",
            "<p>最后一段。</p>",
        ),
        ("HYPERLINK",),
    ),
    Sample("of WPS.wps", lambda: make_doc(f"{TITLE}\r"), (TITLE,)),
    Sample("password.doc", lambda: make_doc(TITLE, encrypted=True), fault="encrypted"),
    Sample(
        "password.docx",
        lambda: make_ole({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}),
        fault="encrypted",
    ),
    Sample("nonsense.doc", lambda: make_ole({"WordDocument": b"x" * 100, "1Table": b"y"}), fault="broken"),
)
PLAIN = (
    Sample(
        "gbk.txt",
        lambda: f"{TITLE}\r\n\r\n{BODY[2]}\r\n".encode("gbk"),
        (f"<p>{TITLE}</p>", f"<p>{BODY[2]}</p>"),
    ),
    Sample("rows.csv", lambda: "\r\n".join(",".join(row) for row in ROWS).encode("gbk"), CELLS),
    Sample("quoted.csv", lambda: '批次;"一;二"\n甲;"3\n4"\n'.encode(), ("<td>批次</td><td>一;二</td>",)),
    Sample(
        "gbk.rtf",
        lambda: make_rtf(TITLE, "正文 with words"),
        (f"<p>{TITLE}</p>", "<p>正文 with words</p>"),
        ("SimSun", "89504e"),
    ),
    Sample(
        "several.zip",
        lambda: make_zip(
            {
                "附件/说明.txt": f"{TITLE}".encode("gbk"),
                "附件/批次.csv": ",".join(ROWS[1]).encode(),
                "里面.zip": make_zip({"x.txt": "不要解开"}),
                "坏的.pdf": b"%PDF-1.4 broken",
            },
            gbk=True,
        ),
        ("<h2>说明.txt</h2>", TITLE, "<h2>批次.csv</h2>", CELLS[1]),
        ("不要解开", "坏的"),
    ),
    Sample("pictures.zip", lambda: make_zip({"a.png": b"\x89PNG\r\n\x1a\n"}), fault="no-text"),
    Sample("error page.pdf", lambda: b"<html><body><h1>404</h1></body></html>", fault="unknown"),
    Sample("empty.pdf", lambda: b"", fault="unknown"),
    Sample("program.zip", lambda: b"MZ\x90\x00\x03\x00\x00\x00", fault="unknown"),
)
SAMPLES = (*PDF, *OFD, *OFFICE, *PLAIN)


def _laughs() -> str:
    entities = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE w:document [<!ENTITY l0 "haha">{entities}]>'


def _damaged(archive: bytes) -> bytes:
    """An archive whose last file begins with other bytes."""
    start = archive.rindex(b".xml", 0, archive.index(b"PK\x01\x02")) + 4
    return archive[:start] + b"\xff" * 8 + archive[start + 8 :]


def _packed(archive: bytes, method: int) -> bytes:
    """An archive whose directory says of its last file that it is packed in another way (APPNOTE, 4.4.5)."""
    written = bytearray(archive)
    struct.pack_into("<H", written, archive.rindex(b"PK\x01\x02") + 10, method)
    return bytes(written)


def huge_archive() -> bytes:
    """A DOCX of a few kilobytes whose directory says that it unpacks to more than is given to a file."""
    packed = bytearray(make_zip({"word/document.xml": b" " * 1_000_000}))
    struct.pack_into("<I", packed, packed.index(b"PK\x01\x02") + 24, 250_000_000)
    return bytes(packed)


def far_cell() -> bytes:
    """An XLSX with one cell in the last column of the last row."""
    last = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    return make_xlsx({"a": [["x"]]}, extra=last)


def packed_page() -> bytes:
    """A PDF of a megabyte with six million characters on its page."""
    return make_pdf([Page(more=b"BT /F 10 Tf <4e2d> Tj ET\n" * 6_000_000)])

"""Sources written into the user's own files: nothing lost, nothing half done, everything read back."""

from __future__ import annotations

import math
import os
import stat
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import load
from aggregator.config.edit import SourceText, add_sources, append_tables, find_table, render, replace_source
from aggregator.config.names import MAX_NAME_LENGTH, existing_addresses, free_name
from aggregator.errors import ConfigError
from aggregator.settings import Config, Site, Source

PAPER = SourceText({"name": "paper", "kind": "feed", "url": "https://paper.example.org/feed"})
HARBOUR = SourceText(
    {
        "name": "harbour",
        "kind": "listing",
        "list": {"entry": 'ul[class="news"] > li', "link": "a"},
        "url": "https://harbour.example.org/临江/",
        "interval": "1h30m",
        "article": {"body": "#zoom", "remove": [f".a-selector-of-some-length-{n}" for n in range(4)]},
        "options": {"pattern": r"^\d{4}", "headers": {"Accept Language": "zh"}},
    },
    comments={"name": "unique", "list": "on the list page", "list.entry": "one\nentry", "article.body": ""},
    comment="临江港 · Harbour\n\nfound by \x07hand",
)
WRITTEN = """\
# 临江港 · Harbour
# found by hand
[[source]]
name = "harbour"                          # unique
kind = "listing"
url = "https://harbour.example.org/临江/"
interval = "1h30m"

[source.list]                             # on the list page
entry = 'ul[class="news"] > li'           # one entry
link = "a"

[source.article]
body = "#zoom"
remove = [
    ".a-selector-of-some-length-0",
    ".a-selector-of-some-length-1",
    ".a-selector-of-some-length-2",
    ".a-selector-of-some-length-3",
]

[source.options]
pattern = '^\\d{4}'

[source.options.headers]
"Accept Language" = "zh"
"""


def refusal(file: Path, *tables: SourceText) -> str:
    with pytest.raises(ConfigError) as caught:
        append_tables(file, tables or [PAPER])
    (problem,) = caught.value.problems
    assert problem.file == str(file)
    return problem.message


def test_a_table_is_written_as_a_person_would(tmp_path: Path) -> None:
    """Plain keys first, comments in a column, patterns in single quotes, long lists over lines."""
    file = tmp_path / "sources.d" / "new.toml"
    append_tables(file, [HARBOUR, PAPER])
    assert file.read_text("utf-8").startswith(WRITTEN + '\n[[source]]\nname = "paper"\n')
    assert [path.name for path in file.parent.iterdir()] == ["new.toml"]


def test_what_is_written_loads(tmp_path: Path) -> None:
    """The file stands where the configuration looks for it, and its tables are sources."""
    config = tmp_path / "aggregator.toml"
    config.write_text('[site]\nurl = "https://example.org"\n', "utf-8")
    append_tables(tmp_path / "sources.d" / "a.toml", [PAPER])
    append_tables(tmp_path / "sources.d" / "a.toml", [SourceText({**PAPER.keys, "name": "other"})])
    assert [source.name for source in load(config).sources] == ["paper", "other"]


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"\n",
        b"# only a comment",
        b"# no end\n\n\n[[source]] # mine\nname='a'   # <- mine\nurl = \"x\"\n[source.list]\nentry = '''\na'''",
        b"\xef\xbb\xbf# from Windows\r\n[[source]]\r\nname = 'a'\r\n",
        b"\xef\xbb\xbf",
        b"# from an old Mac\r[[source]]\rname = 'a'\r",
        "[site]\ntitle = '临江'\n".encode(),
    ],
)
def test_every_byte_that_stood_there_stays(tmp_path: Path, before: bytes) -> None:
    """Comments, order, blanks, byte order mark and line ends are kept; the new text has the same ends."""
    file = tmp_path / "mine.toml"
    file.write_bytes(before)
    append_tables(file, [HARBOUR])
    after = file.read_bytes()
    assert after.startswith(before)
    added = after[len(before) :]
    assert (b"\r\n" in added) == (b"\r\n" in before)
    assert added.count(b"\r") in (0, added.count(b"\n"))
    assert (
        tomllib.loads(after.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"))["source"][-1]
        == HARBOUR.keys
    )


LINES = st.sampled_from(
    [
        "",
        "  ",
        "# a comment # [[x]]",
        "[[source]]",
        "[source.list]",
        "[table]",
        'entry = "li"',
        "n = 1 # 临江",
        "l = [ 1,",
        "2 ]",
        "'a b' = '''",
        "'''",
    ]
)


@given(st.lists(LINES), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_file_of_the_user_is_kept_or_refused(lines: list[str], end: str, bom: bool) -> None:
    """Whatever stands in a file, it is the beginning of the new one, or nothing was touched."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.toml"
        before = end.join(lines).encode("utf-8-sig" if bom else "utf-8")
        file.write_bytes(before)
        try:
            held = tomllib.loads(before.decode("utf-8-sig"))
            append_tables(file, [PAPER])
        except (tomllib.TOMLDecodeError, ConfigError):
            if file.read_bytes() == before:
                return
            raise
        after = file.read_bytes()
        assert after.startswith(before)
        read = tomllib.loads(after.decode("utf-8-sig"))
        assert read.pop("source") == [*held.pop("source", []), PAPER.keys]
        assert read == held


SCALARS = (
    st.text()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.sampled_from([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), r"^\d+(?:'|\")\s", 'a"b\\c', "'''", '"""'])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6), st.text(), st.data())
def test_any_value_comes_back(keys: dict[str, Any], comment: str, data: st.DataObject) -> None:
    """Texts of any characters, numbers, lists and tables are read by tomllib as they were, whatever is said of them."""
    comments = data.draw(st.dictionaries(st.sampled_from(sorted(keys)), st.text())) if keys else {}
    written = render(SourceText(keys, comments, comment))
    assert tomllib.loads(written) == {"source": [keys]}


@pytest.mark.parametrize("value", ["\ud800", None, b"x", math.nan, object()])
def test_what_toml_cannot_say_is_refused(tmp_path: Path, value: object) -> None:
    """No value of another kind gets into a file, or leaves one behind."""
    file = tmp_path / "new.toml"
    assert refusal(file, SourceText({"name": value})).startswith("would not ")
    assert not file.exists()


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (b"name = \n", "is not TOML: Invalid value"),
        (b"# \xd6\xd0\n", "is not UTF-8 at byte 2"),
        ("# 中".encode("utf-16"), "is not UTF-8 at byte 0"),
        (b'[source]\nname = "x"\n', "write [[source]] with two brackets"),
        (b'source = [{ name = "x" }]\n', "would not be TOML with the new sources"),
    ],
)
def test_a_file_that_cannot_take_a_table_is_left_alone(tmp_path: Path, before: bytes, said: str) -> None:
    """The message names the file and what is wrong with it; not a byte changes."""
    file = tmp_path / "mine.toml"
    file.write_bytes(before)
    assert said in refusal(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder in place of the file and a file in place of the folder are problems, not crashes."""
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")
    assert "cannot be written: Is a directory" in refusal(tmp_path / "folder.toml")
    assert "cannot be written: " in refusal(tmp_path / "file" / "new.toml")


@contextmanager
def without_privileges() -> Iterator[None]:
    """Be nobody for a while where the tests run as root, who may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_write_protected_file_is_named() -> None:
    """Renaming would go around the protection; we do not."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.toml"
        file.write_text("# mine\n", "utf-8")
        file.chmod(0o444)
        file.parent.chmod(0o777)
        with without_privileges():
            assert "cannot be written: Permission denied" in refusal(file)
        assert os.listdir(folder) == ["mine.toml"]


def test_mode_and_links_stay(tmp_path: Path) -> None:
    """A file for its owner alone remains one, and a link still leads to the file that is changed."""
    file = tmp_path / "elsewhere" / "mine.toml"
    file.parent.mkdir()
    file.write_text("# mine\n", "utf-8")
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    append_tables(link, [PAPER])
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert b"paper" in file.read_bytes()


def test_writers_take_turns(tmp_path: Path) -> None:
    """Sources that several processes add at once are all there."""
    file = tmp_path / "sources.d" / "new.toml"
    names = [f"s{number}" for number in range(16)]
    threads = [
        threading.Thread(target=append_tables, args=(file, [SourceText({"name": name})])) for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(table["name"] for table in tomllib.loads(file.read_text("utf-8"))["source"]) == sorted(
        names
    )


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Town_Paper-2", "Town_Paper-2"),
        ("news.example.org", "news-example-org"),
        ("临江港市场监管所", "linjianggangshichangjianguansuo"),
        ("Fish & Chips", "fish-chips"),
        ("x" * 41, "x" * 40),
        ("a" * 39 + " b", "a" * 39),
    ],
)
def test_names_are_made_of_titles(wanted: str, name: str) -> None:
    """A name stays, anything else becomes a slug of 40 characters at most."""
    assert free_name(wanted, ()) == name


@given(st.text(max_size=60), st.integers(1, 130))
def test_twins_are_numbered(wanted: str, count: int) -> None:
    """Each new one is free, fit for a name, and has the next number."""
    names: list[str] = []
    for _ in range(count):
        names.append(free_name(wanted, names))
    assert len(set(names)) == count
    assert [name.rpartition("-")[2] for name in names[1:]] == [str(number) for number in range(2, count + 1)]
    for name in names:
        Source.model_validate({"name": name, "kind": "feed", "url": "https://a.example/"})
        assert len(name) <= MAX_NAME_LENGTH


def test_a_name_is_free_whatever_numbers_are_taken() -> None:
    """Gaps in the numbers mislead nobody, and a long name makes room for its number."""
    assert free_name("x" * 60, ["x" * 40]) == "x" * 38 + "-2"
    for taken in ({"x", "x-4", "x-5", "x-6"}, {"x", "x-3"}, {"x", "x-2", "x-4", "x-5"}):
        assert free_name("x", taken) not in taken


def test_addresses_are_known_by_their_canonical_form() -> None:
    """The first source at an address stands for it."""
    addresses = ["https://A.example:443/x?utm_source=y", "https://a.example/x", "https://b.example"]
    sources = tuple(Source(name=f"s{number}", kind="feed", url=url) for number, url in enumerate(addresses))
    config = Config(site=Site(url="https://example.org"), sources=sources)
    assert existing_addresses(config) == {"https://a.example/x": "s0", "https://b.example/": "s2"}


def test_what_check_would_refuse_is_not_written(tmp_path: Path) -> None:
    """A table that is TOML and no source leaves the files, and every command, as they were."""
    config, file = tmp_path / "aggregator.toml", tmp_path / "sources.d" / "new.toml"
    config.write_text('[site]\nurl = "https://news.example.org"\n', "utf-8")
    add_sources(config, file, [PAPER])
    before = file.read_bytes()
    for keys in ({"url": "https://paper.example.org/{tag}"}, {"kind": "paper"}, {}):
        with pytest.raises(ConfigError):
            add_sources(
                config, file, [SourceText({**PAPER.keys, "name": "more" if keys else "paper", **keys})]
            )
    assert file.read_bytes() == before
    assert len(load(config).sources) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_table_is_replaced_where_it_stands(tmp_path: Path, end: str, bom: bytes) -> None:
    """New keys come before its tables, gone ones go, and the neighbours keep every byte."""
    config, file = tmp_path / "aggregator.toml", tmp_path / "sources.d" / "mine.toml"
    file.parent.mkdir()
    config.write_text('[site]\nurl = "https://news.example.org"\n', "utf-8")
    first = '# one\n[[source]]\nname = "a"   # <- a\nkind = "feed"\nurl = "https://a.example/"\n\n'
    last = '\n# three\n[[source]]\nname = "c"\nkind   =   "feed"\nurl = "https://c.example/"\n# end'
    middle = (
        '[[source]]\nname = "b" # mine\nkind = "listing"\nurl = "https://b.example/"\n'
        '[source.list]\nentry = "li"\n[source.article]\nbody = "#text" # by hand\n'
    )
    file.write_bytes(bom + (first + middle + last).replace("\n", end).encode())
    assert find_table(config, "b")[0] == file
    keys = {
        "name": "b",
        "kind": "listing",
        "url": "https://b.example/new",
        "timezone": "UTC",
        "list": {"entry": 'div[class~="x"]', "date": "time"},
        "article": {"body": "#text"},
    }
    replace_source(config, file, "b", keys)
    after = file.read_bytes()
    assert after.startswith(bom + first.replace("\n", end).encode())
    assert after.endswith(last.replace("\n", end).encode())
    assert b'name = "b" # mine' in after
    assert b'body = "#text" # by hand' in after
    assert find_table(config, "b")[1] == keys
    assert len(load(config).sources) == 3
    with pytest.raises(ConfigError):
        replace_source(config, file, "b", {"name": "b"})
    assert file.read_bytes() == after

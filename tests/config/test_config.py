"""The configuration: every fault named at once, with file, table and key; presets, defaults, sources.d."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import load, starting_config
from aggregator.errors import ConfigError
from aggregator.settings import Config, Site, Source
from tests.support.workplace import Workplace

SITE = '[site]\nurl = "https://example.org"\n'
LISTING = """
[[source]]
name = "gov"
kind = "listing"
url = "https://example.org/list"
[source.list]
entry = "li"
[source.article]
body = "#zoom"
"""
FEED = '[[source]]\nname = "x"\nkind = "feed"\nurl = "http://x.org/"\n'
FEED_2 = FEED.replace('"x"', '"y"')
REPLACE = '[[source.article.replace]]\npattern = "b"\nwith = "c"\n'


def write(folder: Path, text: str, name: str = "aggregator.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SITE + '[netwrk]\ndelay = "1s"', 'netwrk: unknown table; did you mean "network"?'),
        (SITE + '[network]\ndely = "1s"', '[network] dely: unknown key; did you mean "delay"?'),
        (SITE + '[network]\ndelay = "soon"', "[network] delay: 'soon': a duration looks like \"30s\""),
        (SITE + '[network]\nper_host = "2"', "[network] per_host: '2': should be a valid integer"),
        (SITE + '[network]\nmax_size = "0MB"', "[network] max_size"),
        (SITE + '[network]\nallow_private = ["localhost"]', "[network] allow_private"),
        ('[site]\nurl = "example.org"', "[site] url: 'example.org': must be an address that begins with"),
        ('[site]\ntitle = "x"', "[site] url: is missing"),
        ('[output]\nsite = "x"', '[site]: is missing; it needs at least url = "https://…"'),
        (SITE + 'timezone = "Shanghai"', "[site] timezone: 'Shanghai': is not a time zone"),
        (SITE + '[storage]\ndatabase = "mysql://x"', "[storage] database"),
        (SITE + '[server]\nlisten = "8080"', "[server] listen: '8080': looks like"),
        (SITE + '[output]\nsite = "out"\nposts = "out/_posts"', "[output] posts"),
        (SITE + '[output]\nsite = "out"\nprivate = "out/private"', "[output] site"),
        (SITE + '[output]\nposts = "p"\npost_template = "none.md"', "[output] post_template"),
        (
            SITE + '[defaults]\nintervall = "1h"',
            '[defaults] intervall: unknown key; did you mean "interval"?',
        ),
        (
            SITE + LISTING.replace('"listing"', '"listin"'),
            'source "gov" kind: there is no kind "listin"; did you mean',
        ),
        (SITE + LISTING.replace('entry = "li"', 'entry = "li["'), 'source "gov" list.entry'),
        (SITE + LISTING.replace('entry = "li"', ""), 'source "gov" list.entry: is missing'),
        (
            SITE + LISTING.replace("body =", "boddy ="),
            'source "gov" article.boddy: unknown key; did you mean "body"?',
        ),
        (SITE + LISTING.replace("https://example.org/list", "ftp://x"), 'source "gov" url'),
        (SITE + LISTING.replace('name = "gov"', 'name = "a b"'), 'source "a b" name: "a b" may hold'),
        (SITE + LISTING.replace('name = "gov"\n', ""), "source number 1 name: is missing"),
        (
            SITE + LISTING.replace("[source.list]", 'category = "{medium}"\n[source.list]'),
            "{medium} is not a field",
        ),
        (SITE + LISTING + LISTING, 'source "gov" name: stands 2 times'),
        (SITE + '[source]\nname = "x"', "source: write [[source]] with two brackets"),
        (SITE + '[[source]]\nname = "x"\nurl = "http://x.org/"\npreset = "eastmony-nodes"', "did you mean"),
        (
            SITE + '[[source]]\nname = "x"\nkind = "api"\nurl = "http://x.org/"\n[source.list]\nentry = "a["',
            "JMESPath",
        ),
        (SITE + '[[source]]\nname = "x"\nkind = "feed"\nurl = "http://x.org/"\nshare_url = "x"', "share_url"),
        ("[site\n", "is not TOML"),
        ("", '[site]: is missing; it needs at least url = "https://…"'),
        (SITE + '[output]\nsite = "."', '[output] site: "." must be a folder of its own'),
        (SITE + LISTING.replace('entry = "li"', 'entry = "li"\ntitle = "a::attr(href)"'), "list.title"),
        (
            SITE + LISTING.replace('entry = "li"', 'entry = "li"\ntitel = "a"'),
            'list.titel: unknown key; did you mean "title"?',
        ),
        (
            SITE + LISTING + 'interval = "1h"',
            "article.interval: is a key of [[source]] itself; move it above",
        ),
        (SITE + LISTING + 'remove = ".x"', 'article.remove: should be a list: [".x"]'),
        (
            SITE + LISTING.replace("[source.list]", 'tag = "{title"\n[source.list]'),
            "a brace without its partner",
        ),
        (
            SITE + '[defaults]\npreset = "eastmoney-node"' + LISTING,
            'there is no preset "eastmoney-node"; did you mean',
        ),
        (SITE + FEED + 'cron = "61 * * * *"', 'source "x" cron: "61 * * * *" cannot be read'),
        (SITE + '[defaults]\ncron = "0 8 * *"\n' + FEED + FEED_2, "[defaults] cron: "),
        (
            SITE + FEED + 'keep_any = "("',
            "source \"x\" keep_any: '(': is not a regular expression: missing )",
        ),
        (SITE + FEED + 'block_any = ["a", "["]', "source \"x\" block_any: '[': is not a regular expression"),
        (SITE + FEED + '[source.keep]\ntitle = "*"', "keep.title: '*': is not a regular expression"),
        (SITE + FEED + '[source.keep]\ntitel = "a"', 'keep.titel: unknown key; did you mean "title"?'),
        (SITE + FEED + 'keep = "a OR (b"', 'source "x" keep: cannot be read at its end'),
        (SITE + FEED + 'keep = "a AND b"', "source \"x\" keep: has 'AND' at character 3"),
        (SITE + FEED + 'block = "changed:yes"', 'source "x" block: changed: is not known yet'),
        (SITE + FEED + 'block = { query = "@no.txt" }', 'source "x" block: cannot read the list of words'),
        (
            SITE + FEED + 'keep = "90d"',
            "keep: '90d': is a query or a table of filters; how long articles stay",
        ),
        (SITE + '[defaults]\nkeep = "/(/"\n' + FEED, "[defaults] keep: /(/ is no pattern"),
        (SITE + FEED + "keep_any = 5", 'keep_any: should be a list: ["5"]'),
        (SITE + FEED + "mirror = true", "mirror: should be a list, not true"),
        (SITE + FEED + "headers = 1", "headers: should be a table"),
        (SITE + FEED + 'page = "x"', "source \"x\" page: 'x': must be an address that begins with"),
        (SITE + '[websub]\nhub = "x"', "[websub] hub: 'x': must be an address that begins with"),
        (
            SITE + FEED + REPLACE + REPLACE.replace('"b"', '"("'),
            "article.replace[1].pattern: '(': is not a regular expression",
        ),
        (
            SITE + FEED + REPLACE.replace("with", "wth"),
            'article.replace[0].wth: unknown key; did you mean "with"?',
        ),
        (
            SITE + FEED + REPLACE.replace("pattern", "field"),
            "article.replace[0].field: 'b': should be 'content'",
        ),
        (SITE + FEED + REPLACE.replace('"c"', '"\\\\2"'), "article.replace[0].with: '\\\\2': does not fit"),
        (
            SITE + FEED + REPLACE.replace("[[", "[").replace("]]", "]"),
            "article.replace: should be a list, not a table; each table of a list has two brackets",
        ),
        (SITE + FEED + "proxy = 5", 'source "x" proxy: is a text or names its place'),
        (
            SITE + FEED + 'headers = { A = { envv = "B" } }',
            'source "x" headers.A: is a text or names its place',
        ),
        (
            SITE + FEED + "[source.auth]\ntoken = 5",
            'source "x" auth.token: is a text or names its place',
        ),
        (
            SITE + FEED + '[source.browser]\nwait = "a"',
            'browser.wait: unknown key; did you mean "wait_for"?',
        ),
    ],
)
def test_faults(tmp_path: Path, text: str, said: str) -> None:
    """Each fault is one line with its file, table and key, and nothing else is reported with it."""
    found = faults(write(tmp_path, text))
    assert any(said in line and line.startswith("aggregator.toml: ") for line in found), found
    besides = ('"body"?', "JMESPath", "should be 'content'")
    assert len(found) == 1 or said.endswith(besides), "what is misspelt is missing besides"


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Faults of every table and file come together, and a bad kind hides none of its table."""
    main = write(
        tmp_path,
        '[site]\nurl = "nowhere"\n[network]\ndely = "1s"\n'
        '[[source]]\nname = "a"\nkind = "fed"\nurl = "x"\ninterval = "often"\n'
        '[[source]]\nname = "b"\nkind = "listing"\nurl = "http://x.org/"\nbudget = 0\n[source.list]\nentry = "li["\n'
        '[source.article]\nbody = "p["\n',
    )
    write(tmp_path, '[[source]]\nname = "c"\nkind = "feed"\n', "sources.d/c.toml")
    write(tmp_path, 'oops = "', "sources.d/d.toml")
    found = "\n".join(faults(main))
    for said in (
        "[site] url",
        "[network] dely",
        'source "a" kind',
        'source "a" url',
        'source "a" interval',
        'source "b" budget',
        'source "b" list.entry',
        'source "b" article.body',
        'sources.d/c.toml: source "c" url: is missing',
        "sources.d/d.toml: is not TOML",
    ):
        assert said in found
    assert len(found.splitlines()) == 10


def test_layers(tmp_path: Path) -> None:
    """A source's own key beats its preset, which beats [defaults], which beat the site."""
    path = write(
        tmp_path,
        SITE + 'timezone = "Europe/Berlin"\n[defaults]\ninterval = "1h"\nnamespace = "all"\n'
        '[[source]]\nname = "plain"\nkind = "feed"\nurl = "http://x.org/"\n'
        '[[source]]\nname = "east"\npreset = "eastmoney-newmarket"\nurl = "http://x.org/"\n'
        '[source.list]\ntitle = "simtitle"\n',
    )
    write(tmp_path, LISTING.replace('name = "gov"', 'name = "more"\ninterval = "5m"'), "sources.d/more.toml")
    plain, east, more = load(path).sources
    assert (plain.timezone, plain.interval, plain.namespace) == ("Europe/Berlin", timedelta(hours=1), "all")
    assert (east.timezone, east.namespace, east.kind) == ("Asia/Shanghai", "eastmoney", "api")
    assert (east.list.title, east.list.entry) == ("simtitle", "record")
    assert more.interval == timedelta(minutes=5)


def test_one_pattern_or_several(tmp_path: Path) -> None:
    """Where regular expressions are due, a single one needs no brackets."""
    path = write(tmp_path, SITE + FEED + 'keep_any = "a"\n' + FEED_2 + 'keep_any = ["a", "b"]\n')
    assert [source.keep_any for source in load(path).sources] == [("a",), ("a", "b")]


def test_replacements(tmp_path: Path) -> None:
    """Tables of a list are read in their order, and a replacement may name groups of its pattern."""
    text = SITE + FEED + REPLACE + REPLACE.replace('"b"', '"(?i)(?P<a>x)"').replace('"c"', r'"\\g<a>"')
    replacements = load(write(tmp_path, text)).sources[0].article.replace
    assert [(one.field, one.pattern, one.with_) for one in replacements] == [
        ("content", "b", "c"),
        ("content", "(?i)(?P<a>x)", r"\g<a>"),
    ]


def test_a_cron_with_an_interval(tmp_path: Path) -> None:
    """A source may say when it is visited and how soon to try again."""
    text = SITE + FEED + 'cron = "30 8 * * 1-5"\ninterval = "1h"\n'
    source = load(write(tmp_path, text)).sources[0]
    assert (source.cron, source.interval) == ("30 8 * * 1-5", timedelta(hours=1))


def test_byte_order_mark(tmp_path: Path) -> None:
    """A file that an editor saved with a byte order mark and Windows' line ends is read all the same."""
    path = tmp_path / "aggregator.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (SITE + LISTING).replace("\n", "\r\n").encode())
    assert load(path).sources[0].name == "gov"


def test_starting_config(workplace: Workplace) -> None:
    """What init writes is right as it stands, and so is each of its sources once the # is taken away."""
    workplace.run("init")
    assert "is fine" in workplace.run("check").stdout
    assert "nothing was written" in workplace.run("init", expect=2).stderr
    lines = starting_config().split("# A feed (RSS or Atom):")
    sources = [line.removeprefix("#").strip() for line in lines[1].splitlines()]
    toml = [line for line in sources if line.startswith("[") or " = " in line]
    workplace.config.write_text(lines[0] + "\n".join(toml), "utf-8")
    assert "is fine: 3 sources" in workplace.run("check").stdout


@pytest.mark.parametrize(
    ("arguments", "system", "zone"),
    [
        ((), "Europe/Lisbon", "Europe/Lisbon"),
        ((), ":/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        (
            ("--timezone", "America/Argentina/ComodRivadavia"),
            "Europe/Lisbon",
            "America/Argentina/ComodRivadavia",
        ),
        (("--timezone", "UTC"), "Europe/Lisbon", "UTC"),
    ],
)
def test_init_takes_the_zone_of_the_system(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], system: str, zone: str
) -> None:
    """Or that of --timezone; it is said, and stands in the file."""
    monkeypatch.setenv("TZ", system)
    assert zone in workplace.run("init", *arguments).stdout
    assert load(workplace.config).site.timezone == zone


def test_init_refuses_a_zone_that_is_none(workplace: Workplace) -> None:
    """Nothing is written for it."""
    assert "is not a time zone" in workplace.run("init", "--timezone", "Berlin", expect=2).stderr
    assert not workplace.config.exists()


@pytest.mark.parametrize(
    ("language", "accepted"),
    [("de", False), ("de-AT", False), ("en-GB", True), ("zh-TW", True), ("fr", True)],
)
def test_a_language_without_texts_is_a_fault(tmp_path: Path, language: str, accepted: bool) -> None:
    """Pages would be marked as German and speak English; a file of the user's makes it right."""
    texts = tmp_path / "theme" / "texts" / "fr.toml"
    texts.parent.mkdir(parents=True)
    texts.write_text('subscribe = "S\'abonner"\n', "utf-8")
    path = tmp_path / "aggregator.toml"
    site = f'[site]\nurl = "https://news.example.org"\nlanguage = "{language}"\n'
    path.write_text(f'{site}[output]\ntemplates = "{tmp_path}/theme"\n', "utf-8")
    if accepted:
        assert load(path).site.language == language
    else:
        with pytest.raises(ConfigError, match=f"no texts in .{language}."):
            load(path)


def test_exit_codes(workplace: Workplace) -> None:
    """A wrong configuration or call exits 2, and says so on stderr."""
    assert "aggregator init" in workplace.run("check", expect=2).stderr
    workplace.configure('[[source]]\nname = "x"\nkind = "fed"\nurl = "http://x.org/"\n')
    assert 'source "x" kind' in workplace.run("poll", expect=2).stderr
    workplace.configure('[[source]]\nname = "paper"\nkind = "feed"\nurl = "http://127.0.0.1:1/"\n')
    assert 'did you mean "paper"' in workplace.run("preview", "papr", expect=2).stderr
    workplace.run("bogus", expect=2)
    assert "connection refused" in workplace.run("poll", expect=1).stdout


def test_a_copy_of_a_source_is_asked_and_read_as_its_own_keys_say() -> None:
    """What is derived of a source is derived once, and is none of its keys; a copy derives it anew."""
    source = Source(name="wire", kind="feed", url="https://wire.example/feed")
    fingerprint, hosts = source.fingerprint, source.access.hosts
    other = source.model_copy(update={"url": "https://other.example/feed"})
    assert (hosts, other.access.hosts) == (("wire.example",), ("other.example",))
    assert other.fingerprint != fingerprint == source.fingerprint
    assert source == Source(name="wire", kind="feed", url="https://wire.example/feed")
    assert "fingerprint" not in source.model_dump()


def test_a_copy_of_a_configuration_knows_its_own_sources() -> None:
    """Sources are found by name; those of a copy are the copy's, although the first was asked before."""
    one, two = (Source(name=name, kind="feed", url=f"https://{name}.example/") for name in ("one", "two"))
    config = Config(site=Site(url="https://news.example.org"), sources=(one,))
    assert (config.source("one"), config.source("two")) == (one, None)
    copy = config.model_copy(update={"sources": (two,)})
    assert (copy.source("one"), copy.source("two")) == (None, two)

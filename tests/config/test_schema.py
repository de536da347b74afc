"""The schema by which editors complete and check configuration files, and where each value is from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aggregator.config import load
from aggregator.config.edit import SourceText, add_sources
from aggregator.config.schema import FILE, write_schema
from aggregator.errors import ConfigError
from docs.site.blocks import Block, blocks
from tests.support.workplace import Workplace

SCHEMA = json.loads(write_schema())
FRAGMENT = re.compile(r"^\[\[?source\.", re.M)
HEAD = '[site]\nurl = "https://x.example"\n'
SOURCE = '[[source]]\nname = "s"\nkind = "feed"\nurl = "https://s.example/feed"\n'


def faults(text: str) -> list[str]:
    """What the schema says of a configuration."""
    found = jsonschema.Draft7Validator(SCHEMA).iter_errors(tomllib.loads(text))
    return [f"{'.'.join(map(str, one.absolute_path))}: {one.message}" for one in found]


def whole(example: Block) -> str:
    """A block of the documentation with the table that it goes on."""
    goes_on = FRAGMENT.match(example.text) is not None
    return (SOURCE if goes_on else "") + example.text.replace("# …\n", SOURCE.partition("\n")[2])


def test_it_is_a_schema_and_tells_every_key() -> None:
    """Each key has its meaning, and its default as a person writes it."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    for name, table in SCHEMA["definitions"].items():
        assert all(one.get("description") for one in table["properties"].values()), name
    interval = SCHEMA["definitions"]["Source"]["properties"]["interval"]
    assert interval["default"] == "15m"
    assert "](" not in json.dumps(SCHEMA), "links lead nowhere in an editor"


@pytest.mark.parametrize("example", [one for one in blocks() if one.language == "toml"], ids=str)
def test_what_the_documentation_writes_is_right(example: Block) -> None:
    """Every example of a configuration is as the schema wants it."""
    assert faults(whole(example)) == []


@pytest.mark.parametrize(
    "text",
    [
        f'{HEAD}[[source]]\nname = "s"\nkind = "feed"\nurl = "https://s.example/"\nintervall = "1h"\n',
        f"{HEAD}{SOURCE}interval = 15\n",
        f'{HEAD}{SOURCE}interval = "soon"\n',
        f'{HEAD}{SOURCE}mirror_size = "big"\n',
        f'{HEAD}{SOURCE}mirror = "images"\n',
        f'{HEAD}{SOURCE}robots = "perhaps"\n',
        f'{HEAD}{SOURCE}auth = {{ user = "me", password = {{ place = "here" }} }}\n',
        f'{HEAD}[[reader]]\nname = "me"\ntoken = "in-clear"\n',
        '[site]\nurl = "https://x.example"\n[sites]\n',
    ],
)
def test_what_the_program_refuses_is_wrong_for_an_editor(tmp_path: Path, text: str) -> None:
    """As far as a schema can say it."""
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigError):
        load(tmp_path / "a.toml")
    assert faults(text)


def test_editors_find_it(workplace: Workplace) -> None:
    """Files that we begin name it, and it lies there, as it is now; what the user began stays as it is."""
    workplace.run("init")
    folder = workplace.config.parent
    assert workplace.config.read_text().startswith(f"#:schema {FILE}\n# The configuration")
    assert (folder / FILE).read_text() == workplace.run("config", "schema").stdout == write_schema()
    assert faults(workplace.config.read_text()) == []
    (folder / FILE).write_text("that of an earlier version")
    table = SourceText({"name": "one", "kind": "feed", "url": "https://one.example/feed"})
    add_sources(workplace.config, folder / "sources.d" / "new.toml", [table])
    assert (folder / "sources.d" / "new.toml").read_text().startswith(f"#:schema ../{FILE}\n\n[[source]]\n")
    assert (folder / FILE).read_text() == write_schema()
    (folder / FILE).unlink()
    before = workplace.config.read_text()
    add_sources(workplace.config, workplace.config, [SourceText({**table.keys, "name": "two"})])
    assert workplace.config.read_text().startswith(before)
    assert not (folder / FILE).exists()


SECRETS = """
[defaults]
interval = "1h"
article.remove = [".ad"]
[[receiver]]
name = "desk"
url = "https://hook.example/T0KEN"
secret = "T0KEN"
"""
MEMBERS = """
[[source]]
name = "members"
kind = "feed"
preset = "wordpress"
url = "https://m.example/index.xml"
headers = { Authorization = "T0KEN", X = { env = "PLACE" } }
auth = { user = "me", password = "T0KEN" }
proxy = "http://me:T0KEN@proxy.example:8080"
article.body = "main"
"""


def shown(workplace: Workplace, *names: str) -> dict[tuple[str, str], tuple[Any, str]]:
    """What `config show` says, by table and key."""
    said = json.loads(workplace.run("config", "show", *names, "--json").stdout)
    return {(one["table"], one["key"]): (one["value"], one["origin"]) for one in said}


def test_each_value_with_its_origin(workplace: Workplace) -> None:
    """A file of sources.d, the preset, [defaults], [site], or the program; no secret is shown, only where it is kept."""
    workplace.configure(SECRETS)
    (workplace.config.parent / "sources.d").mkdir()
    (workplace.config.parent / "sources.d" / "m.toml").write_text(MEMBERS)
    main, file = "config/aggregator.toml", "config/sources.d/m.toml"
    found, table = shown(workplace, "members"), '[[source]] "members"'
    assert found[table, "interval"] == ("1h", f"{main} [defaults]")
    assert found[table, "article.remove"] == ([".ad"], f"{main} [defaults]")
    assert found[table, "article.body"] == ("main", file)
    assert found[table, "language"] == ("zh-CN", f"{main} [site]")
    assert found[table, "budget"] == (100, "default")
    assert found[table, "headers"] == ({"Authorization": "…", "X": {"env": "PLACE"}}, file)
    assert "preset wordpress" in {origin for _, origin in found.values()}
    everything = workplace.run("config", "show").stdout + workplace.run("config", "show", "members").stdout
    assert "T0KEN" not in everything + json.dumps([*found.values()])
    assert 'interval = "1h"                             # config/aggregator.toml [defaults]\n' in everything
    assert "there is no source and no table" in workplace.run("config", "show", "nobody", expect=2).stderr

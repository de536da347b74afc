"""The demo's configuration: what it says is accepted, and it names what the demo site has."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo import demo_config
from aggregator.demo.pages import API, FEED, LIST, answer
from aggregator.demo.site import STATE
from aggregator.settings import Config
from aggregator.sources import find_kind

SITE = "http://127.0.0.1:8081"


def demo_settings() -> Config:
    """config/demo.toml as the models read it, with its defaults put into each source."""
    tables = tomllib.loads(demo_config().read_text(encoding="utf-8"))
    defaults = {"timezone": tables["site"]["timezone"], **tables.pop("defaults")}
    tables["sources"] = tuple({**defaults, **table} for table in tables.pop("source"))
    return Config.model_validate(tables)


def test_the_configuration_fits_the_models_and_the_site() -> None:
    """Every source is accepted by its kind, and each address of the configuration is one of the site's."""
    config = demo_settings()
    assert [source.kind for source in config.sources] == ["feed", "listing", "api"]
    assert [source.url.removeprefix(SITE) for source in config.sources] == [FEED, LIST, API]
    for source in config.sources:
        kind = find_kind(source.kind)
        assert kind is not None
        assert list(kind.check(source)) == []
        assert source.interval == timedelta(seconds=10)
    market = config.sources[2]
    for template in (market.article_url, market.share_url):
        assert answer(template.format(infoCode="LJ202603090001").removeprefix(SITE), 0, SITE)


def test_the_packaged_configuration_is_found_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory's config/demo.toml comes first; without one there is still the bundled one."""
    monkeypatch.chdir(tmp_path)
    assert demo_config().read_bytes().startswith(b"# The configuration of `make run`")
    own = tmp_path / "config" / "demo.toml"
    own.parent.mkdir()
    own.write_text("# mine\n")
    assert demo_config().read_text() == "# mine\n"


def test_what_the_demo_writes_lies_in_a_folder_of_its_own() -> None:
    """Whoever tries the demo where a site of theirs stands finds it again as it was."""
    config = demo_settings()
    written = (config.storage.file, config.storage.key, config.output.site, config.output.posts or "", STATE)
    assert all(Path(path).is_relative_to("var/demo") for path in written)

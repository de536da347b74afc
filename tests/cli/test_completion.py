"""What shells complete."""

from __future__ import annotations

import pytest

from tests.support.workplace import PATIENCE, Workplace

TABLE = '[[source]]\nname = "{}"\nkind = "feed"\nurl = "http://127.0.0.1:1/feed"\n'


def completed(workplace: Workplace, line: str) -> list[str]:
    """What bash is given for the last word of a line, which may be empty."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    process = workplace.start(_AGGREGATOR_COMPLETE="complete_bash", **words)
    out, err = process.communicate(timeout=PATIENCE)
    assert err == ""
    return out.split()


def test_names_of_sources_are_completed(workplace: Workplace) -> None:
    """Those of every file, as far as each can be read; so are commands and options."""
    workplace.configure(TABLE.format("harbour") + TABLE.format("paper"))
    (workplace.config.parent / "sources.d").mkdir()
    (workplace.config.parent / "sources.d" / "more.toml").write_text(TABLE.format("hamlet"))
    (workplace.config.parent / "sources.d" / "broken.toml").write_text("[[source")
    assert completed(workplace, "aggregator pause ha") == ["harbour", "hamlet"]
    assert completed(workplace, "aggregator explain ") == ["harbour", "paper", "hamlet"]
    assert completed(workplace, "aggregator poll -c config/sources.d/more.toml ") == ["hamlet"]
    assert completed(workplace, "aggregator config s") == ["show", "schema"]
    assert completed(workplace, "aggregator sources --f") == ["--failing"]
    workplace.config.unlink()
    assert completed(workplace, "aggregator pause p") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(workplace: Workplace, shell: str) -> None:
    """It asks the program, by its name."""
    process = workplace.start(_AGGREGATOR_COMPLETE=f"source_{shell}")
    assert f"_AGGREGATOR_COMPLETE=complete_{shell}" in process.communicate(timeout=PATIENCE)[0]

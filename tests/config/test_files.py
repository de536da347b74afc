"""The files of a configuration, read again while the program runs: broken ones count as they were."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from aggregator.config import ConfigFiles
from aggregator.errors import ConfigError

SITE = '[site]\nurl = "https://news.example.org"\n[storage]\ndatabase = "sqlite:///{folder}/var/test.db"\n'


class Folder:
    """A configuration with files of sources, read as the daemon reads it."""

    def __init__(self, path: Path) -> None:
        self.main = path / "aggregator.toml"
        self.sources = path / "sources.d"
        self.sources.mkdir()
        self.kept = path / "var" / "test.db.sources"
        self.site = SITE.format(folder=path)
        self.main.write_text(self.site)
        self.files = ConfigFiles(self.main)

    def write(self, file: str, *names: str, after: str = "") -> None:
        """Write a file with sources of these names."""
        tables = (
            f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "https://{name}.example.org"\n'
            for name in names
        )
        (self.sources / file).write_text("".join(tables) + after)

    def start(self) -> set[str]:
        """The sources at a start."""
        self.files = ConfigFiles(self.main)
        return {source.name for source in self.files.start().sources}

    def reload(self, *, sources_alone: bool = True) -> set[str]:
        """The sources after a reload that is accepted."""
        config = self.files.read(sources_alone=sources_alone)
        self.files.accept()
        return {source.name for source in config.sources}

    @property
    def problems(self) -> str:
        """What is refused."""
        return "\n".join(map(str, self.files.problems))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """One with the sources a and b, accepted."""
    made = Folder(tmp_path)
    made.write("a.toml", "a")
    made.write("b.toml", "b")
    assert made.start() == {"a", "b"}
    return made


@pytest.mark.parametrize("half", ["[[source]]\nna", "interval = 15\n", "\udcff"])
def test_a_broken_file_counts_as_it_was(folder: Folder, half: str) -> None:
    """At a reload, at a restart, and until it is mended; the others count."""
    folder.write("a.toml", "a")
    (folder.sources / "a.toml").write_bytes(
        (folder.sources / "a.toml").read_bytes() + half.encode("utf-8", "surrogateescape")
    )
    folder.write("c.toml", "c")
    assert folder.reload() == {"a", "b", "c"}
    assert "a.toml" in folder.problems
    assert folder.start() == {"a", "b", "c"}
    assert "a.toml" in folder.problems
    folder.write("a.toml", "a", "d")
    assert folder.reload() == {"a", "b", "c", "d"}
    assert not folder.problems
    assert folder.kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("target", ["", "/dev/zero", "nowhere.toml"])
def test_what_is_no_file_is_refused(folder: Folder, target: str) -> None:
    """A pipe would be read for ever, and so would a device; the other files count."""
    special = folder.sources / "a.toml"
    special.unlink()
    if target:
        special.symlink_to(target)
    else:
        os.mkfifo(special)
    folder.write("c.toml", "c")
    assert folder.reload() == {"a", "b", "c"}
    assert "a.toml" in folder.problems
    assert folder.start() == {"a", "b", "c"}


def test_a_new_file_that_is_broken_has_no_sources(folder: Folder) -> None:
    """Neither now nor after a restart; one that is new to a start is refused with the whole."""
    folder.write("c.toml", "c", after="x = ")
    assert folder.reload() == folder.start() == {"a", "b"}
    folder.write("d.toml", "d", after="x = ")
    with pytest.raises(ConfigError, match=r"d\.toml"):
        folder.start()


def test_a_file_that_goes_takes_its_sources_along(folder: Folder) -> None:
    """Broken before or not."""
    folder.write("a.toml", "a", after="x = ")
    assert folder.reload() == {"a", "b"}
    (folder.sources / "a.toml").unlink()
    assert folder.reload() == folder.start() == {"b"}
    assert not folder.problems


@pytest.mark.parametrize("copy", ["0.toml", "z.toml"])
def test_a_source_that_stands_twice(folder: Folder, copy: str) -> None:
    """The file that came last is refused, wherever its name stands."""
    folder.write(copy, "a", "c")
    assert folder.reload() == {"a", "b"}
    assert copy in folder.problems
    folder.write(copy, "c")
    assert folder.reload() == {"a", "b", "c"}


def test_a_source_that_moves_to_another_file(folder: Folder) -> None:
    """In one step or two."""
    folder.write("c.toml", "a")
    assert folder.reload() == {"a", "b"}
    (folder.sources / "a.toml").unlink()
    assert folder.reload() == {"a", "b"}
    assert not folder.problems


def test_the_main_file_waits_for_its_time(folder: Folder) -> None:
    """A broken one is refused at its own reload, and no other reads it; what breaks others is refused with them."""
    folder.main.write_text(f"{folder.site}[sitee]\n")
    folder.write("c.toml", "c")
    assert folder.reload() == {"a", "b", "c"}
    folder.write("d.toml", "d")
    with pytest.raises(ConfigError, match="sitee"):
        folder.reload(sources_alone=False)
    assert folder.reload() == {"a", "b", "c", "d"}
    folder.main.write_text(f"{folder.site}[[feed]]\nname = 'f'\nsources = ['lost']\n")
    with pytest.raises(ConfigError, match="lost"):
        folder.reload(sources_alone=False)
    assert folder.reload() == {"a", "b", "c", "d"}


def test_a_feed_names_a_source_that_went(folder: Folder) -> None:
    """The removal is refused, since the main file still needs it; other changes wait for it and say so."""
    folder.main.write_text(f"{folder.site}[[feed]]\nname = 'f'\nsources = ['a']\n")
    assert folder.reload(sources_alone=False) == {"a", "b"}
    (folder.sources / "a.toml").unlink()
    with pytest.raises(ConfigError, match="feed"):
        folder.reload()


def test_a_folder_that_is_gone(folder: Folder) -> None:
    """While the program runs, that is a mishap; an empty folder or a restart says that its sources go."""
    shutil.rmtree(folder.sources)
    assert folder.files.have_changed()
    assert folder.reload() == folder.reload(sources_alone=False) == {"a", "b"}
    assert "is gone" in folder.problems
    folder.sources.mkdir()
    assert folder.files.have_changed()
    assert folder.reload() == set()
    folder.write("a.toml", "a")
    assert folder.reload() == {"a"}
    shutil.rmtree(folder.sources)
    assert folder.start() == set()


def test_what_was_accepted_cannot_be_written_or_read(folder: Folder, tmp_path: Path) -> None:
    """The program works all the same, and says what a restart would cost; rubbish counts for nothing."""
    shutil.rmtree(tmp_path / "var")
    (tmp_path / "var").write_text("a file")
    folder.write("c.toml", "c")
    assert folder.reload() == {"a", "b", "c"}
    assert "cannot be written" in folder.problems
    (tmp_path / "var").unlink()
    for rubbish in ("[", "[]", json.dumps({"a.toml": 1})):
        folder.kept.parent.mkdir(exist_ok=True)
        folder.kept.write_text(rubbish)
        assert folder.start() == {"a", "b", "c"}


def test_what_was_neither_accepted_nor_refused_is_read_again(folder: Folder) -> None:
    """Where the database cannot take the sources, they are not forgotten."""
    folder.write("c.toml", "c")
    folder.files.read(sources_alone=True)
    assert folder.files.have_changed()
    folder.reload()
    assert not folder.files.have_changed()
    folder.main.write_text("[site")
    with pytest.raises(ConfigError):
        folder.reload(sources_alone=False)
    assert not folder.files.have_changed()


def test_nothing_is_read_that_did_not_change(folder: Folder) -> None:
    """A change of the bytes, the time or the file behind a name counts."""
    assert not folder.files.have_changed()
    replaced = folder.sources / "a.toml"
    shutil.copy2(replaced, folder.sources / "new")  # of the same size and time
    assert not folder.files.have_changed()
    (folder.sources / "new").replace(replaced)
    assert folder.files.have_changed()

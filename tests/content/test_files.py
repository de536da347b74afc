"""What is read in files: a sample of each type, hard ones included, as an exam."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from aggregator.content.files.reading import read_file
from tests.support.file_samples import SAMPLES, Sample


def has_chinese_font() -> bool:
    """Ask the machine for one."""
    lister = shutil.which("fc-list")
    return bool(lister and subprocess.run([lister, ":lang=zh"], stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_sample(sample: Sample) -> None:
    """Its text is there, in order, and nothing that is no text of it."""
    if sample.is_drawn and not has_chinese_font():
        pytest.skip("no font with Chinese characters is installed (Debian: fonts-wqy-microhei)")
    read = read_file(sample.make(), f"https://office.example/files/{sample.name}")
    assert read.fault == sample.fault
    end = 0
    for expected in sample.holds:
        place = read.content.find(expected, end)
        assert place >= 0, f"{expected} is not behind {read.content[:end][-80:]!r} in {read.content[:3000]}"
        end = place + len(expected)
    for unwanted in sample.lacks:
        assert unwanted not in read.content
    assert bool(read.content) is not bool(sample.fault)

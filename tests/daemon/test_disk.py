"""When a disk is short of room, and when it is no more."""

from pathlib import Path

import pytest

from aggregator.daemon.disk import judge_room, look_at_disks

GB = 1024**3


@pytest.mark.parametrize(
    ("total", "free", "kind"),
    [
        (500 * GB, GB - 1, "disk-short"),
        (500 * GB, 2 * GB - 1, "as it was"),
        (500 * GB, 2 * GB, "over"),
        (2 * GB, GB // 10 - 1, "disk-short"),
        (2 * GB, GB // 4, "over"),
    ],
)
def test_hardly_any_room(total: int, free: int, kind: str) -> None:
    """A GB is little, on a small disk a twentieth of it; twice that much has to be free until it is over."""
    found = judge_room("database", total, free)
    assert (found.kind or "over" if found else "as it was") == kind


def test_each_disk_is_looked_at_once(tmp_path: Path) -> None:
    """Two folders on one disk are one, and one that is not there is none."""
    folders = {"database": tmp_path, "output": tmp_path, "gone": tmp_path / "gone"}
    assert {one.subject for one in look_at_disks(folders)} <= {"database"}

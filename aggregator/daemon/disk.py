"""Whether there is room left on the disks that the program writes to."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from aggregator.model import Occurrence

LEAST_ROOM = 1024**3
LEAST_SHARE = 20
"""There is hardly any room below a GB, on a small disk below a twentieth of it."""
ENOUGH = 2
"""Times that much has to be free until there is room again."""


def look_at_disks(folders: Mapping[str, Path]) -> Iterator[Occurrence]:
    """Yield what the room in some folders means for the events of their disks, once for each disk."""
    seen: set[int] = set()
    for name, folder in folders.items():
        if not folder.exists() or (device := os.stat(folder).st_dev) in seen:
            continue
        seen.add(device)
        room = shutil.disk_usage(folder)
        if found := judge_room(name, room.total, room.free):
            yield found


def judge_room(name: str, total: int, free: int) -> Occurrence | None:
    """Say what so much room on a disk means for its event; None for a little more than hardly any."""
    least = min(LEAST_ROOM, total // LEAST_SHARE)
    if free < least:
        return Occurrence("disk", name, "disk-short", f"{free // 1024**2} MB")
    return Occurrence("disk", name) if free >= ENOUGH * least else None

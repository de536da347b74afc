"""How the sources do: what `sources` shows, asked without loading the rest of the store."""

from collections import defaultdict
from dataclasses import dataclass, replace

from sqlalchemy import func, select

from aggregator.store.pushes import Pushes
from aggregator.store.schema import media, revisits
from aggregator.store.sources import Sources


@dataclass(frozen=True, slots=True)
class MirrorState:
    """What a source mirrors, in numbers of files."""

    kept: int = 0
    size: int = 0
    """Bytes of the files that are kept."""

    waiting: int = 0
    refused: int = 0
    """Files that cannot be had."""


class Overview(Sources, Pushes):
    """The state of the sources, and what is done for them beside their polls."""

    def mirror_states(self) -> dict[str, MirrorState]:
        """Return what each source mirrors; a file under two addresses counts once."""
        held = select(media.c.source, media.c.path, media.c.length).where(media.c.path != "")
        files = held.distinct().subquery()
        kept = select(files.c.source, func.count(), func.coalesce(func.sum(files.c.length), 0))
        failed = media.c.error != ""
        missing = select(media.c.source, failed, func.count()).where(media.c.path == "")
        states: dict[str, MirrorState] = {}
        with self._read() as connection:
            for source, count, size in connection.execute(kept.group_by(files.c.source)):
                states[source] = MirrorState(kept=count, size=size)
            for source, refused, count in connection.execute(missing.group_by(media.c.source, failed)):
                more = {"refused": count} if refused else {"waiting": count}
                states[source] = replace(states.get(source, MirrorState()), **more)
        return states

    def revisit_steps(self) -> dict[str, dict[int, int]]:
        """Return by source how many articles wait in each step of its schedule."""
        counted = select(revisits.c.source, revisits.c.step, func.count()).group_by(
            revisits.c.source, revisits.c.step
        )
        steps: defaultdict[str, dict[int, int]] = defaultdict(dict)
        with self._read() as connection:
            for source, step, count in connection.execute(counted):
                steps[source][step] = count
        return steps

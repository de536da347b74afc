"""Which state of a database an output was made from, so that an older one behind it is noticed.

PostgreSQL may be restored from a copy, or lose its last commits in a failover, without a word to us. What was
published since is then unknown to the database, and its numbers are given out again.
"""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aggregator.errors import PublishError
from aggregator.output import Destination
from aggregator.output.folders import POSITION_FILE
from aggregator.store import Store

RESTORED = (
    "the database is in an earlier state than what was published from it, as after a restore: every source "
    "is visited anew, everything is published anew, and nothing of before is told again"
)

OURS = re.compile(r"(?:site|private)/(?:share|category|source|tag|feed)/")
"""Documents that only we make there; other files may be the user's."""

SHARE_PAGE, POST = re.compile(r"site/share/([^/]+)\.html"), re.compile(r"posts/[\d-]{11}([^/]+)\.\w+")
"""An article's documents, by its id. A post is ours where its article has a page."""


def note_position(folder: Path, store: Store) -> None:
    """Note the state of the database from which a folder is about to be made.

    Raises PublishError, StoreError.
    """
    position = store.position()
    text = f"{position.lineage} {position.sequence}"
    try:
        if _noted(folder) != text:
            new = folder / f"{POSITION_FILE}.new"
            new.write_text(text)
            os.replace(new, folder / POSITION_FILE)
    except OSError as exc:
        raise PublishError(f"cannot use {folder}: {exc.strerror}") from exc


def is_older(folder: Path, store: Store) -> bool:
    """Tell whether the database is in an earlier state than what a folder was made from.

    Raises StoreError.
    """
    lineage, _, sequence = _noted(folder).partition(" ")  # before the database, which may go on meanwhile
    position = store.position()
    return lineage == position.lineage and sequence.isdecimal() and int(sequence) > position.sequence


def take_up(folders: Destination, store: Store, now: datetime) -> None:
    """Go on with a database that was put back: visit and publish all anew, tell nothing twice.

    Raises PublishError, StoreError.
    """
    store.adopt_documents(_ours(list(folders.inspect().files())))
    store.begin_anew(now)
    store.mark_restored(now)


def _ours(files: Sequence[str]) -> list[str]:
    articles = {page[1] for file in files if (page := SHARE_PAGE.fullmatch(file))}
    posts = [file for file in files if (post := POST.fullmatch(file)) and post[1] in articles]
    return [*(file for file in files if OURS.match(file)), *posts]


def _noted(folder: Path) -> str:
    try:
        return (folder / POSITION_FILE).read_text("ascii", "replace")
    except OSError:
        return ""

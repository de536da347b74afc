"""Checks of what is stored and written: the database, the output, the daemon that serves it."""

import contextlib
import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

from aggregator.cli.checks import Check
from aggregator.config import mark_of
from aggregator.decide.cluster import explain_cluster
from aggregator.errors import AggregatorError, PublishError
from aggregator.model import Document
from aggregator.output import open_destination
from aggregator.publish.media_types import headers_in_bucket
from aggregator.settings import Config
from aggregator.settings.values import bucket_of
from aggregator.store import Store

HEALTH_SECONDS = 10
PROBE = "probe.txt"
"""The name of an object that is there for a moment, to see whether a bucket takes any."""


def check_database(config: Config) -> Iterator[Check]:
    """Check that the database is there, is one, and has published what it holds."""
    storage = config.storage
    if storage.file and not Path(storage.file).exists():
        yield Check("database", ok=None, found=f"{storage.file} is not there yet; the first start makes it")
        return
    mend = "mend [storage] database, or start its server"
    if storage.file:
        mend = (
            "`aggregator check --database` looks through all of it; `aggregator restore FILE` takes a backup"
        )
    try:
        if storage.file and (fault := _damage(storage.file)):
            yield Check("database", ok=False, found=f"{storage.file} is damaged: {fault}", mend=mend)
            return
        with Store.open(storage.database) as store:
            count, failing, state = store.article_count(), store.count_failing(), store.publication()
            cluster = [*_check_cluster(config, store)]
    except (AggregatorError, sqlite3.Error) as exc:
        yield Check("database", ok=False, found=str(exc), mend=mend)
        return
    yield Check("database", ok=True, found=f"{storage.shown}: {count} articles")
    failed = f"{failing} of {len(config.sources)} failed at their last visit"
    yield Check("sources", not failing, failed, "`aggregator sources --failing` says more" if failing else "")
    waits = f"{state.articles} articles wait to be published" if state.articles else "all is published"
    yield Check("output", not state.articles, waits, "`aggregator publish`" if state.articles else "")
    yield from cluster


def check_buckets(config: Config) -> Iterator[Check]:
    """Check that every bucket can be written to, by an object that is removed again."""
    places = {**config.output.places, "evidence": config.evidence.bucket}
    for name, place in places.items():
        if bucket_of(place):
            probe = f"{name}/{PROBE}"
            try:
                bucket = open_destination({name: place}, headers_in_bucket)
                bucket.write([Document(probe, b"")])
                bucket.remove([probe])
            except PublishError as exc:
                yield Check("bucket", ok=False, found=str(exc), mend="see docs/object-storage.md")
            else:
                yield Check("bucket", ok=True, found=f"{place} can be written to")


def _check_cluster(config: Config, store: Store) -> Iterator[Check]:
    """Check that the machines that are to share the work do, where several are to."""
    if config.cluster is None:
        return
    renders = any(source.browser for source in config.sources)
    state = explain_cluster(store.living_nodes(), store.queues(), store.read_clock().time, renders=renders)
    troubles = [*state.all_troubles]
    for trouble in troubles:
        yield Check("cluster", ok=False, found=trouble.found, mend=trouble.mend)
    if not troubles:
        leader = next(one.node for one in state.nodes if one.node.dispatches)
        yield Check(
            "cluster", ok=True, found=f"processes: {len(state.nodes)}; {leader.host} hands out the work"
        )


def check_daemon(config: Config, path: Path) -> Check:
    """Ask the daemon whether it is well, where one serves."""
    if config.server is None:
        return Check("daemon", ok=None, found="it serves nothing ([server]), so it cannot be asked")
    listen = config.server.listen
    try:
        said = _health(listen)
    except OSError:
        return Check("daemon", ok=None, found=f"none answers at {listen}")
    if said.get("configuration") != mark_of(path):
        found = f"at {listen} runs something else than the daemon of {path}"
        return Check("daemon", ok=False, found=found, mend="end it, or change [server] listen")
    if said.get("live") and said.get("ready"):
        return Check("daemon", ok=True, found=f"it runs at {listen}")
    trouble = f"it runs at {listen}, and is not well: {said.get('problem') or said}"
    return Check("daemon", ok=False, found=trouble, mend="its log says more: `journalctl -p warning`")


def _health(listen: str) -> dict[str, Any]:
    """Ask a daemon for its health; empty where what answers is none. Raises OSError where nothing does."""
    try:
        with urllib.request.urlopen(f"http://{listen}/healthz", timeout=HEALTH_SECONDS) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as exc:
        with contextlib.suppress(ValueError, TypeError):
            return dict(json.load(exc))
    except (ValueError, TypeError, HTTPException):
        pass
    return {}


def _damage(file: str) -> str:
    """Say what SQLite finds wrong with the pages of a file; empty for nothing."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    return "" if said == "ok" else str(said)

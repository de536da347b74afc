"""Checks of this machine: files, permissions, disks, clock, certificates, libraries, the service."""

import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from aggregator.cli.checks import Check
from aggregator.daemon.disk import judge_room
from aggregator.daemon.poller import EARLIEST_TIME
from aggregator.discover.peers.request import PLAIN_HEADERS
from aggregator.errors import FetchError
from aggregator.fetch.secrets import reveal
from aggregator.settings import Config, Reader, Receiver, Source
from aggregator.settings.access import Secret
from aggregator.settings.values import bucket_of

UNIT = "aggregator.service"
OPEN = {"user", "url", "proxy", *PLAIN_HEADERS}
"""Keys that may hold a secret and seldom do."""
IN_ADDRESS = re.compile(r"//[^/?#\s]*:[^/?#\s]*@|password=")
"""A password in an address."""
PROBE = bytes(65536)
"""What is written to a file without a name, to see whether there is room."""


def check_folders(config: Config) -> Iterator[Check]:
    """Check that every folder of ours can be written to, and that its disk has room."""
    for what, folder in _folders(config).items():
        there = _nearest(folder)
        try:
            with tempfile.TemporaryFile(dir=there) as file:
                file.write(PROBE)
        except OSError as exc:
            mend = f"make room on its disk, or let the user of the program write to {there.resolve()}"
            yield Check(what, ok=False, found=f"{folder} cannot be written to: {exc.strerror}", mend=mend)
            continue
        room = shutil.disk_usage(there)
        short = judge_room(what, room.total, room.free)
        free = f"{folder}: {room.free / 1024**3:.1f} GB of {room.total / 1024**3:.1f} GB are free"
        low = short is not None and short.kind is not None
        yield Check(what, not low, free, "make room, or let articles go sooner (keep_for)" if low else "")


def check_secrets(config: Config, path: Path) -> Iterator[Check]:
    """Check that secrets are where the configuration says, and that nobody else here can read them."""
    secrets = list(secrets_of(config))
    clear = next((where for where, secret in secrets if isinstance(secret, str)), "")
    if clear and path.stat().st_mode & stat.S_IROTH:
        mend = f"`chmod o-r {path}`, or keep it elsewhere: {{ file = … }}"
        yield Check(
            "permissions", ok=False, found=f"everybody can read {path} with the secret of {clear}", mend=mend
        )
    elsewhere = [(where, secret) for where, secret in secrets if isinstance(secret, Secret)]
    faults = [fault for where, secret in elsewhere for fault in _faults(where, secret)]
    for fault in faults:
        mend = "put it there, readable for the user of the program alone (`chmod 600`)"
        yield Check("secrets", ok=False, found=fault, mend=mend)
    if not faults:
        count = len(elsewhere)
        yield Check("secrets", True if count else None, f"{count or 'none'} to be read from elsewhere")


def _faults(where: str, secret: Secret) -> Iterator[str]:
    """Say what is wrong with the place of a secret."""
    try:
        reveal(secret, where, "")
    except FetchError as exc:
        yield exc.reason
    if secret.file and Path(secret.file).exists() and Path(secret.file).stat().st_mode & stat.S_IROTH:
        yield f"{where}: everybody can read {secret.file}"


def check_clock(now: datetime, confirmed: bool | None) -> Check:
    """Check the clock against the Date of the servers that were asked."""
    mend = "set it (`timedatectl set-ntp true`); what comes in meanwhile is dated by the last believed time"
    if now < EARLIEST_TIME or confirmed is False:
        why = "servers say another day" if confirmed is False else "it was never set"
        return Check("clock", ok=False, found=f"it says {now:%Y-%m-%d %H:%M} UTC: {why}", mend=mend)
    said = "as servers say" if confirmed else "no server said the time"
    return Check("clock", ok=True, found=f"{now:%Y-%m-%d %H:%M} UTC, {said}")


def check_roots() -> Check:
    """Check that there are certificates by which those of servers are verified."""
    mend = "install certifi anew: `pip install --force-reinstall certifi`"
    try:
        count = httpx.create_ssl_context(trust_env=False).cert_store_stats()["x509_ca"]
    except OSError as exc:
        return Check("TLS", ok=False, found=f"the root certificates cannot be read: {exc}", mend=mend)
    return Check("TLS", count > 0, f"{count} root certificates", "" if count else mend)


def check_libraries(config: Config) -> Iterator[Check]:
    """Check that the libraries are installed that only some configurations need."""
    needed = dict(_needed(config))
    missing = {library: extra for library, extra in needed.items() if find_spec(library) is None}
    for library, extra in missing.items():
        mend = f"`pip install aggregator[{extra}]`"
        yield Check("libraries", ok=False, found=f"{library} is missing", mend=mend)
    if not missing:
        found = f"{', '.join(needed)}: installed" if needed else "none is needed beside the usual ones"
        yield Check("libraries", True if needed else None, found)


def _needed(config: Config) -> Iterator[tuple[str, str]]:
    """Name the libraries that a configuration needs, each with the extra that brings it along."""
    for source in config.sources:
        yield from _needed_for(source, config)
    for receiver in config.receivers:
        if isinstance(receiver.url, str) and not receiver.url.startswith(("mailto:", "http:", "https:")):
            yield "apprise", "alerts"
    if config.evidence.timestamp:
        yield "rfc3161_client", "evidence"
    if not config.storage.file:
        yield "psycopg", "cluster" if config.cluster else "postgresql"
    if config.cluster:
        yield "procrastinate", "cluster"
    if any(bucket_of(place) for place in (*config.output.places.values(), config.evidence.bucket)):
        yield "obstore", "s3"


def _needed_for(source: Source, config: Config) -> Iterator[tuple[str, str]]:
    if source.archive:
        yield "warcio", "evidence"
    if source.browser and not config.network.browser:
        yield "playwright", "browser"
    if source.session:
        yield "cryptography", "sessions"
    if isinstance(source.proxy, str) and source.proxy.startswith("socks"):
        yield "socksio", "socks"


def check_unit() -> Check:
    """Check that the service of systemd runs, where it is installed."""
    asked = ["systemctl", "show", UNIT, "--property=LoadState,ActiveState,UnitFileState"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return Check("unit", ok=None, found="systemd does not run here")
    state = dict(line.partition("=")[::2] for line in said.splitlines())
    if state.get("LoadState") != "loaded":
        return Check("unit", ok=None, found=f"{UNIT} is not installed")
    if state.get("ActiveState") not in ("active", "reloading"):
        mend = f"`systemctl start {UNIT}`; `journalctl -u {UNIT} -p warning` says why it does not run"
        return Check("unit", ok=False, found=f"{UNIT} is {state.get('ActiveState')}", mend=mend)
    if state.get("UnitFileState") == "disabled":
        mend = f"`systemctl enable {UNIT}`"
        return Check("unit", ok=False, found=f"{UNIT} runs, and does not start with the machine", mend=mend)
    return Check("unit", ok=True, found=f"{UNIT} runs")


def secrets_of(value: Any, where: str = "", *, hidden: bool = False) -> Iterator[tuple[str, Secret | str]]:
    """Yield the secrets of a configuration, each with the key where it stands; a text stands there in clear.

    A text is one in a ``hidden`` key, but for those that seldom hold one, and in an address with a password.
    """
    match value:
        case str():
            if IN_ADDRESS.search(value) or (
                hidden and value and where.rpartition(" ")[2].lower() not in OPEN
            ):
                yield where, value
        case Secret():
            yield where, value
        case Source() | Receiver() | Reader():
            yield from _secrets_of_table(value, f'{type(value).__name__.lower()} "{value.name}"')
        case BaseModel():
            yield from _secrets_of_table(value, where)
        case Mapping():
            for key, one in value.items():
                yield from secrets_of(one, f"{where} {key}", hidden=hidden)
        case tuple():
            for one in value:
                yield from secrets_of(one, where)


def _secrets_of_table(table: BaseModel, where: str) -> Iterator[tuple[str, Secret | str]]:
    for key, field in type(table).model_fields.items():
        yield from secrets_of(getattr(table, key), f"{where} {key}".strip(), hidden=not field.repr)


def _folders(config: Config) -> Mapping[str, Path]:
    """Name the folders that the program writes to."""
    output = config.output.folders
    folders = {"database": Path(config.storage.file).parent if config.storage.file else None}
    folders |= {"output": output.get("site"), "posts": output.get("posts")}
    folders["evidence"] = Path(config.evidence.folder) if any(one.archive for one in config.sources) else None
    folders["backup"] = Path(config.backup.folder) if config.backup else None
    return {f"{what} folder": folder for what, folder in folders.items() if folder}


def _nearest(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.resolve().parents) if one.exists())

"""Recognition of what a file is that another program wrote, by its content."""

import json
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import yaml

from aggregator.content.sniffing import is_file
from aggregator.discover.opml import read_opml
from aggregator.discover.peers import changedetection, html2rss, miniflux, urlwatch
from aggregator.discover.peers.candidate import Listed
from aggregator.discover.peers.changedetection import part
from aggregator.discover.peers.opml_rules import NotASourceError, from_subscription
from aggregator.discover.unfolding import MAX_VALUES, unfolds_too_far
from aggregator.errors import ReadError
from aggregator.text.charset import decode
from aggregator.text.excerpt import shorten

MAX_SIZE = 32 * 1024**2
"""Bytes of a file: a hundred times what ten thousand subscriptions take."""
MAX_YAML_SIZE = 1024**2
"""Bytes of YAML, of which PyYAML reads some hundred thousand a second."""
READS = (
    "OPML (FreshRSS, Miniflux, RSS-Bridge, any reader), JSON of Miniflux, a backup or list of "
    "changedetection.io, jobs of urlwatch, html2rss, addresses one a line"
)


def read_list(body: bytes) -> Listed:
    """Read a file of whatever program is known. Raises ReadError saying what it is instead."""
    if len(body) > MAX_SIZE:
        raise ReadError(f"is larger than {MAX_SIZE >> 20} MB, as no list of sources is")
    if body[:4] == b"PK\x03\x04":
        return _read_backup(body)
    if (media_type := is_file("", body, "")) or b"\0" in body[:4096].removeprefix(b"\xff\xfe"):
        raise ReadError(f"is {media_type or 'no text'}; a list of sources is {READS}")
    text = decode(body, html=False).lstrip("\ufeff \t\r\n")
    if not text:
        raise ReadError("is empty")
    if text[0] == "<":
        return _read_opml(body)
    if text[0] in "{[" and (found := _read_json(text)):
        return found
    if re.match(r"https?://", text) and all(
        re.match(r"https?://|#|$", line.strip()) for line in text.splitlines()
    ):
        return changedetection.read_addresses(text)
    return _read_yaml(text)


def _read_opml(body: bytes) -> Listed:
    subscriptions, left_out = read_opml(body)
    candidates = []
    for subscription in subscriptions:
        try:
            candidates.append(from_subscription(subscription))
        except NotASourceError as exc:
            left_out.append(f'"{shorten(subscription.title or subscription.address, 80)}": {exc}')
    return Listed("OPML", tuple(candidates), tuple(left_out))


def _read_json(text: str) -> Listed | None:
    """Read JSON; None where it is none. Raises ReadError for that of another program."""
    try:
        document = _encodable(json.loads(text))
    except RecursionError:
        raise ReadError("is JSON of too many levels") from None
    except ValueError as exc:
        if text[0] == "{" or not text.startswith("["):
            raise ReadError(f"is no JSON: {exc}") from None
        return None
    if miniflux.is_feeds(document):
        return miniflux.read_feeds(document)
    if changedetection.is_settings(document) or changedetection.is_watches(document):
        return changedetection.read_watches(document)
    keys = ", ".join(map(str, list(document)[:5])) if isinstance(document, dict) else "a list"
    raise ReadError(f"is JSON of another program ({shorten(keys, 80)}); a list of sources is {READS}")


def _read_backup(body: bytes) -> Listed:
    """Read a backup of changedetection.io: its settings, with a file for each watch in the newer form."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return changedetection.read_watches(_documents(archive))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, OSError, EOFError) as exc:
        raise ReadError(f"is a ZIP archive that cannot be read: {exc}") from None


def _documents(archive: zipfile.ZipFile) -> dict[str, Any]:
    wanted = re.compile(r"(?:changedetection|url-watches|[^/]+/watch|[^/]+/tag)\.json")
    members = [one for one in archive.infolist() if wanted.fullmatch(one.filename)]
    if sum(one.file_size for one in members) > MAX_SIZE:
        raise ReadError(f"unpacks to more than {MAX_SIZE >> 20} MB of settings")
    found: dict[str, Any] = {"watching": {}, "settings": {}}
    tags: dict[str, Any] = {}
    for member in members:
        with archive.open(member) as packed:
            text = packed.read(MAX_SIZE + 1).decode("utf-8", "replace")
        try:
            document = _encodable(json.loads(text))
        except (ValueError, RecursionError) as exc:
            raise ReadError(f"has a broken {member.filename}: {exc}") from None
        folder, _, name = member.filename.rpartition("/")
        if name == "watch.json":
            found["watching"][folder] = document
        elif name == "tag.json":
            tags[folder] = document
        elif isinstance(document, dict) and "settings" in document:
            watching = {**found["watching"], **part(document, "watching")}
            found = {**found, **document, "watching": watching}
    if not members:
        raise ReadError(
            f"is a ZIP archive, but no backup of changedetection.io; a list of sources is {READS}"
        )
    settings = part(found, "settings")
    application = part(settings, "application")
    tags = {**part(application, "tags"), **tags}
    return {**found, "settings": {**settings, "application": {**application, "tags": tags}}}


def _read_yaml(text: str) -> Listed:
    if len(text) > MAX_YAML_SIZE:
        raise ReadError(
            f"is no OPML, JSON or list of addresses, and too large for YAML ({len(text) >> 10} KB)"
        )
    try:
        documents = [_constructed(node) for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node]
    except (yaml.YAMLError, ValueError, TypeError) as exc:
        raise ReadError(
            f"is nothing that can be read ({_first_line(exc)}); a list of sources is {READS}"
        ) from None
    except RecursionError:
        raise ReadError("is YAML of too many levels") from None
    documents = [one for one in documents if one is not None]
    readers: Sequence[tuple[Callable[[Any], bool], Callable[[], Listed]]] = (
        (urlwatch.is_jobs, lambda: urlwatch.read_jobs(documents)),
        (html2rss.is_config, lambda: html2rss.read_config(documents[0])),
    )
    for fits, read in readers:
        if fits(documents):
            return read()
    raise ReadError(f"is of no program that is known; a list of sources is {READS}")


def _constructed(node: yaml.Node) -> Any:
    """Make the values of a document. Raises ReadError where its aliases would multiply beyond measure."""
    if unfolds_too_far(node):
        raise ReadError(f"is YAML that unfolds to more than {MAX_VALUES} values")
    loader = yaml.SafeLoader("")
    try:
        return _encodable(loader.construct_document(node))
    finally:
        loader.dispose()


def _encodable(value: Any) -> Any:
    """Replace halves of characters in all texts of a value: JSON and YAML name them, no file holds them."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    return list(map(_encodable, value)) if isinstance(value, list) else value


def _first_line(error: Exception) -> str:
    return shorten(str(error).partition("\n")[0] or type(error).__name__, 80)

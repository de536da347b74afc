"""The evidence of one article, handed over: raw answers, our text of each state, hashes and times."""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from aggregator.errors import FetchError
from aggregator.fetch.addresses import read_address
from aggregator.fetch.archive import Archive
from aggregator.fetch.archive.index import Capture
from aggregator.fetch.archive.warc import text_record
from aggregator.model import Article, KeptArticle, Provenance, Receipt
from aggregator.publish.wacz import Item, Package, Page, write_wacz
from aggregator.render import paths
from aggregator.settings import Config
from aggregator.store import Store
from aggregator.store.evidence.ledger import KeptState, Line, seal_text

FORMAT = (
    "The file of a state is what its sha256 is of; it stands in the lines of its day as number/version. "
    "The sha256 of a day is of the 32 bytes of 'before' and of the file of its lines. A stamp (RFC 3161) is "
    "of the SHA-256 of these 32 bytes. The sha256 of a receipt is of the unpacked body of its answer."
)
"""What a recipient has to know."""


@dataclass(frozen=True, slots=True)
class Handover:
    """What was handed over."""

    answers: int
    """Raw answers."""
    states: int
    days: int
    stamps: int


def hand_over(config: Config, store: Store, kept: KeptArticle, path: Path, now: datetime) -> Handover:
    """Write all that proves an article to a file (WACZ). Raises ArchiveError, StoreError and OSError."""
    archive = Archive(Path(config.evidence.folder))
    states = store.kept_states(kept.id)
    origins = store.provenance(kept.id)
    answers = _answers(config, archive, kept, list(origins.values()))
    texts = [
        _text(config, kept, one.article, one.day, None if one is states[-1] else one.version)
        for one in states
        if one.article
    ]
    texts = texts or [_text(config, kept, kept.article, kept.first_seen.date(), None)]
    files, days, stamps = _files(store, kept, states, origins)
    first = [Page(one.address, one.time, kept.article.title) for one in answers if _is_page(one, kept)]
    titles = [one.article.title for one in states if one.article] or [kept.article.title]
    ours = [
        Page(item.address, item.time, f"{title} (as kept)") for item, title in zip(texts, titles, strict=True)
    ]
    pages = (*first[-1:], *ours, *first[:-1])
    write_wacz(path, Package(kept.article.title, (*answers, *texts), pages, files), now)
    return Handover(len(answers), len(states), days, stamps)


def _answers(
    config: Config, archive: Archive, kept: KeptArticle, origins: Sequence[Provenance]
) -> list[Item]:
    """Give the archived answers of which an article was made, and all of its page, files and robots.txt."""
    source = config.source(kept.article.source)
    names = (source.name, *source.was) if source else (kept.article.source,)
    receipts = [receipt for origin in origins for receipt in origin.receipts]
    found: dict[tuple[str, int], Capture] = {}
    for name in names:
        for capture in _captures(archive, name, kept, receipts):
            # What a record refers to comes before it.
            for one in (archive.payload(name, capture), capture):
                if one:
                    found.setdefault((name, one.number), one)
    return [_item(archive, name, one) for (name, _), one in found.items()]


def _captures(
    archive: Archive, name: str, kept: KeptArticle, receipts: Sequence[Receipt]
) -> Iterator[Capture]:
    for receipt in receipts:
        same = archive.find(name, digest=receipt.digest)
        yield from sorted(same, key=lambda one: abs(one.time - receipt.time))[:1]
        if receipt.asked != receipt.address:
            led = [
                one
                for one in archive.find(name, address=str(read_address(receipt.asked)))
                if 300 <= one.status < 400
            ]
            yield from sorted(led, key=lambda one: abs(one.time - receipt.time))[:1]
    addresses = {kept.article.address, *(one.address for one in kept.article.attachments)}
    addresses |= {urljoin(receipt.address, "/robots.txt") for receipt in receipts}
    for address in sorted(filter(None, addresses)):
        with suppress(FetchError):  # what is no address was never asked
            yield from reversed(archive.find(name, address=str(read_address(address))))


def _item(archive: Archive, name: str, capture: Capture) -> Item:
    media_type = "warc/revisit" if capture.payload else capture.media_type or "unk"
    record = archive.raw_pair(name, capture)
    return Item(
        capture.address, capture.time, capture.status, media_type, capture.digest, record, capture.length
    )


def _text(config: Config, kept: KeptArticle, article: Article, day: date, version: int | None) -> Item:
    """Give our text of a state as a page, under the address that it has at our site.

    ``version`` is that of an earlier state, None for the last one.
    """
    path = paths.share_path(kept.id) if version is None else paths.revision_path(kept.id, version)
    language, title = escape(article.language), escape(article.title)
    page = (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset=utf-8><title>{title}</title></head>'
        f"<body><h1>{title}</h1>\n{article.content}\n</body></html>\n"
    )
    address, body = paths.absolute(config.site, path), page.encode("utf-8", "replace")
    kept_at = datetime.combine(day, time(), UTC)
    record, digest = text_record(address, kept_at, body, "text/html; charset=utf-8")
    return Item(address, kept_at, 200, "text/html", digest, record, len(record))


def _files(
    store: Store, kept: KeptArticle, states: Sequence[KeptState], origins: Mapping[int, Provenance]
) -> tuple[dict[str, bytes], int, int]:
    """Give the files that say what was kept when; and how many days and stamps are among them."""
    files = {_state_file(state): state.text.encode() for state in states if state.text}
    happened = store.kept_changes(kept.id)
    days, more = _days(store, {state.day for state in states} | {one.day for one in happened})
    times = {name: getattr(kept, name) for name in ("first_seen", "changed", "missing_since", "withdrawn")}
    summary = {
        "id": kept.id,
        "title": kept.article.title,
        "address": kept.article.address,
        "source": kept.article.source,
        **{name: value and value.isoformat() for name, value in times.items()},
        "states": [_state(state, origins.get(state.version)) for state in states],
        "happened": [
            {"what": one.kind, "at": one.at.isoformat(), **_line(one.day, one.line)} for one in happened
        ],
        "days": days,
        "format": FORMAT,
    }
    text = json.dumps(summary, ensure_ascii=False, indent=2)
    files |= more | {"evidence/evidence.json": text.encode("utf-8", "replace")}
    return files, len(days), sum(1 for day in days if day["stamp"])


def _state(state: KeptState, origin: Provenance | None) -> dict[str, Any]:
    receipts = origin.receipts if origin else ()
    return {
        "version": state.version,
        **_line(state.day, state.line),
        "file": _state_file(state) if state.text else None,
        "receipts": [{**asdict(one), "time": one.time.isoformat()} for one in receipts],
    }


def _state_file(state: KeptState) -> str:
    return f"evidence/state-{state.version}.json"


def _line(day: date, line: Line) -> dict[str, str]:
    return {"day": day.isoformat(), "line": line.name, "sha256": line.digest.hex()}


def _days(store: Store, wanted: Set[date]) -> tuple[list[dict[str, str | None]], dict[str, bytes]]:
    """Say how to verify the sealed ones of some days; with it come the files that this needs."""
    files: dict[str, bytes] = {}
    days: list[dict[str, str | None]] = []
    before = b""
    for seal in store.seals():
        if seal.day in wanted:
            lines, stamp = f"evidence/{seal.day}.txt", f"evidence/{seal.day}.tsr" if seal.stamp else None
            files[lines] = seal_text(seal.day, store.lines(seal.day))
            if stamp and seal.stamp:
                files[stamp] = seal.stamp
            hashes = {"sha256": seal.digest.hex(), "before": before.hex()}
            days.append({"day": seal.day.isoformat(), **hashes, "file": lines, "stamp": stamp})
        before = seal.digest
    return days, files


def _is_page(item: Item, kept: KeptArticle) -> bool:
    return item.address == kept.article.address and item.status == 200 and item.media_type != "warc/revisit"

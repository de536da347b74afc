"""Stamps of a timestamp authority (RFC 3161) on the hashes of days: asked for, and verified offline."""

import asyncio
import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError, FetchError
from aggregator.fetch import Asks
from aggregator.model import Fetched, Request
from aggregator.store import Store
from aggregator.store.evidence.ledger import Seal

MAX_ASKED = 30
"""Days that are stamped at a time: a month without an authority is made up for at once."""
MAX_STAMP = 65536
"""Bytes of an answer."""


async def ask_stamps(store: Store, fetcher: Asks, authority: str) -> int:
    """Have the days stamped that are not yet, the first one first; return how many were.

    Raises FetchError where the authority does not answer as it should; it is asked again next time.
    """
    seals = await asyncio.to_thread(store.seals)
    waiting = [one for one in seals if one.stamp is None]
    for seal in waiting[:MAX_ASKED]:
        answer = await fetcher.fetch(
            Request(
                authority,
                method="POST",
                body=_client()
                .TimestampRequestBuilder(data=seal.digest, hash_algorithm=_sha256())
                .build()
                .as_bytes(),
                media_type="application/timestamp-query",
                largest=MAX_STAMP,
            )
        )
        body = answer.body if isinstance(answer, Fetched) else b""
        if fault := _fault(body, seal):
            raise FetchError(authority, fault)
        await asyncio.to_thread(store.save_stamp, seal.day, body)
    return len(waiting[:MAX_ASKED])


def stamp_fault(seal: Seal, roots: str) -> str:
    """Say what is wrong with the stamp of a day, empty for nothing.

    ``roots`` is the file (PEM) of the certificates in which its signature must end; without one, only the
    hash is compared. Raises AggregatorError where that file cannot be read.
    """
    from rfc3161_client import VerificationError, VerifierBuilder

    if fault := _fault(seal.stamp or b"", seal):
        return fault
    if not roots:
        return ""
    stamp = _client().decode_timestamp_response(seal.stamp)
    try:
        VerifierBuilder(roots=_certificates(roots)).build().verify(
            stamp, hashlib.sha256(seal.digest).digest()
        )
    except VerificationError as exc:
        return f"its stamp is not of an authority in {roots}: {exc}"
    return ""


def _fault(body: bytes, seal: Seal) -> str:
    try:
        stamp = _client().decode_timestamp_response(body)
    except ValueError as exc:
        return f"its stamp is none: {exc}"
    if stamp.status != 0:
        return f"its stamp was refused: {'; '.join(stamp.status_string) or f'status {stamp.status}'}"
    if stamp.tst_info.message_imprint.message != hashlib.sha256(seal.digest).digest():
        return "its stamp is of another hash"
    return ""


def _certificates(file: str) -> list[Any]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError) as exc:
        raise AggregatorError(f"{file} ([evidence] timestamp_roots) cannot be read: {exc}") from exc


def _client() -> Any:
    if find_spec("rfc3161_client") is None:
        raise AggregatorError("[evidence] timestamp needs `pip install aggregator[evidence]`")
    import rfc3161_client

    return rfc3161_client


def _sha256() -> Any:
    from rfc3161_client.base import HashAlgorithm

    return HashAlgorithm.SHA256

"""Encryption of what is kept of sessions (AES-GCM), with keys made of our own (HKDF, RFC 5869)."""

import hmac
import secrets
from importlib.util import find_spec

NONCE_SIZE = 12  # bytes; NIST SP 800-38D, section 8.2
MEND = "[source.session] needs `pip install aggregator[sessions]`"


class Sealer:
    """Seals what belongs to a session's name and site: it opens under no other ones, nor with another key."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # an extra

        self._cipher = AESGCM(_derived(key, b"sessions of sites"))
        self._key = _derived(key, b"recipes of sessions")

    @staticmethod
    def is_there() -> bool:
        """Tell whether the extra is installed."""
        return find_spec("cryptography") is not None

    def seal(self, text: str, *bound: str) -> bytes:
        """Encrypt a text."""
        nonce = secrets.token_bytes(NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), "\0".join(bound).encode())

    def open(self, sealed: bytes, *bound: str) -> str | None:
        """Decrypt what was sealed; None where the key is another one, or it was sealed for something else."""
        from cryptography.exceptions import InvalidTag

        nonce, text = sealed[:NONCE_SIZE], sealed[NONCE_SIZE:]
        try:
            return self._cipher.decrypt(nonce, text, "\0".join(bound).encode()).decode()
        except (InvalidTag, ValueError):
            return None

    def mark(self, *texts: str) -> str:
        """Give a hash of texts that tells nothing of them to whoever has no key."""
        packed = b"".join(len(text).to_bytes(4, "big") + text.encode() for text in texts)
        return hmac.digest(self._key, packed, "sha256").hex()


def _derived(key: bytes, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=32, salt=None, info=b"aggregator: " + purpose).derive(key)

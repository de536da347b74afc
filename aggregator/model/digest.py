"""The hash by which one state of a thing is told from another."""

import hashlib


def hexdigest(content: str | bytes, size: int = 16) -> str:
    """The BLAKE2b hash of ``size`` bytes, in hexadecimal digits; what UTF-8 cannot hold counts as ``?``."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return hashlib.blake2b(data, digest_size=size).hexdigest()

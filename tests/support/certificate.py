"""A certificate that nobody vouches for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed one for 127.0.0.1 and give its file and that of its key; skip without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subject += [
        "-addext",
        "keyUsage=critical,keyCertSign,digitalSignature",
    ]  # to trust it, Python 3.13 asks for it
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files],
        check=True,
        capture_output=True,
    )
    return certificate, key

"""A timestamp authority on loopback: openssl's, behind a small site."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.loopback import Answer, Received

CONFIGURATION = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = critical, CA:false
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
"""


class Authority:
    """Stamps what it is asked to; ``roots`` is the certificate in which its signatures end."""

    def __init__(self, folder: Path) -> None:
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("no openssl to stamp with (Debian: apt install openssl)")
        folder.mkdir(parents=True)
        self.folder = folder
        self.roots = folder / "root.pem"
        self.asked = 0
        self._openssl = openssl
        self._configuration = folder / "openssl.cnf"
        self._configuration.write_text(CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self._certify("root", "root", "/CN=A root")
        self._certify("tsa", "stamper", "/CN=A timestamp authority", "-CA", "root.pem", "-CAkey", "root.key")

    def answer(self, request: Received) -> Answer:
        """Answer a query, as a page of a site."""
        self.asked += 1
        query = self.folder / "query.tsq"
        query.write_bytes(request.body)
        self.run("ts", "-reply", "-queryfile", "query.tsq", "-config", "openssl.cnf", "-out", "reply.tsr")
        kind = {"content-type": "application/timestamp-reply"}
        return Answer((self.folder / "reply.tsr").read_bytes(), headers=kind)

    def run(self, *arguments: str) -> str:
        """Run openssl in the folder."""
        done = subprocess.run(
            [self._openssl, *arguments], check=True, capture_output=True, text=True, cwd=self.folder
        )
        return done.stdout

    def _certify(self, name: str, section: str, subject: str, *signed: str) -> None:
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        kind = ["-subj", subject, "-config", "openssl.cnf", "-extensions", section, *signed]
        with self._configuration.open("a") as configuration:
            configuration.write("[req]\ndistinguished_name = dn\n[dn]\n" if name == "root" else "")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", *files, *kind)

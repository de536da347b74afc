"""A bucket of S3 on 127.0.0.1: moto's server in a thread, and before it what goes wrong on the way to a real one."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any, Self
from urllib.parse import unquote

import pytest

NUMBERS = itertools.count(1)
PAGE_SIZE = 10
"""Objects on a page of a list; a real store gives a thousand."""
PAST_FAULTS = {
    "X-Past-Faults": "1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/s3/aws4_request",
}
Fault = Callable[[str, str], str]
"""Says what goes wrong with a request, by its method and path: "" (nothing), a status with the code of an error such as
"503 SlowDown", "lost" (it is confirmed and not done), or "cut" (the connection ends before the answer)."""


class BucketServer:
    """``with BucketServer(monkeypatch) as bucket``: the environment leads to it; ``bucket.address`` is an empty bucket."""

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        moto = pytest.importorskip("moto.server", reason="moto's server is not installed")
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, *args: Any) -> None:
                """Log nothing."""

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.name = f"bucket-{next(NUMBERS)}"
        self.fault: Fault = lambda method, path: ""
        self.requests: list[tuple[str, str]] = []
        self._app = moto.DomainDispatcherApplication(moto.create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.port}"
        for name, value in (
            ("AWS_ENDPOINT_URL", self.url),
            ("AWS_ACCESS_KEY_ID", "key-of-tests"),
            ("AWS_SECRET_ACCESS_KEY", "secret-of-tests"),
            ("AWS_REGION", "us-east-1"),
            ("MOTO_S3_DEFAULT_MAX_KEYS", str(PAGE_SIZE)),
        ):
            environment.setenv(name, value)

    @property
    def address(self) -> str:
        """The bucket's address in a configuration, with a prefix."""
        return f"s3://{self.name}/site"

    def make(self, name: str) -> None:
        """Make a bucket."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{name}", b"", method="PUT")).close()

    def get(self, key: str) -> tuple[bytes, dict[str, str]]:
        """The bytes of an object as it is stored, and its headers in lower case, read past the faults."""
        request = urllib.request.Request(f"{self.url}/{self.name}/{key}", headers=PAST_FAULTS)
        with urllib.request.urlopen(request) as answer:
            return answer.read(), {name.lower(): value for name, value in answer.headers.items()}

    def put(self, key: str, body: bytes) -> None:
        """Put an object as somebody else would."""
        request = urllib.request.Request(
            f"{self.url}/{self.name}/{key}", body, PAST_FAULTS | {"Content-Type": "text/plain"}, method="PUT"
        )
        urllib.request.urlopen(request).close()

    def written(self) -> list[str]:
        """The keys of the objects that were put so far, in their order."""
        start = f"/{self.name}/site/"
        return [
            path.removeprefix(start)
            for method, path in self.requests
            if method == "PUT" and path.startswith(start)
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        self.make(self.name)
        self.requests.clear()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"])
        if "HTTP_X_PAST_FAULTS" in environ:
            return self._app(environ, start)  # type: ignore[no-any-return]
        self.requests.append((method, path))
        fault = self.fault(method, path)
        if not fault:
            return self._app(environ, start)  # type: ignore[no-any-return]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault == "cut":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionError
        if fault == "lost":
            done = (
                b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>" if method == "POST" else b""
            )
            start("200 OK", [("ETag", '"lost"'), ("Content-Length", str(len(done)))])
            return [done]
        status, _, code = fault.partition(" ")
        body = f"<Error><Code>{code}</Code><Message>The store says {code}.</Message><AWSAccessKeyId>key-of-tests</AWSAccessKeyId></Error>"
        start(f"{status} {code}", [("Content-Length", str(len(body))), ("Content-Type", "application/xml")])
        return [b"" if method == "HEAD" else body.encode()]

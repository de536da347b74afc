"""HTTP/1.1 by uvicorn, with time limits for each client and a limit of connections.

Plain requests for files in memory are answered here at once; all others go through h11 and the app.

The subclass is held to uvicorn 0.34 to 0.54: it uses ``cycle``, ``conn``, ``flow``, ``connections``,
``server_state`` and ``STATUS_PHRASES`` of H11Protocol, and overrides ``handle_events``,
``on_response_complete`` and ``send_400_response``. tests/web/test_slow.py and test_at_once.py show whether a
later version still has them.
"""

import asyncio
import re
import sys
from dataclasses import dataclass
from typing import cast
from urllib.parse import unquote

import h11
from starlette.datastructures import Headers
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from aggregator.web.responses import SECURITY, Whole

MAX_HEAD_SIZE = 16384
"""Bytes of a request's first line and headers."""
MAX_SIZE_AT_ONCE = 256 * 1024
"""Bytes of a body that is handed to the system in one piece, whose send buffer holds as many."""
PLAIN = re.compile(
    rb"(GET|HEAD) (/[!->@-~]*)(?:\?[!-~]*)? HTTP/1\.1\r\n((?:[A-Za-z0-9-]++:[ -~]*+\r\n)++)\r\n"
)
"""A whole request that can be read in only one way, a part of what h11 accepts."""
HEADER = re.compile(rb"([A-Za-z0-9-]++): *+([ -~]*?) *\r\n")
SPECIAL = {b"connection", b"content-length", b"expect", b"transfer-encoding", b"upgrade"}
"""Headers of requests that go through h11, since more than the head decides what they mean."""
RESTING = {h11.CLIENT: h11.IDLE, h11.SERVER: h11.IDLE}
"""The states of both sides between two requests."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for clients, in seconds but for ``connections``."""

    head: float = 10.0
    """Until a request's head has arrived."""
    body: float = 30.0
    """Until its body has arrived."""
    stall: float = 60.0
    """Until a client has taken some ten kilobytes more of an answer."""
    linger: float = 2.0
    """How long a client may go on sending a request that was answered early.

    Closing a connection with unread bytes can lose the answer."""
    connections: int = 400
    """At the same time."""


class Protocol(H11Protocol):
    """One connection. Uvicorn limits only the time that it is idle after an answer."""

    limits = Limits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; when full, drop the connection that has waited longest without sending a request."""
        self._refused = False
        self._answered = False
        self._awaited: object = None
        self._since = self.loop.time()
        self._deadline: asyncio.TimerHandle | None = None
        self._stall_timer: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            others = cast("set[Protocol]", self.connections) - {self}
            waiting = [other for other in others if other._idle]
            if not waiting:
                self._refuse(503)
                return
            min(waiting, key=lambda other: other._since)._abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and cancel the timers."""
        for timer in (self._deadline, self._stall_timer):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take received bytes; those of a request that was refused are dropped."""
        if not self._refused and not self._answer_at_once(data):
            super().data_received(data)

    def handle_events(self) -> None:
        """Handle what was received, and set the time limit for what the client has to send next."""
        super().handle_events()
        self._expect()

    def on_response_complete(self) -> None:
        """The whole answer has been written, at least to the buffer."""
        self._answered = True
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch()
        self._expect()

    def pause_writing(self) -> None:
        """The buffer is full, since the client is slow or has stopped to read."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """The client reads again; the rest of the buffer gets a new time limit."""
        super().resume_writing()
        if self.transport.get_write_buffer_size():
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP, with the status of the h11 error that is being handled."""
        status = getattr(sys.exc_info()[1], "error_status_hint", 400)
        if self.cycle and not self.cycle.response_complete:
            # The app may still work at an answer, which can no longer be sent.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._refuse(status)

    def held(self, path: str, headers: Headers) -> Whole | None:
        """Give the answer to a GET of a decoded path that is in memory; servers with files override it."""
        return None

    def _answer_at_once(self, data: bytes) -> bool:
        """Answer a plain request for a file in memory; tell whether it was one, after all earlier ones."""
        if not self._rests or not (plain := _read_plain(data)):
            return False
        method, path, headers = plain
        found = self.held(path, headers)
        if not found or len(found.body) > MAX_SIZE_AT_ONCE:
            return False
        line, rest = found.head
        own = b"".join(b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(b"".join((line, own, rest)))
        if method == b"GET" and found.body:
            self.transport.write(found.body)  # by itself, so that it is not copied
        self.on_response_complete()
        return True

    @property
    def _rests(self) -> bool:
        """Whether nothing is under way: no request, no answer, no part of either."""
        if not self._idle or self.transport.get_write_buffer_size():
            return False
        return self.conn.states == RESTING and not self.conn.trailing_data[0]

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        """Set the time limit for what the client has to send next, once for each head, body and end."""
        theirs, part, seconds = self.conn.their_state, "", 0.0
        if self._refused:
            part, seconds = "end", self.limits.linger
        elif theirs is h11.SEND_BODY:
            part, seconds = ("end", self.limits.linger) if self._idle else ("body", self.limits.body)
        elif theirs is h11.IDLE and (not self._answered or self.conn.trailing_data[0]):
            part, seconds = "head", self.limits.head
        awaited = (part, self.cycle) if part else None
        if awaited == self._awaited:
            return
        if self._deadline:
            self._deadline.cancel()
        self._awaited = awaited
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(seconds, self._give_up) if part else None

    def _give_up(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0] and not self._refused:
            self._refuse(408)
        else:
            self._abort()

    def _watch(self) -> None:
        """Set the time limit in which the client has to take most of the buffer."""
        if self._stall_timer:
            self._stall_timer.cancel()
        self._stall_timer = self.loop.call_later(self.limits.stall, self._end_stall, self.cycle)

    def _end_stall(self, cycle: object) -> None:
        if not self.transport.get_write_buffer_size():
            return
        if cycle is self.cycle:
            self._abort()
        else:  # the client has sent another request since
            self._watch()

    def _refuse(self, status: int) -> None:
        """Answer instead of the app, if it has not begun to, and close the connection after ``linger``."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self._abort()
            return
        phrase = STATUS_PHRASES[status]
        body = b"%d %b\n" % (status, phrase)
        headers = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
        headers += [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            CLOSE_HEADER,
        ]
        head = h11.Response(status_code=status, headers=headers, reason=phrase)
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self._refused = True
        self.transport.write_eof()
        self.flow.resume_reading()
        self._expect()

    def _abort(self) -> None:
        self.connections.discard(self)  # not later, since the place is needed now
        self.transport.abort()


def _read_plain(data: bytes) -> tuple[bytes, str, Headers] | None:
    """Read a whole plain request: its method, its path decoded, and its headers; None for any other."""
    plain = PLAIN.fullmatch(data) if len(data) <= MAX_HEAD_SIZE else None
    if not plain:
        return None
    headers = [(name.lower(), value) for name, value in HEADER.findall(plain[3])]
    names = [name for name, value in headers if name != b"connection" or value.lower() != b"keep-alive"]
    if names.count(b"host") != 1 or not SPECIAL.isdisjoint(names):
        return None
    return plain[1], unquote(plain[2].decode()), Headers(raw=headers)

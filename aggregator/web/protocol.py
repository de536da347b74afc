"""HTTP/1.1 for strangers: uvicorn's own, with an end to its patience and to what one of them may take."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import cast

import h11
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from aggregator.web.responses import SECURITY

LARGEST_HEAD = 16384  # bytes of a request's first line and headers


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients get. ``head``, ``body``, ``stall`` and ``linger`` in seconds, ``connections`` at a time.

    A request's head and its body must be there within ``head`` and ``body``; who takes an answer must take
    some ten kilobytes of it within ``stall``; who was answered in the middle of a request may go on sending
    for ``linger``, since an answer can be lost where a connection ends with unread bytes.
    """

    head: float = 10.0
    body: float = 30.0
    stall: float = 60.0
    linger: float = 2.0
    connections: int = 400


class Protocol(H11Protocol):
    """One connection. uvicorn has a time limit for idle connections after an answer, and none before it."""

    limits = Limits()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and make room for it: of those who owe us a request, the one longest at it has to go."""
        self._refused = False
        self._owed: object = None
        self._since = self.loop.time()
        self._patience: asyncio.TimerHandle | None = None
        self._stalling: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            waiting = [
                one for one in cast("set[Protocol]", self.connections) if one is not self and one._idle
            ]
            if not waiting:
                self._refuse(503)
                return
            min(waiting, key=lambda one: one._since)._abort()
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        for timer in (self._patience, self._stalling):
            if timer:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a piece, or let it go by where the answer is a refusal already."""
        if not self._refused:
            super().data_received(data)

    def handle_events(self) -> None:
        """Read what came, and see what is still owed to us."""
        super().handle_events()
        self._expect()

    def on_response_complete(self) -> None:
        """An answer is under way as a whole."""
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch()
        self._expect()

    def pause_writing(self) -> None:
        """The client does not take what it asked for, or not yet."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """It takes it; what is left must go its way, too."""
        super().resume_writing()
        if self.transport.get_write_buffer_size():
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP: h11 tells why, in the error that is being handled."""
        status = getattr(sys.exc_info()[1], "error_status_hint", 400)
        if self.cycle and not self.cycle.response_complete:
            # Whoever works at an answer has nobody any more to give it to.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._refuse(status)

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        """Set the time limit for what the client owes us, once for each of its debts."""
        theirs, debt, seconds = self.conn.their_state, "", 0.0
        if self._refused:
            debt, seconds = "end", self.limits.linger
        elif theirs is h11.SEND_BODY:
            debt, seconds = ("end", self.limits.linger) if self._idle else ("body", self.limits.body)
        elif theirs is h11.IDLE and (self.cycle is None or self.conn.trailing_data[0]):
            debt, seconds = "head", self.limits.head
        owed = (debt, self.cycle) if debt else None
        if owed == self._owed:
            return
        if self._patience:
            self._patience.cancel()
        self._owed = owed
        self._since = self.loop.time()
        self._patience = self.loop.call_later(seconds, self._give_up) if debt else None

    def _give_up(self) -> None:
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0] and not self._refused:
            self._refuse(408)
        else:
            self._abort()

    def _watch(self) -> None:
        """Set the time limit for a client that reads: until it has taken most of what waits for it."""
        if self._stalling:
            self._stalling.cancel()
        self._stalling = self.loop.call_later(self.limits.stall, self._end_stall, self.cycle)

    def _end_stall(self, cycle: object) -> None:
        if not self.transport.get_write_buffer_size():
            return
        if cycle is self.cycle:
            self._abort()
        else:  # it has asked for more since
            self._watch()

    def _refuse(self, status: int) -> None:
        """Answer in place of the program, where nothing was answered yet, and hang up in a moment."""
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
        self.connections.discard(self)  # at once: its place is needed
        self.transport.abort()

"""Heads of answers: header lines that browsers and curl bear, made such that h11 bears them, too.

One odd line would cost the whole answer. RFC 9112, section 5.1, lets a client take a blank before the colon
away; what has no colon, or a name that is none, says nothing that we need.
"""

import re

MAX_HEAD_SIZE = 100 * 1024  # bytes; more than that h11 takes for no head, so it is given on as it is

_END = re.compile(rb"\n\r?\n")
_ORDINARY = re.compile(rb"[^\r\n]*+\r\n(?:[-!#$%&'*+.^_`|~0-9a-zA-Z]++:[\t\x20-\x7e\x80-\xff]*+\r\n)*+\r\n")
_NAME = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_CONTROLS = bytes({*range(32), 127} - {9})
_BEGIN = b"HTTP/"
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d\b")


class HeadMender:
    """Takes the bytes of one answer as they come; gives them on once its head is whole and mended."""

    def __init__(self) -> None:
        self._held = b""
        self._in_head = True

    @property
    def waits(self) -> bool:
        """Whether bytes are held back since the head goes on."""
        return self._in_head

    def feed(self, data: bytes) -> bytes:
        """Return what may be given on; without ``data``, which is the end, all that is held."""
        if not self._in_head:
            return data
        # What was searched before is not searched again, however slowly the head comes.
        start = max(len(self._held) - 3, 0)
        self._held += data
        if not self._held.startswith(_BEGIN[: len(self._held)]):
            self._in_head = False  # Something else is spoken here, such as SOCKS with a proxy.
        mended = b""
        while self._in_head and (end := _END.search(self._held, start)):
            start = 0
            head, self._held = self._held[: end.end()], self._held[end.end() :]
            mended += _mend(head)
            if not _INTERIM.match(head):
                break
        else:
            if self._in_head and data and len(self._held) <= MAX_HEAD_SIZE:
                return mended
        self._in_head = False
        rest, self._held = self._held, b""
        return mended + rest


def _mend(head: bytes) -> bytes:
    if _ORDINARY.fullmatch(head):
        return head
    status, *lines = head.split(b"\n")
    kept = [line for line in map(_mend_line, lines) if line is not None]
    return b"\n".join([status, *kept])


def _mend_line(line: bytes) -> bytes | None:
    """Give a header line as h11 takes it; None where it is none. Blank and folded lines stay."""
    if not line.strip() or line[:1] in (b" ", b"\t"):
        return line
    name, colon, value = line.partition(b":")
    name = name.rstrip(b" \t")
    if not colon or not _NAME.fullmatch(name):
        return None
    return name + colon + value.translate(None, _CONTROLS) + (b"\r" if line.endswith(b"\r") else b"")

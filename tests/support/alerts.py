"""Mail servers and receivers for tests of alerts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any

from aiosmtpd.controller import Controller

from aggregator.publish.alerts import Teller
from aggregator.settings import Mail, Network, Receiver, Rule
from tests.support.posts import Press

TICK = timedelta(microseconds=1)
NETWORK = Network(allow_private=("127.0.0.0/8",), delay=timedelta(0))


class Box:
    """A mailbox that keeps what an SMTP server got."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse = False
        self.unknown = ""
        """An address that is refused."""
        self.hold: Callable[[], object] = bool
        """What is waited for before a mail is taken."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take one whom a mail is for."""
        if address == self.unknown:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail, or refuse it for now."""
        if self.refuse:
            return "451 come back later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        await asyncio.to_thread(self.hold)
        self.mails.append(mail)
        return "250 kept"


@contextmanager
def a_mail_server(box: Box | None = None, **said: Any) -> Iterator[tuple[Box, Mail]]:
    """Run one; what is said goes to aiosmtpd's controller."""
    box = box or Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, **said)
    controller.start()
    try:
        yield box, Mail(host="127.0.0.1", port=port, sender="news@example.org", tls="none")
    finally:
        controller.stop()


def tell(press: Press, now: datetime) -> int:
    """Tell what is due at a time, by a clock that goes on as clocks do."""
    ticks = count()

    async def run() -> int:
        async with press.app.fetcher(lambda: now) as fetcher:
            documents = press.publisher.documents
            teller = Teller(press.app.config, press.store, documents, lambda: now + next(ticks) * TICK)
            try:
                return await teller.tell(fetcher)
            finally:
                # Where one receiver's call dies, the others go on to theirs: none ends anywhere between.
                if others := asyncio.all_tasks() - {asyncio.current_task()}:
                    await asyncio.wait(others)

    press.publish()
    return asyncio.run(run())


def alerts(url: str, query: str = "recall", **receiver: Any) -> dict[str, Any]:
    """A rule and its receiver."""
    return {
        "network": NETWORK,
        "receivers": (Receiver(name="desk", url=url, **receiver),),
        "rules": (Rule(name="recalls", query=query, on=("new", "changed"), tell=("desk",)),),
    }

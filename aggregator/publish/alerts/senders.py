"""Ways to send a message to a receiver: mail, a webhook, Apprise."""

import asyncio
import hashlib
import hmac
import json
import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import make_msgid
from functools import partial
from typing import Protocol
from urllib.parse import unquote, urlsplit

import structlog

from aggregator.errors import FetchError, TellError
from aggregator.fetch import Asks
from aggregator.fetch.secrets import reveal
from aggregator.model import Fetched, Request
from aggregator.render.message import Message
from aggregator.settings import Config, Mail, Receiver
from aggregator.settings.access import Access, Hidden
from aggregator.text.text import fold

log = structlog.get_logger()
# What Apprise logs stands in the reason why a receiver cannot be told.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False

SMTP_TIMEOUT = 30.0
"""Seconds for each step of a conversation with a mail server."""


class Sender(Protocol):
    """Sends messages to one receiver."""

    tells_twice: bool
    """Whether a message that is sent again, with the same key, is told again."""

    async def send(self, message: Message, key: str) -> None:
        """Send a message; ``key`` is the same whenever it is sent again. Raises TellError."""


def sender_for(receiver: Receiver, config: Config, fetcher: Asks) -> Sender:
    """Return what sends to a receiver. Raises TellError where its address cannot be had, or is none."""
    address = _reveal(receiver.url, f'receiver "{receiver.name}" url')
    try:
        parts = urlsplit(address)
    except ValueError as exc:
        raise TellError(f"its address is none: {exc}") from exc
    if parts.scheme == "mailto":
        if config.mail is None:
            raise TellError("needs [mail], with the server that sends it")
        return MailSender(config.mail, unquote(parts.path))
    if parts.scheme in ("http", "https"):
        return WebhookSender(address, receiver, fetcher)
    return AppriseSender(address, config.site.title)


def address_fault(receiver: Receiver) -> str:
    """Say what is wrong with an address of Apprise that is no secret; "" for nothing."""
    if not isinstance(receiver.url, str) or receiver.url.partition(":")[0] in ("mailto", "http", "https"):
        return ""
    try:
        AppriseSender(receiver.url, "")
    except TellError as exc:
        return str(exc)
    return ""


class MailSender:
    """Sends mail by SMTP, as text and HTML; the Message-ID is the same whenever it is sent again."""

    tells_twice = True

    def __init__(self, settings: Mail, to: str) -> None:
        self._settings = settings
        self._to = to

    async def send(self, message: Message, key: str) -> None:
        """Send a mail, in a thread. Raises TellError."""
        mail = EmailMessage()
        mail["Subject"] = message.subject
        mail["From"] = self._settings.sender
        try:
            mail["To"] = self._to
        except ValueError as exc:
            raise TellError(f"its address is none: {exc}") from exc
        domain = self._settings.sender.partition("@")[2]
        mail["Message-ID"] = f"<{key}@{domain}>" if key else make_msgid(domain=domain)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from those on holiday
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        try:
            await asyncio.to_thread(self._deliver, mail)
        except (OSError, smtplib.SMTPException) as exc:
            raise TellError(_explain(exc)) from exc

    def _deliver(self, mail: EmailMessage) -> None:
        settings = self._settings
        context = ssl.create_default_context()
        connect = partial(smtplib.SMTP_SSL, context=context) if settings.tls == "implicit" else smtplib.SMTP
        with connect(settings.host, settings.port, timeout=SMTP_TIMEOUT) as server:
            if settings.tls == "starttls":
                server.starttls(context=context)
            if settings.user:
                user, password = (
                    _reveal(value, f"[mail] {key}")
                    for key, value in (("user", settings.user), ("password", settings.password))
                )
                server.login(user, password)
            if refused := server.send_message(mail):
                log.warning("a mail was refused for some of those whom it is for", refused=[*refused])


class WebhookSender:
    """Posts JSON, signed by HMAC-SHA256 where there is a secret, with a key that a repetition has, too."""

    tells_twice = False

    def __init__(self, address: str, receiver: Receiver, fetcher: Asks) -> None:
        self._address = address
        self._receiver = receiver
        self._fetcher = fetcher

    async def send(self, message: Message, key: str) -> None:
        """Post a message. Raises TellError, also for an answer of 200 that says it is an error."""
        body = message.json
        headers: dict[str, str] = {"Idempotency-Key": key} if key else {}
        if self._receiver.secret:
            secret = _reveal(self._receiver.secret, f'receiver "{self._receiver.name}" secret')
            signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
            headers["X-Aggregator-Signature"] = f"sha256={signature}"
        host = urlsplit(self._address).hostname or ""
        access = Access(hosts=(host,), headers=dict(headers))
        request = Request(
            self._address, method="POST", body=body.encode(), media_type="application/json", once=True
        )
        try:
            answer = await self._fetcher.fetch(request, access)
        except FetchError as exc:
            raise TellError(exc.reason, exc.retry_after) from exc  # the address may be a secret
        if isinstance(answer, Fetched) and (fault := _fault_in(answer.body)):
            raise TellError(f"it answers {answer.status}, and says {fault!r:.200}")


class AppriseSender:
    """Sends by Apprise, which knows the addresses of a hundred services."""

    tells_twice = True

    def __init__(self, address: str, title: str) -> None:
        try:
            import apprise
        except ImportError:
            raise TellError("needs Apprise: `pip install aggregator[alerts]`") from None
        # Services put the name into headers.
        asset = apprise.AppriseAsset(app_id=title if title.isascii() else "aggregator", async_mode=False)
        asset.http_redirects = False  # it has none of our guards
        self._service = apprise.Apprise(asset=asset)
        if not self._service.add(address):
            raise TellError("is no address that Apprise knows")

    async def send(self, message: Message, key: str) -> None:
        """Send a message, in a thread. Raises TellError."""
        try:
            sent = await asyncio.to_thread(self._service.notify, body=message.text, title=message.subject)
        except Exception as exc:
            raise TellError(f"Apprise fails: {exc}") from exc
        if not sent:
            reason = fold(" ".join(entry.message for entry in sent.logs()))
            raise TellError(f"Apprise says: {reason:.300}" if reason else "Apprise could not tell it")


def _fault_in(body: bytes) -> str:
    """Return what an answer in JSON says is wrong, "" for nothing: chats answer 200 to what they refuse."""
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), 0)
    wrong = isinstance(code, int) and code not in (0, 200)
    refused = said.get("ok") is False or bool(said.get("error")) or wrong
    words = next((said[name] for name in ("errmsg", "error", "msg", "message") if said.get(name)), said)
    return str(words) if refused else ""


def _explain(error: Exception) -> str:
    match error:
        case smtplib.SMTPResponseException():
            code, words = error.smtp_code, error.smtp_error
        case smtplib.SMTPRecipientsRefused() if error.recipients:
            code, words = next(iter(error.recipients.values()))
        case _:
            return f"the mail server: {getattr(error, 'strerror', None) or error}"
    return (
        f"the mail server says {code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    )


def _reveal(value: Hidden, key: str) -> str:
    try:
        return reveal(value, key, "")
    except FetchError as exc:
        raise TellError(exc.reason) from None

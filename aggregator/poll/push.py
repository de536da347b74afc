"""Pushes from the hubs of sources (W3C WebSub): subscribed to, verified, read as answers of their sources."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

import structlog

from aggregator.errors import AggregatorError, BusyError, FetchError
from aggregator.model import Fetched, Outcome, Request
from aggregator.poll.leases import Leases
from aggregator.poll.tools import Tools
from aggregator.poll.visit import poll
from aggregator.settings import Config
from aggregator.store import Push

LEASE_TIME = timedelta(days=10)  # the lease that we ask a hub for
MAX_LEASE_TIME = timedelta(days=30)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=10), timedelta(days=1)
"""Time that a hub has to ask back; then it is asked again, and has twice as long, up to the second."""
MAX_WAITING = 32 * 1024**2  # bytes of pushes that are yet to be read; visits bring what is beyond
ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})
NONCE_LENGTH = 32  # characters of secrets.token_urlsafe(24)

log = structlog.get_logger()


class Subscriber:
    """Keeps the subscriptions of a configuration's sources with their hubs, and reads what these push.

    ``on_outcome`` gets what came of each push.
    """

    def __init__(
        self,
        config: Config,
        leases: Leases,
        tools: Tools,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._config = config
        self._leases = leases
        self._tools = tools
        self._store = tools.store
        self._clock = tools.clock
        self._on_outcome = on_outcome
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._refused: set[str] = set()
        self._known_key = b""

    @property
    def largest(self) -> int:
        """How many bytes a push may have."""
        return self._config.network.max_size

    async def renew(self) -> None:
        """Renew the subscriptions that end soon, and end those that nobody wants any more."""
        store = self._store
        if not self._known_key and not await asyncio.to_thread(store.pushed_sources):
            return
        await asyncio.to_thread(self._key)
        wanted = self._wanted()
        for push in await asyncio.to_thread(store.due_pushes, self._clock(), wanted):
            wait = min(FIRST_RETRY * (1 << min(push.attempts, 10)), LAST_RETRY)
            status = push.status if push.status == "active" else "asked"
            # It is noted first, since the hub may ask back before it answers.
            await asyncio.to_thread(
                store.set_push,
                push.source,
                status=status,
                attempts=push.attempts + 1,
                retry_at=self._clock() + wait,
            )
            await self._ask(push, "subscribe")
        for push in await asyncio.to_thread(store.orphaned_pushes, wanted):
            await asyncio.to_thread(store.set_push, push.source, status="offered", expires=None)
            await self._ask(push, "unsubscribe")

    def verify(self, token: str, query: Mapping[str, str]) -> str | None:
        """Answer a hub that verifies our intent (5.3): give its challenge, or None where we did not ask."""
        store, now = self._store, self._clock()
        push = self._find(token)
        mode = query.get("hub.mode", "")
        if push is None or query.get("hub.topic") != push.topic:
            return None
        if mode == "denied":
            log.info("its hub refuses us", source=push.source, reason=query.get("hub.reason", ""))
            store.set_push(push.source, status="denied", retry_at=now + LAST_RETRY)
            return ""
        wanted = push.source in self._wanted()
        challenge = query.get("hub.challenge")
        if mode == "subscribe" and wanted and push.status in ("asked", "active") and challenge:
            lease = _lease_time(query.get("hub.lease_seconds", ""))
            store.set_push(
                push.source,
                status="active",
                attempts=0,
                expires=now + lease,
                retry_at=now + lease - min(lease / 4, timedelta(hours=6)),
            )
            return challenge
        if mode == "unsubscribe" and (not wanted or push.status == "offered"):
            return challenge
        return None

    def expected(self, token: str) -> str | None:
        """Give the source for which a push may come to a callback, if there is one."""
        push = self._find(token)
        return push.source if push and push.status == "active" else None

    async def take(self, token: str, signature: str, content_type: str, body: bytes) -> None:
        """Take a push to be read soon.

        A push with a wrong signature is dropped, without telling its sender (8.1).
        """
        push = await asyncio.to_thread(self._find, token)
        if push is None:
            return
        if not await asyncio.to_thread(is_signed, self._secret(push), signature, body):
            if push.source not in self._refused:
                self._refused.add(push.source)
                log.info("a push without a right signature", source=push.source)
        elif self._waiting + len(body) > MAX_WAITING:
            await asyncio.to_thread(self._store.make_due, [push.source], self._clock())
        else:
            self._waiting += len(body)
            task = asyncio.create_task(self._read(push, content_type, body))
            self._tasks.add(task)
            task.add_done_callback(partial(self._finish, len(body)))

    async def finish(self) -> None:
        """Wait until what was pushed is read."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Cancel what is being read; polls bring it again."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, push: Push, content_type: str, body: bytes) -> None:
        source = self._config.source(push.source)
        if source is None:
            return
        answer = Fetched(push.topic, 200, {"content-type": content_type}, body)
        try:
            async with self._leases.hold(source, self._clock) as lease:
                if lease.state.paused:
                    return  # the first visit after the pause finds it in the list
                outcome = await poll(source, lease, self._tools, push=answer)
        except BusyError:
            await asyncio.to_thread(self._store.make_due, [source.name], self._clock())
        except AggregatorError as exc:
            log.error("cannot keep what was pushed", source=push.source, reason=str(exc))
        else:
            self._on_outcome(outcome)

    def _finish(self, size: int, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._waiting -= size

    async def _ask(self, push: Push, mode: str) -> None:
        form = {
            "hub.callback": f"{self._config.site.root}/websub/{self._token(push)}",
            "hub.mode": mode,
            "hub.topic": push.topic,
            "hub.lease_seconds": str(int(LEASE_TIME.total_seconds())),
            "hub.secret": self._secret(push),
        }
        try:
            await self._tools.fetcher.fetch(Request(push.hub, method="POST", body=urlencode(form)))
        except FetchError as exc:
            # The hub may have redirected to an address that repeats what we sent.
            reason = str(exc).replace(form["hub.secret"], "…").replace(self._token(push), "…")
            log.info("its hub does not answer", source=push.source, reason=reason)

    def _find(self, token: str) -> Push | None:
        """Find the subscription to which a callback belongs, if we made it."""
        push = self._store.find_push(token[:NONCE_LENGTH])
        right = push is not None and hmac.compare_digest(self._token(push).encode(), token.encode())
        return push if right else None

    def _token(self, push: Push) -> str:
        return push.nonce + self._derive("callback", push)

    def _secret(self, push: Push) -> str:
        return self._derive("secret", push)

    def _derive(self, what: str, push: Push) -> str:
        """Derive a token from the key, so that the database, which may leak, does not hold it."""
        digest = hmac.digest(self._key(), f"{what} {push.nonce}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _key(self) -> bytes:
        """Give the key of this database. Raises StoreError."""
        if not self._known_key:
            shared = self._config.cluster is not None
            self._known_key = self._store.key(self._config.storage.key, self._clock(), shared=shared)
        return self._known_key

    def _wanted(self) -> set[str]:
        config = self._config
        if not config.websub.subscribe or config.server is None:
            return set()
        return {source.name for source in config.sources}


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """Tell whether a body is signed with a secret: ``X-Hub-Signature: sha256=…`` (WebSub, 8)."""
    method, _, digest = signature.strip().partition("=")
    if method.lower() not in ALGORITHMS or not digest.isascii():
        return False
    ours = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(ours, digest.lower())


def _lease_time(seconds: str) -> timedelta:
    """Give the time that a hub grants; where it does not say, the time that we asked for."""
    if not (seconds.isascii() and seconds.isdecimal()):
        return LEASE_TIME
    return min(max(timedelta(seconds=int(seconds[:9])), timedelta(seconds=1)), MAX_LEASE_TIME)

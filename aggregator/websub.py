"""Pushes from the hubs of sources (W3C WebSub): asked for, verified, read as an answer of their source."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import structlog

from aggregator.app import LEASE, App
from aggregator.errors import AggregatorError, FetchError
from aggregator.fetch import Fetcher
from aggregator.model import Fetched, Outcome, Request
from aggregator.poll import poll
from aggregator.store import Push

WANTED = timedelta(days=10)
LONGEST = timedelta(days=30)
# A hub that has not asked back by then is asked again, later each time.
PATIENCE, RARELY = timedelta(minutes=10), timedelta(days=1)
WAITING = 200  # pushes at a time; polls bring what is beyond
TRIES, PAUSE = 20, 3.0  # for a source that is being polled just now
ALGORITHMS = frozenset({"sha1", "sha256", "sha384", "sha512"})

log = structlog.get_logger()


class Subscriber:
    """Holds the leases of a configuration's sources with their hubs, and takes what these push.

    ``on_outcome`` gets what came of each push.
    """

    def __init__(
        self,
        app: App,
        fetcher: Fetcher,
        clock: Callable[[], datetime],
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._app = app
        self._fetcher = fetcher
        self._clock = clock
        self._on_outcome = on_outcome
        self._tasks: set[asyncio.Task[None]] = set()
        self._refused: set[str] = set()

    @property
    def largest(self) -> int:
        """How many bytes a push may have."""
        return self._app.config.network.max_size

    async def renew(self) -> None:
        """Ask for the leases that are due, and give those back that nobody wants any more."""
        store = self._app.store
        wanted = self._wanted()
        for push in await asyncio.to_thread(store.due_pushes, self._clock(), wanted):
            wait = min(PATIENCE * (1 << min(push.attempts, 10)), RARELY)
            status = push.status if push.status == "active" else "asked"
            # Noted first: the hub may ask back before it answers.
            await asyncio.to_thread(
                store.set_push,
                push.source,
                status=status,
                attempts=push.attempts + 1,
                retry_at=self._clock() + wait,
            )
            await self._ask(push, "subscribe")
        for push in await asyncio.to_thread(store.strange_pushes, wanted):
            await asyncio.to_thread(store.set_push, push.source, status="offered", expires=None)
            await self._ask(push, "unsubscribe")

    def verify(self, token: str, said: Mapping[str, str]) -> str | None:
        """Answer a hub that asks whether we meant it (5.3): the challenge, or None where we did not."""
        store, now = self._app.store, self._clock()
        push = store.find_push(token)
        mode = said.get("hub.mode", "")
        if push is None or said.get("hub.topic") != push.topic:
            return None
        if mode == "denied":
            log.warning("its hub refuses us", source=push.source, reason=said.get("hub.reason", ""))
            store.set_push(push.source, status="denied", retry_at=now + RARELY)
            return ""
        wanted = push.source in self._wanted()
        challenge = said.get("hub.challenge")
        if mode == "subscribe" and wanted and push.status in ("asked", "active") and challenge:
            lease = _lease(said.get("hub.lease_seconds", ""))
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

    def take(self, token: str, signature: str, content_type: str, body: bytes) -> bool:
        """Take a push to be read soon; False where nobody expects one here.

        One without a right signature is left unread, without telling its sender (8.1).
        """
        push = self._app.store.find_push(token)
        if push is None or push.status != "active":
            return False
        if not is_signed(push.secret, signature, body):
            if push.source not in self._refused:
                self._refused.add(push.source)
                log.warning("a push without a right signature", source=push.source)
            return True
        if len(self._tasks) < WAITING:
            task = asyncio.get_running_loop().create_task(self._read(push, content_type, body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        """Leave what is being read; polls bring it again."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, push: Push, content_type: str, body: bytes) -> None:
        app = self._app
        source = app.config.source(push.source)
        if source is None:
            return
        try:
            for _ in range(TRIES):
                state = await asyncio.to_thread(app.store.claim, source.name, self._clock(), app.owner, LEASE)
                if state:
                    break
                await asyncio.sleep(PAUSE)
            else:
                await asyncio.to_thread(app.store.make_due, [source.name], self._clock())
                return
            answer = Fetched(push.topic, 200, {"content-type": content_type}, body)
            outcome = await poll(
                source, state, app.store, self._fetcher, self._clock, app.owner, given=answer
            )
        except AggregatorError as exc:
            log.error("cannot keep what was pushed", source=push.source, reason=str(exc))
            await asyncio.to_thread(app.store.release, push.source, app.owner)
        else:
            self._on_outcome(outcome)

    async def _ask(self, push: Push, mode: str) -> None:
        said = {
            "hub.callback": f"{self._app.config.site.root}/websub/{push.token}",
            "hub.mode": mode,
            "hub.topic": push.topic,
            "hub.lease_seconds": str(int(WANTED.total_seconds())),
            "hub.secret": push.secret,
        }
        try:
            await self._fetcher.fetch(Request(push.hub, method="POST", body=urlencode(said)))
        except FetchError as exc:
            log.info("its hub does not answer", source=push.source, reason=str(exc))

    def _wanted(self) -> set[str]:
        config = self._app.config
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


def _lease(said: str) -> timedelta:
    """How long a hub grants; what it does not say is what we asked for."""
    if not (said.isascii() and said.isdecimal()):
        return WANTED
    return min(max(timedelta(seconds=int(said[:9])), timedelta(seconds=1)), LONGEST)

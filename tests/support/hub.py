"""A WebSub hub on loopback: it asks subscribers back, signs what it distributes, and notes what it is told."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl

import httpx

from tests.support.loopback import Answer, Received
from tests.support.workplace import PATIENCE


@dataclass
class Subscription:
    """Who wants a topic: where it is pushed, and what signs it."""

    callback: str
    topic: str
    secret: str


class Hub:
    """What a hub does, as a page of a loopback site: give ``hub.receive`` to it."""

    def __init__(self, *, lease: int = 3600, down: bool = False, asks_back: bool = True) -> None:
        self.lease = lease
        self.down = down
        self.asks_back = asks_back
        self.subscriptions: list[Subscription] = []
        self.left: list[str] = []
        self.told: list[str] = []
        self.answers: list[tuple[int, str]] = []

    def receive(self, request: Received) -> Answer:
        """Take a request to subscribe, to unsubscribe or to publish."""
        if self.down:
            return Answer(b"down", status=500)
        said = dict(parse_qsl(request.body.decode()))
        if said["hub.mode"] == "publish":
            self.told += parse_qs(request.body.decode())["hub.url"]
            return Answer(b"", status=204)
        if self.asks_back:
            self.ask_back(said)
        return Answer(b"", status=202)

    def ask_back(self, said: Mapping[str, str]) -> None:
        """Verify the intent of a subscriber (5.3)."""
        asked = {
            "hub.mode": said["hub.mode"],
            "hub.topic": said["hub.topic"],
            "hub.challenge": "a challenge",
            "hub.lease_seconds": str(self.lease),
        }
        answer = httpx.get(said["hub.callback"], params=asked, trust_env=False, timeout=PATIENCE)
        self.answers.append((answer.status_code, answer.text))
        if (answer.status_code, answer.text) == (200, "a challenge"):
            if said["hub.mode"] == "subscribe":
                self.subscriptions.append(
                    Subscription(said["hub.callback"], said["hub.topic"], said["hub.secret"])
                )
            else:
                self.left.append(said["hub.topic"])

    def push(self, body: bytes, *, method: str = "sha256", signature: str | None = None) -> int:
        """Distribute a body to the newest subscriber; give the status of its answer."""
        to = self.subscriptions[-1]
        signed = hmac.new(to.secret.encode(), body, getattr(hashlib, method)).hexdigest()
        headers = {"Content-Type": "application/rss+xml", "X-Hub-Signature": f"{method}={signed}"}
        if signature is not None:
            headers["X-Hub-Signature"] = signature
        return httpx.post(
            to.callback, content=body, headers=headers, trust_env=False, timeout=PATIENCE
        ).status_code

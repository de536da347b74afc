"""A process that fetches pages of a host, and shares it with others through a database: `python -m …`."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.fetch import Fetcher, Services
from aggregator.model import Request
from aggregator.poll import shared_hosts
from aggregator.settings import Access
from aggregator.store import DatabaseClock, Store
from tests.support.fetching import limited


async def fetch_pages(store: Store, url: str, pages: int, lease: float) -> None:
    """Fetch some pages one after the other, as a poll does."""
    services = Services(hosts=replace(shared_hosts(store), lease=lease))
    async with Fetcher(limited(), user_agent="tests", services=services) as fetcher:
        for number in range(pages):
            await fetcher.fetch(Request(f"{url}/{number}"), Access(hosts=(), robots="obey"))


def main() -> None:
    """Do so, and say first how far this machine's clock is ahead of the database's, in seconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("url")
    parser.add_argument("pages", type=int)
    parser.add_argument("lease", type=float)
    asked = parser.parse_args()
    with Store.open(asked.database) as store:
        print(round(DatabaseClock(store, lambda: datetime.now(UTC)).offset.total_seconds()), flush=True)
        asyncio.run(fetch_pages(store, asked.url, asked.pages, asked.lease))


if __name__ == "__main__":
    main()

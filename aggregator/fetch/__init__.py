"""The one room that asks other people's servers: one polite, safe HTTP exchange at a time."""

from aggregator.fetch.fetcher import Fetcher

__all__ = ["Fetcher"]

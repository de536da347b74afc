"""The body of an article on a page for which nobody has said where it is."""

from aggregator.content.body.find import Body, find_body

__all__ = ["Body", "find_body"]

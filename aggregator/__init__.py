"""Turns any news site into something you can subscribe to, keep and trust."""

__version__ = "0.1.0"

"""Bytes to text: the charset of a page, a JSON answer or a plain file, and what it says in characters."""

from aggregator.text.charset.decoder import Text, decode, read_text

"""Bytes to text: what a page, a JSON answer or a plain file says in characters."""

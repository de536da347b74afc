"""Sets of HTML elements that several rooms tell apart."""

from __future__ import annotations

BLOCKS = frozenset(
    "address article aside blockquote center details dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6"
    " header hr li main ol p pre section summary table ul".split()
)
TABLES = frozenset("caption col colgroup table tbody td tfoot th thead tr".split())

"""Turns any news site into something you can subscribe to, keep and trust."""

import sys

__version__ = "0.1.0"

# Parts of libraries that load others where those are there, and that nothing here uses: httpx's command line
# (rich, pygments, click), and beautifulsoup4's builder over html5lib. They cost a process 0.1 s and 8 MB.
for _unused in ("httpx._main", "bs4.builder._html5lib"):
    sys.modules.setdefault(_unused, None)  # type: ignore[arg-type]

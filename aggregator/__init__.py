"""Turns any news site into something you can subscribe to, keep and trust."""

import sys

__version__ = "0.1.0"

# Parts of libraries that load others where those are there, and that nothing here uses: httpx's command line
# (rich, pygments, click), beautifulsoup4's builder over html5lib, and mako's colours (pygments; alembic loads
# mako). They cost a process 0.1 s and 8 MB.
for _unused in ("httpx._main", "bs4.builder._html5lib", "mako.ext.pygmentplugin"):
    sys.modules.setdefault(_unused, None)  # type: ignore[arg-type]

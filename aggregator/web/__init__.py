"""What browsers and readers ask: the output over HTTP, and how the program does."""

from aggregator.web.callbacks import callback_routes
from aggregator.web.protocol import Limits
from aggregator.web.routes import Health, build_app
from aggregator.web.search import search_routes
from aggregator.web.server import Server, bind

__all__ = ["Health", "Limits", "Server", "bind", "build_app", "callback_routes", "search_routes"]

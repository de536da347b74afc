"""The web server: the output over HTTP, searches, callbacks of hubs, and the health of the program."""

from aggregator.web.callbacks import callback_routes
from aggregator.web.private import private_routes
from aggregator.web.protocol import Limits
from aggregator.web.routes import Health, WebApp, build_app
from aggregator.web.search import search_routes
from aggregator.web.server import Server, bind, bind_file

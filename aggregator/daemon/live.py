"""What one configuration brings to life: the fetcher, the subscriptions with hubs, and the web app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from aggregator.app import App
from aggregator.daemon.controls import DaemonHandle, OperatorControls
from aggregator.daemon.report import Reporter
from aggregator.poll import Tools
from aggregator.poll.push import Subscriber
from aggregator.publish import admit
from aggregator.web import Health, WebApp, build_app, callback_routes, private_routes, search_routes
from aggregator.web.api import api_routes
from aggregator.web.finder import Finder
from aggregator.web.metrics import Load, Stock, metrics_route
from aggregator.web.objects import files_of
from aggregator.web.operator import operator_access
from aggregator.web.status import StatusOverview, StatusSite, operator_app

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Live:
    """The parts that belong together; a reload puts another one in its place.

    Whoever works with several of them takes the whole value once, so that they are of one configuration.
    """

    app: App
    tools: Tools
    subscriber: Subscriber
    web: WebApp
    operator: WebApp
    """What answers on the operator's own listener."""

    async def aclose(self) -> None:
        """Cancel pushes that are being read, which polls bring again, and close connections."""
        await self.subscriber.close()
        await self.tools.aclose()


def bring_to_life(
    app: App,
    clock: Callable[[], datetime],
    reporter: Reporter,
    health: Callable[[], Health],
    daemon: DaemonHandle,
) -> Live:
    """Build the parts of a configuration."""
    tools = app.tools(clock, observe=reporter.observe)
    subscriber = Subscriber(app.config, app.leases, tools, lambda outcome: reporter.take(outcome, clock()))
    finder = Finder(app.config.site, app.store, app.publisher.documents)
    readers, refused = admit(app.config.readers)
    for name, reason in refused.items():
        log.error("a reader is shown nothing", reader=name, reason=reason)
    site, own = (files_of(app.config.output, name, app.publisher.folders) for name in ("site", "private"))
    private = private_routes(app.private(), readers, site, own) if readers else []
    access = operator_access(app.config.operator)
    overview = StatusOverview(app.config, app.store, clock)
    pages = app.status_pages()
    status = StatusSite(overview, pages, access)

    def load() -> Load:
        memory = app.workers.memory
        return Load(daemon.polling(), app.workers.backlog, len(memory), sum(memory))

    per_source = app.config.daemon.metrics_per_source
    stock = Stock(app.store, load, clock, overview.cluster, per_source=per_source)
    metrics = metrics_route([reporter.metrics.registry, stock], access)
    api = api_routes(app, access, clock)
    web = build_app(
        site,
        health=health,
        removed=app.store.is_removed,
        more=[
            metrics,
            *search_routes(finder),
            *callback_routes(subscriber),
            *private,
            *status.routes(),
            *api,
        ],
        # Addresses of our own pages hold the path of [site] url, also where no proxy takes it off.
        mount=urlsplit(app.config.site.root).path,
    )
    controls = OperatorControls(app, clock, daemon)
    operator = operator_app(StatusSite(overview, pages, access, forms=True), controls)
    return Live(app, tools, subscriber, web, operator)

"""The pages of the operator: how all sources do, and how one does."""

from aggregator.web.status.overview import Overview
from aggregator.web.status.routes import status_routes

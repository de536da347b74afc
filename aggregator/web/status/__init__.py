"""The pages of the operator: how all sources do, and how one does; and what the operator may do."""

from aggregator.web.status.actions import operator_app
from aggregator.web.status.controls import Controls, Planned, StaleError, state_seen
from aggregator.web.status.overview import StatusOverview
from aggregator.web.status.routes import StatusSite

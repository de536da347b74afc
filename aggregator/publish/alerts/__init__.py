"""What rules match is told where people are: by mail, webhooks, and what Apprise knows."""

from aggregator.publish.alerts.teller import Teller

__all__ = ["Teller"]

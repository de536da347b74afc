"""What programs ask: articles and what happened to them, over HTTP, in files, and by tools of MCP."""

from aggregator.web.api.lazy import api_routes

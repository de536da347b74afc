"""The extractor of an article's body from a page for which no selector is configured."""

from aggregator.content.body.find import Body, find_body

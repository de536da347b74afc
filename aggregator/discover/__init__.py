"""Discovery: what an address is, sources added to the configuration, previews, and OPML."""

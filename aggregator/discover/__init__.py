"""What an address is, found out by itself; sources added to the configuration; OPML."""

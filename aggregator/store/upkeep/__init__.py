"""The upkeep of a database: copies, checks, retention, overview, a guard over its file, its key and clock."""

"""The upkeep of a database: copies, checks of what it holds, a guard over its file, its key and clock."""

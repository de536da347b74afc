"""The upkeep of a database: copies, checks, retention, sources that left, a guard, its key and its clock."""

"""Pages rendered with Chromium, in a process that reaches nothing but our own proxy."""

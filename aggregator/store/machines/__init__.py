"""What machines that share a database agree on through it."""

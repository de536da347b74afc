"""What tests share: servers on loopback, databases, makers of values."""

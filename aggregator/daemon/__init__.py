"""The process that stays: it polls what is due, publishes what changed and serves the result."""

"""Processes that compute beside the event loop, so that a hostile or long document harms nothing else."""

"""Reading the configuration: files, presets and defaults in, one frozen Config or every fault out."""

from aggregator.config.load import load, read_source, starting_config

__all__ = ["load", "read_source", "starting_config"]

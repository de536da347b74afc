"""Reading the configuration: files, presets and defaults in, one frozen Config or every fault out."""

from aggregator.config.files import ConfigFiles, mark_of
from aggregator.config.load import load, source_reader, starting_config

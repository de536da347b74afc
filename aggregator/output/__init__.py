"""Documents put in place, each whole or not at all; unchanged ones are left alone."""

from aggregator.output.destination import Destination, Noting, open_destination
from aggregator.output.folders import Folders

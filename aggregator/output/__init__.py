"""Documents put in place: written beside their names and renamed; unchanged files are left alone."""

from aggregator.output.folders import Folders

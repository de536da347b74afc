"""Putting pages in place: written beside and renamed, unchanged ones left alone."""

from aggregator.output.folders import Folders

__all__ = ["Folders"]

"""Results as tables for people and as JSON for programs, and progress bars."""

from aggregator.cli.tables.found import articles_json, show_articles
from aggregator.cli.tables.preview import preview_json, show_filters, show_found, show_preview
from aggregator.cli.tables.sources import Extras, overview_of, show_sources, sources_json
from aggregator.cli.tables.terminal import console, progress_bar, walking_bar

"""What an article's page says of it besides the body: title, dates, authors, origin, language."""

from aggregator.content.metadata.metadata import Metadata, read_metadata
from aggregator.content.metadata.value import NOTHING, Finding

"""What differs between two states of a text, by block, sentence and word."""

from aggregator.text.difference.compare import Block, compare, in_context
from aggregator.text.difference.words import Span, Spans, compare_words

__all__ = ["Block", "Span", "Spans", "compare", "compare_words", "in_context"]

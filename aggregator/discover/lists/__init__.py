"""Lists of articles, inferred on pages that no table describes."""

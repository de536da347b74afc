"""A Jekyll site's posts, taken in as articles."""

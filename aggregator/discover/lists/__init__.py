"""Lists of articles found on a page that nobody has described."""

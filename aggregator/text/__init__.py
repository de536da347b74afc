"""Text and its forms: charsets, HTML trees, dates, addresses, file types, slugs, queries."""

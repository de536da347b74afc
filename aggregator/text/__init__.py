"""Text in every form that answers bring: charsets, HTML trees, dates, addresses, slugs, searches."""

"""An entry made into an article: characters, dates, addresses, slugs, and last of all the cleaning."""

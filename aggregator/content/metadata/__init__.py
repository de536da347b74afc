"""What an article's page says of it besides the body: title, dates, authors, origin, language."""

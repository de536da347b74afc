"""What an article's own page says besides its body: title, dates, names, language, summary."""

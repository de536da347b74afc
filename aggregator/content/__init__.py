"""How an entry becomes an article: its body is found, its metadata read, and its HTML cleaned last."""

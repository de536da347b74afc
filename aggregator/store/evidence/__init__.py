"""What proves the articles: where they came from, and the ledger of what was kept."""

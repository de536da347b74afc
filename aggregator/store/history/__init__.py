"""What happened to articles: earlier states, changes, and the looks that find them."""

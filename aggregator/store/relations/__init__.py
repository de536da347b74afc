"""How articles are related: which are one text, and which cite which."""

"""What a million sources and ten million articles a day cost, measured as far as one machine goes and simulated beyond."""

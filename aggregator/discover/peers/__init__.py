"""What other programs export: their sources with their rules, read as sources of ours."""

"""What is new, what changed, what is owed, and when to come again: decided from values alone."""

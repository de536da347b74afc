"""What is published, what waits for it, and what stands around an article there."""

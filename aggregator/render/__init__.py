"""Articles made into bytes: pages, posts and feeds. The same input gives the same bytes."""

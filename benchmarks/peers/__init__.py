"""The program beside its peers, on the same feeds in one run: lemon24/reader, a bare loop of httpx, nginx."""

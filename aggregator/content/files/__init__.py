"""Files read: bytes of a document to its text and tables as HTML."""

"""Messages: their headers, parts, text and HTML, read and written; pure functions without a network."""

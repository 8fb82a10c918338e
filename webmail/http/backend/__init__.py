"""A person's own IMAP server, and what a page may ask of it."""

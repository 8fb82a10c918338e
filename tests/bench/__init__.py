"""`make bench`: our pages beside the bare IMAP exchange, measured in one run."""

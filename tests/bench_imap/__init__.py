"""`make bench-imap`: our IMAP service beside Dovecot, the same client and the same messages, in one run."""

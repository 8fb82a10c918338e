"""Mail programs and libraries that people use, against our IMAP service."""

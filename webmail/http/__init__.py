"""The Webmail Server: HTTP to browsers, IMAP to each person's backend, SMTP to an MTA."""

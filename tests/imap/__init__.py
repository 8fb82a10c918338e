"""Conversations with the IMAP service: every command, with a second connection looking on."""

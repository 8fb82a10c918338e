"""Webmail: a webmail front end for mail servers you already run, and an IMAP service of its own."""

__version__ = "0.1.0"

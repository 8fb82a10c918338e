"""Webmail: a webmail front end for mail servers you already run."""

__version__ = "0.1.0"

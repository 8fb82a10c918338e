"""Tests of webmail.mail."""

"""Tests of what the gateway keeps and hands on: database, directories, sessions, spool, relay, outbox."""

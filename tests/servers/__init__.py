"""Real mail servers from Debian's packages, started for a test, the demo or the benchmark."""

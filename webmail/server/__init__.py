"""One skeleton for line protocols: connections, limits, and the process that serves them."""

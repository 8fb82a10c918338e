"""The store: what its functions do, what a crash leaves, and what an administrator does with it."""

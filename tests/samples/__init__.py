"""Mail of our own making: a friendly mailbox for the demo, a large one for the benchmark."""

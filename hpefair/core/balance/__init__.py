"""Balance: what is missing, the smallest repair, and which synthetic person is let in."""

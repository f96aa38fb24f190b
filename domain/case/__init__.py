"""A case: its state, what a rule may look at in it, and what readers see of it."""

"""The fleet: many stacks, the order in which they are deployed, and who writes where. No provider process imports it."""

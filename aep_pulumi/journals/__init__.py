"""Journals: the record of pending creates, and leases, beside the state of the stacks."""

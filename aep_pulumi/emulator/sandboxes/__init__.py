"""Sandbox management, `/data/foundation/sandbox-management`: the sandboxes that there are."""

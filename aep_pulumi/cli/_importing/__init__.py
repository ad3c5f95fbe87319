"""`aep import`: reads the sandbox, writes code, hands entries to `pulumi import` and verifies the preview."""

"""IMS, `/ims/token/v3`: access tokens, the organisation, and denied permissions."""

"""IMS, `/ims/token/v3`: access tokens, the organisation they are for, and the permissions it lacks."""

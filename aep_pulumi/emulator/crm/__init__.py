"""CRM: the sample organisations behind CRM connections, and the tables that a user seeds in their place."""

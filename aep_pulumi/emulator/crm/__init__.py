"""CRM: the sample tables behind CRM connections; they never change."""

"""CRM: the tables that a base connection to a CRM leads to, the same ones every time."""

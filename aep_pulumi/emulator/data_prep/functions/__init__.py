"""Functions of Data Prep's expression language: what Adobe's page "Data Prep mapping functions" lists, by category."""

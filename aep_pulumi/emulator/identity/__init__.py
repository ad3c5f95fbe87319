"""Identity Service, `/data/core/idnamespace`: standard and custom identity namespaces."""

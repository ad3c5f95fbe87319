"""Identity Service, `/data/core/idnamespace`: identity namespaces, the standard ones and the organisation's own."""

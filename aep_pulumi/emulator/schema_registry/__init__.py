"""Schema Registry, `/data/foundation/schemaregistry`: schemas, field groups, descriptors, Adobe's standard XDM resources."""

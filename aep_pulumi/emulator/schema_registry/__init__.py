"""Schema Registry, `/data/foundation/schemaregistry`: Adobe's standard XDM resources, custom ones, and what is done with them.

Custom resources are schemas, field groups, classes, data types and descriptors; unions are views of schemas. The operations
under `/rpc` export and import resources, return sample data, and tell what was changed.
"""

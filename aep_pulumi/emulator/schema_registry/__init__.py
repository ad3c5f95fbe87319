"""Schema Registry, `/data/foundation/schemaregistry`: schemas, field groups, classes, data types, descriptors, unions,
Adobe's standard XDM resources, and the operations under `/rpc`.
"""

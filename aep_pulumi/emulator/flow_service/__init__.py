"""Flow Service, `/data/foundation/flowservice`: connections, dataflows, their runs, and the specs they follow."""

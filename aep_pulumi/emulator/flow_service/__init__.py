"""Flow Service, `/data/foundation/flowservice`: connections, dataflows, runs, and specs."""

"""Control API, `/_local/`: endpoints for tests and tools to inspect and configure the local Platform; not part of Adobe's API."""

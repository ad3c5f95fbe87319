"""Control API, `/_local/`: what tests and tools ask of the local Platform itself; Adobe has nothing like it."""

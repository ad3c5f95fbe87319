"""Compare: replays recorded requests on two Platforms, and reports where their responses differ."""

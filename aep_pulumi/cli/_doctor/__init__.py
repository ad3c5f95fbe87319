"""Doctor: the checks of `aep doctor`. `checks` lists them in the order in which they run."""

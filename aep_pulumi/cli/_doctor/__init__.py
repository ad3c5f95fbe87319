"""Doctor: the checks of `aep doctor`. `checks` is the list, in the order in which they are made."""

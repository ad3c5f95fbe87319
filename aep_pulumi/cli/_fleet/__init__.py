"""The commands on many stacks, `aep fleet …`: one module for each, and the options that all share."""

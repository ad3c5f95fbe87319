"""Cloud storage: the files that a base connection to a cloud storage leads to, the same ones every time."""

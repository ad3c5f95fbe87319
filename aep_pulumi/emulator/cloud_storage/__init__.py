"""Cloud storage: the sample files behind cloud storage connections; they never change."""

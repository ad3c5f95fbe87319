"""Cloud storage: the sample files behind cloud storage connections."""

"""Components: several resources that belong together, wired."""

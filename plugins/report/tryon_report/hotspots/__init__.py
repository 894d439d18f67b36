"""The garments on the results of runs, as boxes that pages can use."""

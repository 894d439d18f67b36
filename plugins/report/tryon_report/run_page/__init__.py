"""The page of a run: what became of each row, its images, and what is left to do."""

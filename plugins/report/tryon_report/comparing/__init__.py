"""A comparison: one try-on at several vendors, from the same pixels, looked at side by side."""

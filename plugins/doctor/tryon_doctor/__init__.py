"""Says before a call what keeps tryon from working, and what a call would send: two commands."""

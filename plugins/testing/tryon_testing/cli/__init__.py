"""The commands that authors of providers get, one in each module."""

"""Catalogue runs: many try-ons, each paid at most once, none lost, within the vendors' quotas."""

"""Strategies of Hypothesis, made from what a provider declares."""

"""Planners: one signature, several ways to choose a move among actions sampled from the policy."""

"""Typed parameters: params.yaml is the only home of values, here are types, ranges and meanings, a module a section."""

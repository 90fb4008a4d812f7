"""Clausewatch: versions of vendor policies, and what changed between them."""

__version__ = "0.1.0"

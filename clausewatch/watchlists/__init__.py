"""Watchlists that come along; ``clausewatch add --watchlist NAME`` finds them by name."""

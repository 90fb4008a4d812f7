"""Policies of fictional vendors, written for the demo: a text, its versions, and the page around it."""

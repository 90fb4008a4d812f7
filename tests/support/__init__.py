"""Servers on loopback that tests share; they are the demo's own."""

from clausewatch.demo.site import VendorSite
from clausewatch.demo.wayback import WaybackStandIn

__all__ = ["VendorSite", "WaybackStandIn"]

"""Which addresses the crawler may ask: the rules of ``clausewatch.public``, which webhooks keep too."""

from clausewatch.public import PUBLIC_PORTS, host_port, is_allowed, is_public, refusal

__all__ = ["PUBLIC_PORTS", "host_port", "is_allowed", "is_public", "refusal"]

"""From addresses to bodies: live pages and the Wayback Machine, each batch in a child process.

``live.fetch_live`` and ``wayback.list_captures``, ``wayback.play_back`` are what jobs call; what is done with the
bodies is left to them.
"""

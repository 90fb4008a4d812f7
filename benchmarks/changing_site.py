"""Serves pages that change on every loopback address: ``python -m benchmarks.changing_site FOLDER`` prints its port and
ends with its standard input. ``/round/N`` sets the round, ``/doc/I`` is page I in it.

Every page carries another nonce in each round; page I says another number of days from round N on where N and I are
equal modulo 5.
"""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

EVERY = 5  # rounds from one change of a page to its next
DAYS = 30
PLACE = "<!-- here -->"  # where the sentence stands
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def changes_in(number: int, round: int) -> bool:
    """Whether the text of the page is another one in this round than in the round before."""
    return round > 0 and round % EVERY == number % EVERY


def page_in(page: str, number: int, round: int, *, shown: int) -> bytes:
    """The page as it is in a round, asked for as the ``shown``-th time: a sentence stands at its PLACE."""
    changes = sum(changes_in(number, each) for each in range(1, round + 1))
    nonce = hashlib.sha256(f"{number} {round} {shown}".encode()).hexdigest()
    said = f"<p>We keep your data for {DAYS + changes} days after you close your account.</p>"
    page = page.replace(PLACE, said, 1)
    return _HEAD.sub(rf"\g<0><script>var nonce='{nonce}'</script>", page, count=1).encode()


class _Site(ThreadingHTTPServer):
    request_queue_size = 256  # one socket is all hosts here: with five waiting the sixth host is asked after a second
    pages: list[str]
    round = 0
    shown = 0


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Site

    def do_GET(self) -> None:
        kind, _, number = self.path.strip("/").partition("/")
        if kind == "round":
            self.server.round, self.server.shown = int(number), self.server.shown + 1
            body = b"ok"
        elif kind == "doc":
            body = page_in(self.server.pages[int(number)], int(number), self.server.round, shown=self.server.shown)
        else:
            body = b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        """Nothing: a line for each request would be measured too."""


def main(folder: Path) -> None:
    """Serve the folder's files, in the order of their names."""
    site = _Site(("0.0.0.0", 0), _Answers)  # 127.0.0.1 to .50 are its hosts
    site.pages = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))]
    threading.Thread(target=site.serve_forever, daemon=True).start()
    print(site.server_port, flush=True)
    sys.stdin.read()
    site.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""WARC files as archives write them, of pages that the test makes up."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

HTML = "text/html; charset=utf-8"


class Warc:
    """A WARC file being written. Times are given as the instant of the capture."""

    def __init__(self, writer: WARCWriter) -> None:
        self._writer = writer

    def response(
        self, url: str, body: str | bytes, *, at: datetime | str, status: str = "200 OK", content_type: str = HTML,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:  # fmt: skip
        http = StatusAndHeaders(status, [("Content-Type", content_type), *headers], protocol="HTTP/1.1")
        self._write(url, "response", body, at=at, http_headers=http)

    def resource(self, url: str, body: str | bytes, *, at: datetime, content_type: str = "text/html") -> None:
        self._write(url, "resource", body, at=at, warc_content_type=content_type)

    def request(self, url: str, *, at: datetime) -> None:
        http = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
        self._write(url, "request", b"", at=at, http_headers=http)

    def metadata(self, url: str, *, at: datetime) -> None:
        self._write(url, "metadata", b"a: b", at=at, warc_content_type="application/warc-fields")

    def revisit(self, url: str, *, at: datetime, of: str | bytes) -> None:
        """The same payload as an earlier response."""
        body = of.encode() if isinstance(of, str) else of
        record = self._writer.create_revisit_record(
            url, _digest(body), url, _stamp(at), warc_headers_dict={"WARC-Date": _stamp(at)},
            http_headers=StatusAndHeaders("200 OK", [("Content-Type", HTML)], protocol="HTTP/1.1"),
        )  # fmt: skip
        self._writer.write_record(record)

    def _write(self, url: str, kind: str, body: str | bytes, *, at: datetime | str, **options: object) -> None:
        data = body.encode() if isinstance(body, str) else body
        record = self._writer.create_warc_record(
            url, kind, payload=io.BytesIO(data), length=len(data),
            warc_headers_dict={"WARC-Date": at if isinstance(at, str) else _stamp(at)}, **options,
        )  # fmt: skip
        self._writer.write_record(record)


@contextmanager
def warc_file(path: Path) -> Iterator[Warc]:
    """Write a WARC file; compressed if its name ends in ``.gz``."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=path.suffix == ".gz")
        writer.write_record(writer.create_warcinfo_record(path.name, {"software": "a test"}))
        yield Warc(writer)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _digest(body: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()

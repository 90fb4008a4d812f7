"""The guard at connect time: whatever a name resolves to, no socket opens to an address that is not public.

Names of the real internet cannot be used in tests, so a child process gets a resolver of ours; nothing else in it
differs from a real crawl.
"""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clausewatch.settings import Settings
from crawler.download import open_socket
from crawler.outcomes import ErrorKind, Fetch, Outcome, Plan, read_outcome, write_plan
from crawler.run import run_batch
from tests.support import VendorSite

# name -> what the resolver answers the first time, and from the second time on
NAMES = {
    "loopback.example": (["127.0.0.1"], ["127.0.0.1"]),
    "mapped.example": (["::ffff:127.0.0.1"], ["::ffff:127.0.0.1"]),
    "metadata.example": (["169.254.169.254"], ["169.254.169.254"]),
    "many.example": (["10.0.0.1", "fd00::1", "192.168.0.1"], ["10.0.0.1"]),
    "nat64.example": (["64:ff9b::7f00:1"], ["64:ff9b::7f00:1"]),
    "rebinding.example": ([], ["127.0.0.1"]),  # unknown at first, loopback when asked again
    "wayback.lan": (["127.0.0.1"], ["127.0.0.1"]),
    "vendor.example": (["127.0.0.1"], ["127.0.0.1"]),
}

CHILD = f"""
import socket
from collections import Counter
names, asked = {NAMES!r}, Counter()
def getaddrinfo(host, port, *args, **kwargs):
    asked[host] += 1
    found = []
    for ip in names[host][min(asked[host], 2) - 1]:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        place = (ip, port, 0, 0) if ":" in ip else (ip, port)
        found.append((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place))
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return found
socket.getaddrinfo = getaddrinfo
from crawler.child import main
main()
"""


def crawl_with_own_names(fetches: list[Fetch], *, folder: Path, allow_hosts: tuple[str, ...]) -> dict[str, Outcome]:
    plan = Plan("live", "Clausewatch/test", str(folder), allow_hosts, "https://web.archive.org", 60.0, 100_000)
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        stop = threading.Timer(60, child.kill)
        stop.start()
        child.stdin.write(write_plan(plan, fetches))
        child.stdin.flush()
        outcomes = [read_outcome(line, folder) for line in child.stdout]
        stop.cancel()
    return {outcome.id: outcome for outcome in outcomes}


def test_names_that_lead_inside_are_refused_whatever_the_resolver_says(tmp_path: Path) -> None:
    with VendorSite() as site:
        site.publish("/page", "page")
        port = site.host.rpartition(":")[2]
        fetches = [Fetch(name, f"http://{name}/page") for name in NAMES if name != "wayback.lan"]
        fetches += [
            Fetch("wayback.lan", f"http://wayback.lan:{port}/page"),
            Fetch("other-name", f"http://vendor.example:{port}/page"),
        ]
        outcomes = crawl_with_own_names(fetches, folder=tmp_path, allow_hosts=(f"wayback.lan:{port}",))
        assert outcomes.pop("wayback.lan").body == b"page"
        assert outcomes.keys() == {*NAMES, "other-name"} - {"wayback.lan"}
        assert {outcome.error_kind for outcome in outcomes.values()} == {ErrorKind.FORBIDDEN}
        assert "169.254.169.254 is not a public address" in (outcomes["metadata.example"].error or "")
        assert {entry.headers["host"] for entry in site.requests} == {f"wayback.lan:{port}"}


def test_a_socket_that_no_request_asked_for_is_refused() -> None:
    with pytest.raises(PermissionError):
        open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with VendorSite() as site, VendorSite() as proxy:
        site.publish("/page", "page")
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.root)  # what an operator's shell would hold
        outcomes: list[Outcome] = []
        run_batch(
            [Fetch("page", site.url("/page")), Fetch("inside", "http://10.0.0.1/")],
            settings=Settings(allow_hosts=(site.host,)),
            on_outcome=outcomes.append,
            timeout_seconds=60,
        )
        assert {outcome.id: outcome.body for outcome in outcomes} == {"page": b"page", "inside": None}
        assert proxy.requests == ()


def test_a_certificate_that_nobody_signed_is_not_believed(tmp_path: Path) -> None:
    with tls_server(tmp_path) as host:
        outcomes: list[Outcome] = []
        run_batch(
            [Fetch("page", f"https://{host}/page")],
            settings=Settings(allow_hosts=(host,)),
            on_outcome=outcomes.append,
            timeout_seconds=60,
        )
    assert outcomes[0].error_kind is ErrorKind.TLS
    assert "self-signed" in (outcomes[0].error or "").replace("self signed", "self-signed")


@contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """A server on loopback that shows a certificate of its own making, for as many connections as come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(folder))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands, args=(listener, context))
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                context.wrap_socket(connection, server_side=True).close()
            except OSError:
                continue  # the client turned away, as it should


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, private, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path

import base64
import hashlib
import hmac
import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from clausewatch.errors import DeliveryError, UsageError
from notifier.mailer import ReceiverGone
from notifier.webhook import Call, checked_webhook, post, signature, signing_secret, webhook_body
from tests.notifier.scenario import NOW, comparison, document, finding
from tests.notifier.servers import certificate_for_loopback, served

SECRET = signing_secret(b"of the installation", "subscription-1")
BODY = webhook_body("key-1", "s1", [("n1", comparison(finding()), document())], public_url="https://watch.example/")


@dataclass
class Receiver:
    """What a subscriber's server got, and how it is to answer."""

    url: str = ""
    calls: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: tuple[int, dict[str, str]] = (204, {})
    drip: bytes = b""  # sent a byte at a time instead of an answer
    dripped: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def host_port(self) -> str:
        return self.url.partition("://")[2]

    def call(self, path: str = "/hook") -> Call:
        return Call(self.url + path, BODY, "key-1", SECRET)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append((self.path, dict(self.headers), body))
            for at in range(len(receiver.drip)):
                if receiver.stop.wait(0.03):
                    return
                try:
                    self.wfile.write(receiver.drip[at : at + 1])
                    receiver.dripped += 1
                except OSError:
                    return
            if not receiver.drip:
                status, headers = receiver.answer
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Nothing: the tests read ``calls``."""

    with served(Answers, tls=tls) as url:
        receiver.url = url
        try:
            yield receiver
        finally:
            receiver.stop.set()


def call(receiver: Receiver, **options: Any) -> None:
    post(receiver.call(), at=NOW, allow_hosts=[receiver.host_port], **options)


def test_a_call_can_be_checked_by_the_documented_scheme() -> None:
    with receiving() as receiver:
        call(receiver)
        ((path, headers, body),) = receiver.calls
    assert path == "/hook"
    assert headers["Content-Type"] == "application/json"
    # as a receiver would write it, from docs/operating.md
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-id"] == "key-1"
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())


def test_the_check_that_the_docs_show_takes_true_calls_and_no_others() -> None:
    docs = (Path(__file__).resolve().parents[2] / "docs" / "delivering.md").read_text()
    (code,) = re.findall(r"```python\n(def is_genuine.*?)```", docs, re.DOTALL)
    names: dict[str, Any] = {"base64": base64, "hashlib": hashlib, "hmac": hmac}
    exec(code, names)
    with receiving() as receiver:
        call(receiver)
        ((_, headers, body),) = receiver.calls
    is_genuine, now = names["is_genuine"], NOW.timestamp()
    assert is_genuine(headers, body, SECRET, now)
    assert not is_genuine(headers, body + b" ", SECRET, now)
    assert not is_genuine({**headers, "webhook-id": "key-2"}, body, SECRET, now)
    assert not is_genuine(headers, body, signing_secret(b"of another", "subscription-1"), now)
    assert not is_genuine(headers, body, SECRET, now + 3600)


def test_the_body_tells_what_changed_with_quotes_and_links() -> None:
    told = json.loads(BODY)
    assert told["type"] == "notices"
    assert told["id"] == "key-1"
    (notice,) = told["notices"]
    assert notice["vendor_name"] == "Skyforge Drones"
    assert notice["url"] == f"https://watch.example/comparisons/{notice['comparison']}"
    assert notice["severity"] == "high"
    (found,) = notice["findings"]
    assert found["kind"] == "retention"
    assert found["after"] == {"quote": "We keep your flight logs for 24 months.", "start": 0, "end": 39}
    assert "email" not in BODY.decode()


def test_a_second_try_has_the_same_id_and_body_and_a_signature_of_its_own() -> None:
    with receiving() as receiver:
        call(receiver)
        post(receiver.call(), at=NOW + timedelta(minutes=5), allow_hosts=[receiver.host_port])
        (_, first, body), (_, second, again) = receiver.calls
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]


def test_every_subscription_has_a_secret_of_its_own_and_an_altered_call_fits_none() -> None:
    made = Call("https://hooks.example/", BODY, "key-1", SECRET)
    others = [
        replace(made, secret=signing_secret(b"of the installation", "subscription-2")),
        replace(made, secret=signing_secret(b"of another", "subscription-1")),
        replace(made, body=BODY + b" "),
        replace(made, key="key-2"),
    ]
    assert len({signature(each, NOW) for each in [made, *others]}) == 5
    assert signature(made, NOW) != signature(made, NOW + timedelta(seconds=1))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_what_is_not_taken_is_called_again(status: int) -> None:
    with receiving() as receiver:
        receiver.answer = (status, {"Retry-After": "90"})
        with pytest.raises(DeliveryError, match=f"127.0.0.1: answered {status}") as refused:
            call(receiver)
    assert refused.value.retryable
    assert refused.value.retry_after_seconds == 90


def test_a_receiver_that_is_gone_is_not_called_again() -> None:
    with receiving() as receiver:
        receiver.answer = (410, {"Retry-After": "90"})
        with pytest.raises(ReceiverGone, match=r"127.0.0.1: answered 410; the subscription has ended by it") as refused:
            call(receiver)
    assert not refused.value.retryable


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver, receiving() as other:
        receiver.answer = (307, {"Location": other.url})
        with pytest.raises(DeliveryError, match="answered 307; redirects are not followed"):
            post(receiver.call(), at=NOW, allow_hosts=[receiver.host_port, other.host_port])
        assert not other.calls


@pytest.mark.parametrize("is_tls", [False, True])
def test_a_receiver_that_drips_its_answer_is_cut_off(is_tls: bool, tmp_path: Path) -> None:
    certificate = certificate_for_loopback(tmp_path)
    with receiving(certificate.serving if is_tls else None) as receiver:
        receiver.drip = b"H" * 200
        with pytest.raises(DeliveryError, match="no answer") as refused:
            call(receiver, timeout_seconds=0.4, tls=certificate.trusting)
        receiver.drip = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40
        receiver.dripped = 0
        with suppress(DeliveryError):  # its status may have been read
            call(receiver, timeout_seconds=0.4, tls=certificate.trusting)
        assert receiver.dripped < len(receiver.drip)
    assert refused.value.retryable


def test_a_receiver_that_is_not_there_may_be_called_again() -> None:
    with receiving() as receiver:
        gone = receiver.call()
        allowed = [receiver.host_port]
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1: no answer") as refused:
        post(gone, at=NOW, allow_hosts=allowed)
    assert refused.value.retryable


def test_a_call_goes_over_tls_to_who_can_prove_the_name_alone(tmp_path: Path) -> None:
    certificate = certificate_for_loopback(tmp_path)
    with receiving(certificate.serving) as receiver:
        call(receiver, tls=certificate.trusting)
        with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED"):
            call(receiver)
        assert len(receiver.calls) == 1


def test_no_error_shows_the_path_which_may_hold_a_password() -> None:
    with receiving() as receiver:
        receiver.answer = (500, {})
        with pytest.raises(DeliveryError) as refused:
            post(receiver.call("/services/hunter2?token=hunter3"), at=NOW, allow_hosts=[receiver.host_port])
    assert "hunter" not in str(refused.value)


HOSTILE = [
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://169.254.169.254/latest/meta-data/",
    "https://2130706433/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/", "https://hooks.example:8443/",
    "https://ada:hunter2@hooks.example/", "file:///etc/passwd", "ftp://hooks.example/", "https://intranet/",
    "https://hooks.example\\@127.0.0.1/", "https://100.64.0.1/", "gopher://hooks.example/", "https:///path", "",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_that_is_not_public_is_refused_when_given_and_when_called(address: str) -> None:
    with pytest.raises(UsageError, match="is no webhook that can be called"):
        checked_webhook(address, ())
    with pytest.raises(DeliveryError, match="is not called") as refused:
        post(Call(address, BODY, "key-1", SECRET), at=NOW, allow_hosts=())
    assert not refused.value.retryable


def test_a_name_that_leads_inside_when_it_is_called_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # no name server in a test: the resolver is told what one under an attacker's hand would say
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: found)
    assert checked_webhook("https://hooks.example/", ())
    with pytest.raises(DeliveryError, match=r"hooks.example: is not called \(10.0.0.7 is not a public address\)"):
        post(Call("https://hooks.example/", BODY, "key-1", SECRET), at=NOW, allow_hosts=())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" https://hooks.example/a?b=c#d ", "https://hooks.example/a?b=c"),
        ("https://Haken.Example/Ä b".replace(" ", ""), "https://haken.example/%C3%84b"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://hooks.example:443/%2Fx", "https://hooks.example:443/%2Fx"),
    ],
)
def test_an_address_is_kept_as_it_is_called(given: str, kept: str) -> None:
    assert checked_webhook(given, ()) == kept


def test_a_call_without_tls_is_for_hosts_that_the_operator_allows() -> None:
    with pytest.raises(UsageError, match="only https"):
        checked_webhook("http://hooks.example/", ())
    assert checked_webhook("http://127.0.0.1:8080/", ["127.0.0.1:8080"]) == "http://127.0.0.1:8080/"

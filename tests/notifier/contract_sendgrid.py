"""Our requests against SendGrid's published description, served by Prism. Not collected: it needs Node and the network.

    SENDGRID_DESCRIPTION=tsg_mail_v3.json pytest tests/notifier/contract_sendgrid.py

The description is ``spec/json/tsg_mail_v3.json`` of github.com/twilio/sendgrid-oai; Prism comes by npx.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from clausewatch.errors import DeliveryError
from notifier.sendgrid_mailer import SendGridMailer
from tests.notifier.test_mailer import a_mail
from tests.notifier.test_sendgrid_mailer import notices

PRISM = "@stoplight/prism-cli@5"
_STARTS_WITHIN_SECONDS = 120  # npx may have to fetch it first


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    description = os.environ["SENDGRID_DESCRIPTION"]
    command = ["prism"] if shutil.which("prism") else ["npx", "--yes", PRISM]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*command, "mock", "--errors", "--host", "127.0.0.1", "--port", str(port), description],
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)


def _wait_for(port: int, server: subprocess.Popen[Any]) -> None:
    until = time.monotonic() + _STARTS_WITHIN_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"Prism does not answer (ended with {server.poll()})")


def test_a_mail_is_as_the_description_has_it(prism: str) -> None:
    SendGridMailer("SG.key", prism).send(a_mail(), key="0123456789abcdef")


def test_many_mails_in_one_request_are_too(prism: str) -> None:
    outcomes = list(chain.from_iterable(SendGridMailer("SG.key", prism).send_many(notices(50))))
    assert [outcome.error for outcome in outcomes] == [None] * 50


def test_a_sandbox_is_known_to_it(prism: str) -> None:
    SendGridMailer("SG.key", prism, is_sandbox=True).send(a_mail(), key="0123456789abcdef")


def test_the_stand_in_of_this_test_refuses_what_is_wrong(prism: str) -> None:
    mailer = SendGridMailer("SG.key", prism)
    with pytest.raises(DeliveryError, match="refused with 4"):
        mailer._post({"personalizations": [{"to": [{"email": "ada@example.com"}]}], "subject": "no sender"}, "it")

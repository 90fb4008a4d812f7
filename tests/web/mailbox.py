"""The mailbox of the tests of subscribing: an app that mails to files, the mails parsed, the links in them."""

from __future__ import annotations

import email.policy
import re
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import urlsplit

from archive.subscriptions import list_subscriptions
from clausewatch.model import Subscription
from notifier.tokens import Purpose, secret_of, sign
from tests.web.scenario import Scenario

ADA = "ada@example.com"


def mails(scenario: Scenario) -> list[EmailMessage]:
    folder = Path(scenario.settings.mail.removeprefix("file:"))
    parser = BytesParser(policy=email.policy.default)
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [parser.parsebytes(file.read_bytes()) for file in files]


def subscriptions(scenario: Scenario) -> list[Subscription]:
    with scenario.archive.read() as connection:
        return list_subscriptions(connection)


def link_in(mail: EmailMessage, purpose: str) -> str:
    """The path of the link for that purpose."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"http://clausewatch\.test/{purpose}/\S+", body.get_content())
    assert found
    return urlsplit(found[0]).path


def subscribed(scenario: Scenario, **form: object) -> Subscription:
    """Ada's subscription, asked for by the form and confirmed by the link of the mail."""
    scenario.post("/subscribe", data={"email": ADA, **form})
    scenario.post(link_in(mails(scenario)[-1], "confirm"))
    return subscriptions(scenario)[0]


def token(scenario: Scenario, purpose: Purpose, subscription: Subscription) -> str:
    return sign(secret_of(scenario.settings), purpose, subscription=subscription.id, now=scenario.now)

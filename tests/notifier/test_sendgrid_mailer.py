import json
from collections.abc import Sequence
from email.message import EmailMessage
from itertools import chain
from typing import Any

import pytest

from clausewatch.errors import DeliveryError
from notifier.compose import compose_notice
from notifier.letter import Entry
from notifier.mailer import Outcome, TransportDown
from notifier.sendgrid_mail import MOST_AT_ONCE
from notifier.sendgrid_mailer import SendGridMailer
from notifier.tokens import links_for
from tests.notifier.scenario import NOW, comparison, document, finding, subscription
from tests.notifier.servers import Answer, sendgrid_stand_in
from tests.notifier.test_mailer import SENDER, a_mail

pytestmark = pytest.mark.once


def test_a_notice_is_one_request_with_its_headers_and_no_tracking() -> None:
    asked = subscription()
    links = links_for(b"x", asked.id, public_url="https://watch.example", now=NOW)
    entries = [Entry("n", comparison(finding()), document("Skyforge Drönes"))]
    message = compose_notice(asked, entries, links=links, sender=SENDER, now=NOW)
    with sendgrid_stand_in() as stand_in:
        assert SendGridMailer("SG.key", stand_in.url).send(message, key="opaque") == "sg-1"
        ((headers, body),) = stand_in.requests
    assert headers["path"] == "/v3/mail/send"
    assert headers["Authorization"] == "Bearer SG.key"
    (person,) = body["personalizations"]
    assert person["to"] == [{"email": "ada@example.com"}]
    assert body["from"] == {"email": "notices@watch.example", "name": "Clausewatch"}
    assert body["subject"] == "[high] Skyforge Drönes changed its Privacy Policy"
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    assert "{+24+} months" in body["content"][0]["value"]
    assert person["headers"]["List-Unsubscribe"] == f"<{links.unsubscribe}>"
    assert person["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert person["headers"]["Message-ID"] == message["Message-ID"]
    assert person["custom_args"] == {"delivery": "opaque"}
    assert sorted(body["categories"]) == ["clausewatch", "clausewatch-notice"]
    assert "substitutions" not in person
    assert "mail_settings" not in body
    assert not any(setting["enable"] for setting in body["tracking_settings"].values())


@pytest.mark.parametrize(
    ("status", "is_retryable", "is_down"),
    [
        (400, False, False), (413, False, False),
        (401, True, True), (403, True, True),
        (500, True, False), (503, True, False),
    ],
)  # fmt: skip
def test_an_answer_says_whether_to_try_again(status: int, is_retryable: bool, is_down: bool) -> None:
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (status, {}, b'{"errors": [{"message": "Does not\\n please", "field": null}]}')
        with pytest.raises(DeliveryError, match=f"refused with {status} Does not please") as refused:
            SendGridMailer("SG.key", stand_in.url).send(a_mail(), key="k")
    assert refused.value.retryable is is_retryable
    assert isinstance(refused.value, TransportDown) is is_down
    assert "SG.key" not in str(refused.value)


def test_a_sender_that_it_does_not_take_stops_the_run_and_blames_no_mail() -> None:
    refusal = b'{"errors": [{"message": "The from address is invalid", "field": "from.email"}]}'
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (400, {}, refusal)
        outcomes = handed_over(stand_in.url, notices(8))
        assert len(stand_in.requests) == 1
    assert all(isinstance(outcome.error, TransportDown) for outcome in outcomes)
    assert "CLAUSEWATCH_FROM" in str(outcomes[0].error)


def handed_over(url: str, mails: Sequence[tuple[EmailMessage, str]]) -> list[Outcome]:
    return list(chain.from_iterable(SendGridMailer("k", url).send_many(mails)))


LIMITED: dict[str, dict[str, str]] = {
    "says": {"Retry-After": "7"},
    "says nothing": {},
    "says nonsense": {"Retry-After": "x"},
    "names an instant": {"X-RateLimit-Reset": "1030"},
    "names an instant by its own clock": {"X-RateLimit-Reset": "1741177840", "Date": "Wed, 05 Mar 2025 12:30:20 GMT"},
}


@pytest.mark.parametrize(
    ("headers", "seconds"), list(zip(LIMITED.values(), [7.0, 60.0, 60.0, 30.0, 20.0], strict=True)), ids=LIMITED
)
def test_too_many_requests_stop_the_run_for_as_long_as_it_says(headers: dict[str, str], seconds: float) -> None:
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (429, headers, b"<html>not JSON</html>")
        mailer = SendGridMailer("k", stand_in.url, clock=lambda: 1000.0)
        with pytest.raises(TransportDown, match="too many requests") as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retry_after_seconds == seconds
        with pytest.raises(TransportDown, match="too many requests"):
            mailer.send(a_mail(), key="l")  # and it is not asked before
        assert len(stand_in.requests) == 1


def test_a_short_pause_is_waited_for_and_the_mail_goes() -> None:
    clock, waits = [1000.0], []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock[0] += seconds

    with sendgrid_stand_in() as stand_in:
        answers = iter(
            [(429, {"Retry-After": "2"}, b""), (202, {"X-RateLimit-Remaining": "0", "Retry-After": "1"}, b"")]
        )
        stand_in.on_request = lambda body: next(answers, None)
        mailer = SendGridMailer("k", stand_in.url, clock=lambda: clock[0], wait=wait)
        mailer.send(a_mail(), key="k")
        assert mailer.send(a_mail(), key="l") == "sg-1"
        assert len(stand_in.requests) == 3
    assert waits == [2.0, 1.0]


def test_a_sandbox_is_asked_for() -> None:
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (200, {}, b"")
        assert SendGridMailer("k", stand_in.url, is_sandbox=True).send(a_mail(), key="k") is None
        ((_, body),) = stand_in.requests
    assert body["mail_settings"] == {"sandbox_mode": {"enable": True}}


# --- many at once ---------------------------------------------------------------------------------------------


def notices(count: int, *, name: str = "c") -> list[tuple[EmailMessage, str]]:
    """The same comparison told to so many subscribers, each with links of its own."""
    entries = [Entry("n", comparison(finding(), name=name), document("Skyforge Drones"))]
    made = []
    for number in range(count):
        asked = subscription(email=f"reader{number}@example.com")
        links = links_for(b"x", asked.id, public_url="https://watch.example", now=NOW)
        made.append((compose_notice(asked, entries, links=links, sender=SENDER, now=NOW), f"{name}-{number}"))
    return made


def as_received(body: dict[str, Any], person: dict[str, Any], part: int) -> str:
    """The content as SendGrid makes it of a personalization."""
    content = str(body["content"][part]["value"])
    for mark, value in person.get("substitutions", {}).items():
        content = content.replace(mark, value)
    return content


def test_mails_that_say_the_same_share_a_request_and_keep_their_links() -> None:
    mails = notices(3) + notices(2, name="other")
    with sendgrid_stand_in() as stand_in:
        outcomes = handed_over(stand_in.url, mails)
        bodies = [body for _, body in stand_in.requests]
    assert [(outcome.key, outcome.error) for outcome in outcomes] == [(key, None) for _, key in mails]
    assert [len(body["personalizations"]) for body in bodies] == [3, 2]
    made = {person["custom_args"]["delivery"]: (body, person) for body in bodies for person in body["personalizations"]}
    for message, key in mails:
        body, person = made[key]
        assert person["to"] == [{"email": str(message["To"])}]
        assert person["headers"]["List-Unsubscribe"] == str(message["List-Unsubscribe"])
        assert person["headers"]["Message-ID"] == str(message["Message-ID"])
        for part, subtype in enumerate(("plain", "html")):
            wanted = message.get_body((subtype,))
            assert wanted is not None
            assert as_received(body, person, part) == wanted.get_content()


def test_no_subscriber_gets_the_links_of_another() -> None:
    mails = notices(3)
    with sendgrid_stand_in() as stand_in:
        handed_over(stand_in.url, mails)
        ((_, body),) = stand_in.requests
    own = [set(person["substitutions"].values()) for person in body["personalizations"]]
    assert all(own)
    assert not own[0] & own[1]
    assert not any(link in json.dumps(body["content"]) for links in own for link in links)


def test_a_refused_mail_among_many_is_found_and_the_others_go() -> None:
    mails = notices(9)

    def refuse_one(body: dict[str, Any]) -> Answer | None:
        is_in = any(person["to"][0]["email"] == "reader6@example.com" for person in body["personalizations"])
        return (400, {}, b'{"errors": [{"message": "Does not please"}]}') if is_in else None

    with sendgrid_stand_in() as stand_in:
        stand_in.on_request = refuse_one
        outcomes = handed_over(stand_in.url, mails)
        sent = [person for _, body in stand_in.requests for person in body["personalizations"]]
    assert [outcome.key for outcome in outcomes if outcome.error] == ["c-6"]
    assert "reader6@example.com: refused with 400 Does not please" in str(outcomes[6].error)
    assert len(stand_in.requests) <= 2 * 4 + 1
    assert {person["custom_args"]["delivery"] for person in sent} == {key for _, key in mails}


def test_what_is_not_asked_for_is_not_sent() -> None:
    with sendgrid_stand_in() as stand_in:
        answers = SendGridMailer("k", stand_in.url).send_many(notices(2) + notices(2, name="other"))
        assert [outcome.key for outcome in next(answers)] == ["c-0", "c-1"]
        assert len(stand_in.requests) == 1


def test_no_request_holds_more_than_may_come_twice() -> None:
    with sendgrid_stand_in() as stand_in:
        handed_over(stand_in.url, notices(MOST_AT_ONCE + 1))
        assert [len(body["personalizations"]) for _, body in stand_in.requests] == [MOST_AT_ONCE, 1]


def test_when_the_transport_is_down_the_rest_is_not_tried() -> None:
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (401, {}, b"")
        outcomes = handed_over(stand_in.url, notices(2) + notices(2, name="other"))
        assert len(stand_in.requests) == 1
    assert len(outcomes) == 2
    assert all(isinstance(outcome.error, TransportDown) for outcome in outcomes)


def test_no_answer_in_time_and_no_server_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.sendgrid_mailer.TIMEOUT_SECONDS", 0.2)  # ten seconds are long for a test
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (0, {}, b"")
        with pytest.raises(TransportDown, match=r"no answer .*timed out"):
            SendGridMailer("k", stand_in.url).send(a_mail(), key="k")
    with pytest.raises(TransportDown, match="no answer"):
        SendGridMailer("k", stand_in.url).send(a_mail(), key="k")

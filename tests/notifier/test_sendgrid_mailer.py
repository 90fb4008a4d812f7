import json

import pytest

from clausewatch.errors import DeliveryError
from notifier.compose import compose_notice
from notifier.letter import Entry
from notifier.mailer import TransportDown
from notifier.sendgrid_mailer import SendGridMailer
from notifier.tokens import links_for
from tests.notifier.scenario import NOW, comparison, document, finding, subscription
from tests.notifier.servers import sendgrid_stand_in
from tests.notifier.test_mailer import SENDER, a_mail


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
    assert body["custom_args"] == {"delivery": "opaque"}
    assert "ada" not in json.dumps([body["custom_args"], body["categories"]])
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


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, 60.0), ({"Retry-After": "x"}, 60.0)]
)
def test_too_many_requests_stop_the_run_for_as_long_as_it_says(headers: dict[str, str], seconds: float) -> None:
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (429, headers, b"<html>not JSON</html>")
        with pytest.raises(TransportDown, match="too many requests") as refused:
            SendGridMailer("k", stand_in.url).send(a_mail(), key="k")
    assert refused.value.retry_after_seconds == seconds


def test_no_answer_in_time_and_no_server_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.sendgrid_mailer.TIMEOUT_SECONDS", 0.2)  # ten seconds are long for a test
    with sendgrid_stand_in() as stand_in:
        stand_in.answer = (0, {}, b"")
        with pytest.raises(TransportDown, match=r"no answer .*timed out"):
            SendGridMailer("k", stand_in.url).send(a_mail(), key="k")
    with pytest.raises(TransportDown, match="no answer"):
        SendGridMailer("k", stand_in.url).send(a_mail(), key="k")

import base64
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clausewatch.errors import SettingsError, UsageError
from notifier.events import SIGNATURE_HEADER, TIMESTAMP_HEADER, WINDOW, ForgedEvents, check_signature, read_events
from notifier.returns import Verdict
from tests.notifier.scenario import NOW
from tests.notifier.signing import event, key_pair, posted, signed

BODY = posted(event("delivered"))
SECOND = timedelta(seconds=1)


def check(headers: dict[str, str], body: bytes = BODY, *, key: str | None = None) -> None:
    check_signature(
        key or key_pair()[1], body, signature=headers.get(SIGNATURE_HEADER), timestamp=headers.get(TIMESTAMP_HEADER),
        now=NOW,
    )  # fmt: skip


def test_what_was_signed_lately_passes() -> None:
    check(signed(BODY, NOW))
    check(signed(BODY, NOW - WINDOW))
    check(signed(BODY, NOW + WINDOW))


def test_the_key_may_be_given_as_pem() -> None:
    pem = key_pair()[0].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    check(signed(BODY, NOW), key=pem)


def test_forged_events_are_refused() -> None:
    true = signed(BODY, NOW)
    forgeries = {
        "not signed": {},
        "no timestamp": {SIGNATURE_HEADER: true[SIGNATURE_HEADER]},
        "no signature": {TIMESTAMP_HEADER: true[TIMESTAMP_HEADER]},
        "another key": signed(BODY, NOW, key=generate_private_key(SECP256R1())),
        "another body": signed(BODY + b" ", NOW),
        "without its last newline": signed(BODY.rstrip(), NOW),
        "another time": {**true, TIMESTAMP_HEADER: str(int(NOW.timestamp()) + 1)},
        "no base64": {**true, SIGNATURE_HEADER: "!!!"},
        "no signature at all": {**true, SIGNATURE_HEADER: base64.b64encode(b"lamp").decode()},
        "empty": {**true, SIGNATURE_HEADER: ""},
    }
    for headers in forgeries.values():
        with pytest.raises(ForgedEvents):
            check(headers)


@pytest.mark.parametrize("away", [-WINDOW - SECOND, WINDOW + SECOND, timedelta(days=-300)])
def test_stale_events_are_refused_though_their_signature_is_right(away: timedelta) -> None:
    with pytest.raises(ForgedEvents, match="signed too long ago"):
        check(signed(BODY, NOW + away))


def test_a_signed_timestamp_that_is_none_is_refused() -> None:
    odd = "-1"
    given = base64.b64encode(key_pair()[0].sign(odd.encode() + BODY, ECDSA(SHA256()))).decode()
    with pytest.raises(ForgedEvents, match="do not say when"):
        check({SIGNATURE_HEADER: given, TIMESTAMP_HEADER: odd})


def test_a_key_that_is_none_is_told() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for key in ("lamp", "bGFtcA==", "ключ"):
        with pytest.raises(SettingsError, match="is no public key"):
            check(signed(BODY, NOW), key=key)
    with pytest.raises(SettingsError, match="another kind"):
        check(signed(BODY, NOW), key=base64.b64encode(other).decode())


@pytest.mark.parametrize(
    ("made", "verdict", "reason"),
    [
        (event("delivered"), Verdict.ARRIVED, ""),
        (event("bounce", type="bounce", reason="550 no\n user"), Verdict.STOP, "bounced: 550 no user"),
        (event("bounce", reason="550"), Verdict.STOP, "bounced: 550"),
        (event("bounce", type="blocked", reason="554 by policy"), Verdict.SOFT, "bounce: 554 by policy"),
        (event("blocked", reason="554 by policy"), Verdict.SOFT, "blocked: 554 by policy"),
        (event("deferred", response="450 full"), Verdict.SOFT, "deferred: 450 full"),
        (event("dropped", reason="Bounced Address"), Verdict.STOP, "dropped by SendGrid: Bounced Address"),
        (event("dropped", reason="Unsubscribed Address"), Verdict.STOP, "dropped by SendGrid: Unsubscribed Address"),
        (event("dropped", reason="Spam Reporting Address"), Verdict.STOP,
         "dropped by SendGrid: Spam Reporting Address"),
        (event("dropped", reason="Invalid"), Verdict.STOP, "dropped by SendGrid: Invalid"),
        (event("dropped", reason="Recipient List over Package Quota"), Verdict.SOFT,
         "dropped: Recipient List over Package Quota"),
        (event("spamreport"), Verdict.STOP, "marked as spam by its reader"),
        (event("unsubscribe"), Verdict.STOP, "unsubscribed at SendGrid"),
        (event("group_unsubscribe"), Verdict.STOP, "unsubscribed at SendGrid"),
        (event("group_resubscribe"), Verdict.NOTHING, "group_resubscribe"),
        (event("processed"), Verdict.NOTHING, "processed"),
        (event("open"), Verdict.NOTHING, "open"),
        (event("something new"), Verdict.NOTHING, "something new"),
    ],
)  # fmt: skip
def test_an_event_says_what_becomes_of_the_address(made: dict[str, Any], verdict: Verdict, reason: str) -> None:
    (found,) = read_events(posted(made))
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.email == "ada@example.com"


def test_an_event_names_its_mail_and_itself() -> None:
    (found,) = read_events(posted(event("delivered", delivery="0123456789abcdef")))
    assert found.mail == "0123456789abcdef"
    assert found.id == "delivered-ada@example.com-1"
    nameless = {key: value for key, value in event("delivered").items() if key != "sg_event_id"}
    (one,), (same,) = read_events(posted(nameless)), read_events(posted(nameless))
    assert one.id == same.id
    (long,) = read_events(posted(event("delivered", sg_event_id="x" * 500)))
    assert len(long.id) < 100


def test_events_come_in_the_order_of_time() -> None:
    late, early = event("delivered", number=5), event("deferred", number=2)
    assert [each.verdict for each in read_events(posted(late, early))] == [Verdict.SOFT, Verdict.ARRIVED]


def test_events_about_other_mail_of_the_account_are_left_out() -> None:
    others = [event("unsubscribe", category=other) for other in ("newsletter", ["newsletter"], None, 7, [])]
    assert read_events(posted(*others)) == []
    assert len(read_events(posted(event("unsubscribe", category="clausewatch")))) == 1
    assert len(read_events(posted(event("unsubscribe", category=None, delivery="0123456789abcdef")))) == 1


def test_odd_values_are_no_reason_to_fail() -> None:
    odd = event("bounce") | {"email": 7, "reason": None, "timestamp": "soon", "delivery": {"a": 1}}
    (found,) = read_events(posted(odd))
    assert (found.email, found.mail) == (None, None)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_list_of_events_is_refused(body: bytes) -> None:
    with pytest.raises(UsageError):
        read_events(body)

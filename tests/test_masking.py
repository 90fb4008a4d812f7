from __future__ import annotations

import pytest

from clausewatch.masking import masked

TOKEN = "0123456789abcdef.1792576800." + "Ab_-" * 10 + "xyz"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no answer of ada@example.com today", "no answer of [address] today"),
        ("550 5.1.1 <Ada.Lovelace+x@mail.example.co.uk>: unknown", "550 5.1.1 [address]: unknown"),
        ("not sent to Ada Lovelace <ada@example.com>", "not sent to [address]"),
        ('To: "Lovelace, Ada" <ada@example.com>', "To: [address]"),
        ("smtp://ada:hunter2@mail.example:25", "[address]:25"),
        ("/subscribe?email=ada%40example.com", "[address]"),
        (f"https://watch.example/confirm/{TOKEN}", "https://watch.example/confirm/[token]"),
        ("Authorization: Bearer abcdefgh.12345678", "Authorization: [token]"),
        ("cw_" + "a" * 43 + ", whsec_" + "b" * 43 + "=, SG." + "c" * 30, "[token], [token], [token]"),
        ("refused by 203.0.113.7:443", "refused by [ip]:443"),
        ("[2001:db8::7]:443, fe80::1, ::ffff:203.0.113.7", "[[ip]]:443, [ip], [ip]"),
        ("Zoë Müller <zoë@bücher.example>", "[address]"),
    ],
)
def test_what_tells_of_a_person_is_masked(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "kites/privacy-policy: new snapshot, 524 bytes",
        "at 07:45:34 on 2026-01-02T03:04:05.678901Z",
        "http://127.0.0.1:8000/ and [::1]:8000, 0.0.0.0",
        "subscription 0123456789abcdef: mail fedcba9876543210 sent",
        "Scrapy 2.19.0.1000, sha256 " + "ab" * 32,
        'File "archive/database.py", line 170, in transaction\n    @contextmanager',
    ],
)
def test_what_tells_of_nobody_stays(text: str) -> None:
    assert masked(text) == text


def test_personal_fields_are_dropped_however_deep_and_all_other_values_masked() -> None:
    event = {
        "event": "x", "Email": "ada@example.com", "client": "Ada", "status": 550, "share": 0.5, "is_sent": True,
        "answer": {"to": ["ada"], "lines": ("of ada@example.com", ValueError("203.0.113.7"))}, "nothing": None,
    }  # fmt: skip
    assert masked(event) == {
        "event": "x", "status": 550, "share": 0.5, "is_sent": True,
        "answer": {"lines": ["of [address]", "[ip]"]}, "nothing": None,
    }  # fmt: skip


def test_a_long_line_is_masked_whatever_it_holds() -> None:
    line = "A" * 300_000 + " told ada@example.com"  # hours, if each letter were looked at from each one before it
    assert masked(line) == "A" * 300_000 + " told [address]"


def test_what_follows_a_password_s_name_is_masked() -> None:
    assert masked("host=db password=hunter2 dbname=kites") == "host=db [token] dbname=kites"
    assert masked("AWS_SECRET_ACCESS_KEY=abc/def is wrong") == "AWS_SECRET_[token] is wrong"

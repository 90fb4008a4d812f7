import pytest

from clausewatch.errors import UsageError
from notifier.address import checked_email


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada.L+policies@EXAMPLE.com ", "Ada.L+policies@example.com"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ('"ada l"@example.com', '"ada l"@example.com'),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_an_address_is_taken_in_the_form_that_mail_servers_take(given: str, taken: str) -> None:
    assert checked_email(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "", "ada", "ada@", "@example.com", "ada l@example.com", "ada@example..com", "ada@-example.com",
        "ada@example.com, eve@example.com", "Ada <ada@example.com>", "ada(of them)@example.com", "a@b@example.com",
        "ada@[127.0.0.1]", "ädä@example.com", "ada@exa_mple.com",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="is no mail address that can be used"):
        checked_email(given)


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\x0b"])
def test_line_breaks_and_control_characters_never_reach_a_header(break_: str) -> None:
    for given in (
        f"ada@example.com{break_}Bcc: eve@example.com",
        f"ada{break_}@example.com",
        f"ada@example.com{break_}",
    ):
        with pytest.raises(UsageError) as refused:
            checked_email(given)
        assert len(str(refused.value).splitlines()) == 1


def test_an_address_that_is_too_long_is_refused_in_one_short_line() -> None:
    with pytest.raises(UsageError, match="at most 254") as refused:
        checked_email("a@" + "b." * 5000 + "example")
    assert len(str(refused.value)) < 250
    with pytest.raises(UsageError):
        checked_email("a" * 65 + "@example.com")

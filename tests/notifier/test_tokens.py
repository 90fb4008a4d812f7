import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from clausewatch.errors import SettingsError, UsageError
from clausewatch.settings import Settings
from notifier.tokens import Purpose, link_to, links_for, read_confirmation, read_token, secret_of, sign

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
SECRET = b"not much of one"
SUBSCRIPTION = "00112233445566ff"


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_leads_back_to_its_subscription(purpose: Purpose) -> None:
    token = sign(SECRET, purpose, subscription=SUBSCRIPTION, now=NOW)
    assert read_token(SECRET, token, purpose=purpose, now=NOW) == SUBSCRIPTION
    assert quote(token, safe="") == token


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_token_opens_no_other_door(purpose: Purpose) -> None:
    token = sign(SECRET, purpose, subscription=SUBSCRIPTION, now=NOW)
    for other in set(Purpose) - {purpose}:
        with pytest.raises(UsageError, match="not valid"):
            read_token(SECRET, token, purpose=other, now=NOW)


def test_a_confirmation_expires_after_three_days_and_nothing_else_does() -> None:
    late = NOW + timedelta(days=3, seconds=1)
    token = sign(SECRET, Purpose.CONFIRM, subscription=SUBSCRIPTION, now=NOW)
    assert read_token(SECRET, token, purpose=Purpose.CONFIRM, now=NOW + timedelta(days=3)) == SUBSCRIPTION
    with pytest.raises(UsageError, match="this link has expired; subscribe again"):
        read_token(SECRET, token, purpose=Purpose.CONFIRM, now=late)
    for purpose in (Purpose.MANAGE, Purpose.UNSUBSCRIBE):
        token = sign(SECRET, purpose, subscription=SUBSCRIPTION, now=NOW)
        assert read_token(SECRET, token, purpose=purpose, now=NOW + timedelta(days=9999)) == SUBSCRIPTION


def test_a_token_altered_in_any_character_is_refused() -> None:
    token = sign(SECRET, Purpose.CONFIRM, subscription=SUBSCRIPTION, now=NOW)
    for at in range(len(token)):
        altered = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(UsageError, match="not valid"):
            read_token(SECRET, altered, purpose=Purpose.CONFIRM, now=NOW)


@pytest.mark.parametrize("token", ["", ".", "..", "a.0.b", "a.0", "a.-1.b", "a.٣.b", "ä.0.b", "a.0.b.c", "9" * 100_000])
def test_what_is_no_token_is_refused_in_one_line(token: str) -> None:
    with pytest.raises(UsageError, match="not valid"):
        read_token(SECRET, token, purpose=Purpose.MANAGE, now=NOW)


def test_another_secret_signs_other_links() -> None:
    token = sign(SECRET, Purpose.MANAGE, subscription=SUBSCRIPTION, now=NOW)
    with pytest.raises(UsageError):
        read_token(b"another", token, purpose=Purpose.MANAGE, now=NOW)


def test_links_begin_with_the_public_address() -> None:
    links = links_for(SECRET, SUBSCRIPTION, public_url="https://watch.example/", now=NOW)
    assert links.comparison("c1") == "https://watch.example/comparisons/c1"
    assert links.manage.startswith("https://watch.example/manage/0011")
    assert links.unsubscribe.startswith("https://watch.example/unsubscribe/0011")
    confirm = link_to(SECRET, Purpose.CONFIRM, subscription="a", public_url="https://watch.example", now=NOW)
    assert confirm.startswith("https://watch.example/confirm/a.")


def test_a_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    made = secret_of(settings)
    assert len(made) == 64
    assert secret_of(settings) == made
    assert (settings.home / "secret").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in settings.home.iterdir()] == ["secret"]
    assert secret_of(Settings(home=tmp_path / "home", secret="chosen")) == b"chosen"


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    start, got = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        got.append(secret_of(Settings(home=tmp_path)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1


def test_a_secret_that_cannot_be_kept_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError, match="set CLAUSEWATCH_SECRET"):
        secret_of(Settings(home=tmp_path / "file"))
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(SettingsError, match="is empty"):
        secret_of(Settings(home=tmp_path))


def test_a_confirmation_of_an_earlier_asking_is_good_no_more() -> None:
    token = sign(SECRET, Purpose.CONFIRM, subscription=SUBSCRIPTION, now=NOW)
    for asked_at in (NOW, NOW - timedelta(hours=1), NOW + timedelta(microseconds=9)):
        assert read_confirmation(SECRET, token, asked_at=asked_at, now=NOW) == SUBSCRIPTION
    with pytest.raises(UsageError, match="has expired or was used"):
        read_confirmation(SECRET, token, asked_at=NOW + timedelta(seconds=1), now=NOW + timedelta(hours=1))
    with pytest.raises(UsageError, match="has expired or was used"):
        read_confirmation(SECRET, token, asked_at=NOW, now=NOW + timedelta(days=4))
    manage = sign(SECRET, Purpose.MANAGE, subscription=SUBSCRIPTION, now=NOW)
    with pytest.raises(UsageError, match="not valid"):
        read_confirmation(SECRET, manage, asked_at=NOW, now=NOW)

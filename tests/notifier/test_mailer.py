import traceback
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from clausewatch.errors import DeliveryError, SettingsError
from clausewatch.settings import Settings
from notifier.compose import compose_confirmation
from notifier.mailer import FileMailer, TransportDown, open_mailer, send_all
from notifier.sendgrid_mailer import SendGridMailer
from notifier.smtp_mailer import SmtpMailer
from tests.notifier.scenario import NOW, subscription

SENDER = "Clausewatch <notices@watch.example>"


def a_mail(email: str = "ada@example.com") -> EmailMessage:
    asked = subscription(email=email)
    return compose_confirmation(asked, link="https://watch.example/confirm/x", until_at=NOW, sender=SENDER, now=NOW)


def test_a_mail_is_a_file_named_by_day_recipient_and_key(tmp_path: Path) -> None:
    message = a_mail()
    assert FileMailer(tmp_path / "new" / "mail").send(message, key="k1") == message["Message-ID"]
    (written,) = (tmp_path / "new" / "mail").iterdir()
    assert written.name == "2025-03-05_ada-example.com_k1.eml"
    assert message_from_bytes(written.read_bytes(), policy=policy.default)["To"] == "ada@example.com"


def test_the_same_key_twice_leaves_one_file_even_on_another_day(tmp_path: Path) -> None:
    FileMailer(tmp_path).send(a_mail(), key="k1")
    later = a_mail()
    later.replace_header("Date", "Fri, 07 Mar 2025 12:00:00 +0000")
    FileMailer(tmp_path).send(later, key="k1")
    FileMailer(tmp_path).send(later, key="k2")
    assert sorted(path.name[-6:] for path in tmp_path.iterdir()) == ["k1.eml", "k2.eml"]


def test_no_address_and_no_key_leads_out_of_the_folder(tmp_path: Path) -> None:
    FileMailer(tmp_path / "mail").send(a_mail('"../../evil/"@example.com'), key="../../key")
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["2025-03-05_evil-example.com_key.eml"]


def test_a_folder_that_cannot_be_written_stops_the_transport_and_leaves_nothing(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "mail")
    (tmp_path / "mail").rmdir()
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(TransportDown, match="cannot be written") as refused:
        mailer.send(a_mail(), key="k")
    assert refused.value.retryable
    assert (tmp_path / "mail").read_text() == "in the way"


def test_many_mails_go_one_by_one_where_the_transport_knows_no_other_way(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "mail")
    taken = send_all(mailer, [(a_mail(), "k1"), (a_mail("bob@example.com"), "k2")])
    assert [(outcome.key, outcome.error) for (outcome,) in taken] == [("k1", None), ("k2", None)]
    assert len(list((tmp_path / "mail").iterdir())) == 2
    for path in (tmp_path / "mail").iterdir():
        path.unlink()
    (tmp_path / "mail").rmdir()
    ((refused,),) = send_all(mailer, [(a_mail(), "k3"), (a_mail(), "k4")])
    assert isinstance(refused.error, TransportDown)


@pytest.mark.parametrize(
    ("mail", "kind"),
    [
        ("", FileMailer),
        ("file:{folder}", FileMailer),
        ("file://{folder}", FileMailer),
        ("smtp://127.0.0.1:2525", SmtpMailer),
        ("smtps://ada:p%40ss@mail.example", SmtpMailer),
        ("sendgrid:", SendGridMailer),
    ],
)
def test_the_settings_name_the_transport(mail: str, kind: type, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, mail=mail.format(folder=tmp_path / "mail"), sendgrid_api_key="key")
    with open_mailer(settings) as mailer:
        assert isinstance(mailer, kind)
        if isinstance(mailer, FileMailer):
            assert mailer.folder == tmp_path / "mail"


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ("sendgrid:", "CLAUSEWATCH_SENDGRID_API_KEY: is missing"),
        ("file:", "names no folder"),
        ("smtp://", "names no host"),
        ("smtp://mail.example:port", "its port is none"),
        ("smtp://ada@mail.example", "needs both halves"),
        ("pigeon:", "'pigeon' is no transport"),
        ("file:/dev/null/mail", "cannot be made"),
    ],
)
def test_a_transport_that_cannot_be_used_is_told_in_one_line(mail: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as refused, open_mailer(Settings(home=tmp_path, mail=mail)):
        pass
    assert len(str(refused.value).splitlines()) == 1


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    settings = replace(Settings(home=tmp_path), mail="smtp://ada:hunter2@127.0.0.1:1")
    with open_mailer(settings) as mailer:
        assert "hunter2" not in repr(vars(mailer))
        with pytest.raises(DeliveryError) as refused:
            mailer.send(a_mail(), key="k")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("mail", ["smtp://ada:hunter2/x@mail.example", "smtp://ada:hunter2\u2100@mail.example"])
def test_no_trace_shows_a_password_that_cannot_be_read(mail: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused, open_mailer(Settings(home=tmp_path, mail=mail)):
        pass
    assert "hunter2" not in "".join(traceback.format_exception(refused.value)).replace(mail, "")

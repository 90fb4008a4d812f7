import socket
import ssl
import struct
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from clausewatch.errors import DeliveryError, SettingsError
from notifier.mailer import AddressRefused, TransportDown
from notifier.smtp_mailer import SmtpMailer, SmtpServer, read_smtp_url
from tests.notifier.servers import ACCEPTED, Certificate, Postbox, certificate_for_loopback, smtp_server
from tests.notifier.test_mailer import a_mail

pytestmark = pytest.mark.once
LOGIN = ("ada", "p@ss: word")


def to(postbox: Postbox, *, login: tuple[str, str] = ("", "")) -> SmtpMailer:
    return SmtpMailer(SmtpServer(postbox.host, postbox.port, False, *login))


def test_a_mail_arrives_byte_for_byte() -> None:
    message = a_mail()
    with smtp_server() as postbox, to(postbox) as mailer:
        assert mailer.send(message, key="k") == message["Message-ID"]
        assert postbox.mails == [bytes(message)]
        assert postbox.recipients == [["ada@example.com"]]
        parsed = message_from_bytes(postbox.mails[0], policy=policy.default)
        assert parsed["Subject"] == "Please confirm: mail about changes to policies"


def test_many_mails_go_over_one_connection() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        for number in range(20):
            mailer.send(a_mail(f"reader{number}@example.com"), key=str(number))
        assert len(postbox.mails) == 20
        assert postbox.connections == 1


@pytest.mark.parametrize(
    ("answer", "is_retryable"), [("450 mailbox busy", True), ("421 later", True), ("550 no such user", False)]
)
def test_a_refused_recipient_is_told_with_the_servers_words_and_the_next_mail_goes(
    answer: str, is_retryable: bool
) -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_recipient = lambda recipient: answer if recipient.startswith("ada") else ACCEPTED
        with pytest.raises(DeliveryError, match=f"ada@example.com: refused with {answer}") as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retryable is is_retryable
        assert not isinstance(refused.value, TransportDown)
        mailer.send(a_mail("bob@example.com"), key="l")
        assert postbox.recipients == [["bob@example.com"]]


@pytest.mark.parametrize(
    ("answer", "is_hard"),
    [
        ("550 no such user", False), ("550 5.1.1 no such user", True), ("553 5.1.3 odd address", True),
        ("550 relay not permitted", False), ("550 5.1.0 sender rejected", False), ("553 5.1.8 sender unknown", False),
        ("552 5.2.2 mailbox full", False), ("550 5.7.1 blocked by policy", False), ("450 mailbox busy", False),
    ],
)  # fmt: skip
def test_an_address_that_takes_no_mail_at_all_is_told_apart(answer: str, is_hard: bool) -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_recipient = lambda recipient: answer
        with pytest.raises(DeliveryError, match=answer) as refused:
            mailer.send(a_mail(), key="k")
        assert isinstance(refused.value, AddressRefused) is is_hard
        postbox.on_recipient, postbox.on_data = (lambda recipient: ACCEPTED), (lambda content: "550 5.1.1 odd")
        with pytest.raises(DeliveryError, match="odd") as refused:
            mailer.send(a_mail(), key="k")
        assert not isinstance(refused.value, AddressRefused)  # said of the mail


@pytest.mark.parametrize(("answer", "is_retryable"), [("452 disk full", True), ("554 looks like spam", False)])
def test_a_refused_text_is_told(answer: str, is_retryable: bool) -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_data = lambda content: answer
        with pytest.raises(DeliveryError, match=answer) as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retryable is is_retryable


def test_a_server_that_hangs_up_in_the_middle_may_be_asked_again() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_data = lambda content: None
        with pytest.raises(DeliveryError, match="hung up before it answered") as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retryable
        assert not isinstance(refused.value, TransportDown)
        postbox.on_data = lambda content: ACCEPTED
        mailer.send(a_mail(), key="k")
        assert len(postbox.mails) == 1
        assert postbox.connections == 2


def test_a_server_that_drops_the_connection_in_the_midst_of_a_mail_may_be_asked_again() -> None:
    """A server of our own, since aiosmtpd reads mails to their end: it resets once a part has come."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as lines:
                for answer in (b"220 hello", b"250 hello", b"250 fine", b"250 fine", b"354 go on"):
                    lines.write(answer + b"\r\n")
                    lines.flush()
                    lines.readline()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset

        server = threading.Thread(target=serve)
        server.start()
        host, port = listening.getsockname()
        with SmtpMailer(SmtpServer(host, port, False)) as mailer:
            with pytest.raises(DeliveryError, match="nobody can tell whether it took the mail") as refused:
                mailer.send(a_mail(), key="k")
            server.join()
        assert refused.value.retryable
        assert not isinstance(refused.value, TransportDown)


def test_a_server_that_does_not_answer_in_time_may_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifier.smtp_mailer.TIMEOUT_SECONDS", 0.2)  # half a minute is long for a test
    answered = threading.Event()
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_data = lambda content: "451 too late" if answered.wait(5) else None
        with pytest.raises(DeliveryError, match="timed out") as refused:
            mailer.send(a_mail(), key="k")
        answered.set()
        assert refused.value.retryable


def test_a_server_that_ends_the_connection_after_some_mails_is_met_anew() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        mailer.send(a_mail(), key="k")
        answers = iter(["421 enough for now", ACCEPTED])
        postbox.on_mail = lambda sender: next(answers)
        mailer.send(a_mail(), key="l")
        assert len(postbox.mails) == 2
        assert postbox.connections == 2


def test_a_server_that_ended_an_idle_connection_is_met_anew() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        mailer.send(a_mail(), key="k")
        postbox.hang_up()
        mailer.send(a_mail("bob@example.com"), key="l")
        assert postbox.recipients == [["ada@example.com"], ["bob@example.com"]]
        assert postbox.connections == 2


def test_the_words_tell_whether_the_mail_may_have_been_taken() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_data = lambda content: None
        with pytest.raises(DeliveryError, match="nobody can tell whether it took the mail"):
            mailer.send(a_mail(), key="k")
        postbox.on_mail = lambda sender: None
        with pytest.raises(DeliveryError, match="hung up before it was given the mail") as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retryable
        assert not postbox.mails


def test_a_server_that_is_told_how_to_report_names_the_mail_and_its_reader_when_it_comes_back() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        mailer.send(a_mail("ada+lists@example.com"), key="0123456789abcdef")
        assert postbox.asked == []  # it offers nothing of the kind
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.extensions = ["DSN"]
        mailer.send(a_mail("ada+lists@example.com"), key="0123456789abcdef")
        assert len(postbox.mails) == 1
        # a confirmation comes back whole: the link that proves it ours stands in its text
        assert postbox.asked == [
            "RET=FULL", "ENVID=0123456789abcdef", "NOTIFY=FAILURE", "ORCPT=rfc822;ada+2Blists@example.com",
        ]  # fmt: skip


def test_a_mail_that_is_too_large_for_the_server_is_not_begun() -> None:
    with smtp_server(largest=500) as postbox, to(postbox) as mailer:
        with pytest.raises(DeliveryError, match="takes 500 bytes at most") as refused:
            mailer.send(a_mail(), key="k")
        assert not refused.value.retryable
        assert not isinstance(refused.value, TransportDown)
    with smtp_server(largest=500_000) as postbox, to(postbox) as mailer:
        mailer.send(a_mail(), key="k")
        assert len(postbox.mails) == 1


def test_our_mails_pass_servers_that_know_seven_bits_alone() -> None:
    message = a_mail()
    assert bytes(message).isascii()
    assert max(map(len, bytes(message).splitlines())) < 998
    raw = EmailMessage(policy=policy.SMTP.clone(cte_type="8bit"))
    raw["From"], raw["To"], raw["Message-ID"] = "notices@watch.example", "ada@example.com", "<k@watch.example>"
    raw.set_content("Grüße", cte="8bit")
    with smtp_server() as postbox, to(postbox) as mailer:
        mailer.send(raw, key="k")  # it offers 8BITMIME
        assert "Grüße".encode() in postbox.mails[0]


def test_a_sender_that_the_server_does_not_know_stops_the_run_and_blames_no_mail() -> None:
    with smtp_server() as postbox, to(postbox) as mailer:
        postbox.on_mail = lambda sender: "553 not your domain"
        with pytest.raises(TransportDown, match=r"refuses mail from notices@watch.example .*CLAUSEWATCH_FROM"):
            mailer.send(a_mail(), key="k")


def test_no_server_at_all_stops_the_run() -> None:
    with smtp_server() as postbox:
        gone = to(postbox)
    with pytest.raises(TransportDown, match=f"127.0.0.1:{postbox.port}: no mail can be handed over"):
        gone.send(a_mail(), key="k")


def test_a_login_is_given_and_a_wrong_one_stops_the_run() -> None:
    with smtp_server(login=LOGIN) as postbox:
        with to(postbox, login=LOGIN) as mailer:
            mailer.send(a_mail(), key="k")
        assert len(postbox.mails) == 1
        with to(postbox) as mailer, pytest.raises(TransportDown, match="530 log in first"):
            mailer.send(a_mail(), key="k")
        with to(postbox, login=("ada", "wrong")) as mailer, pytest.raises(TransportDown, match="535") as refused:
            mailer.send(a_mail(), key="k")
        assert refused.value.retryable
        assert "wrong" not in str(refused.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate_for_loopback(tmp_path_factory.mktemp("tls"))


def test_smtps_is_tls_from_the_first_byte(certificate: Certificate) -> None:
    with smtp_server(login=LOGIN, tls=certificate.serving) as postbox:
        server = SmtpServer(postbox.host, postbox.port, True, *LOGIN)
        with SmtpMailer(server, tls=certificate.trusting) as mailer:
            mailer.send(a_mail(), key="k")
        with SmtpMailer(server) as mailer, pytest.raises(TransportDown, match="CERT"):
            mailer.send(a_mail(), key="k")
        assert len(postbox.mails) == 1


def test_starttls_is_used_where_it_is_offered(certificate: Certificate) -> None:
    with smtp_server(login=LOGIN, starttls=certificate.serving) as postbox, to(postbox, login=LOGIN) as mailer:
        mailer.send(a_mail(), key="k")  # the server takes a login over TLS alone
        assert len(postbox.mails) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused_when_it_matters(certificate: Certificate) -> None:
    with smtp_server(starttls=certificate.serving) as postbox:
        server = SmtpServer(postbox.host, postbox.port, False)
        with SmtpMailer(server, tls=ssl.create_default_context()) as mailer, pytest.raises(TransportDown, match="CERT"):
            mailer.send(a_mail(), key="k")
        with SmtpMailer(server, tls=certificate.trusting) as mailer:
            mailer.send(a_mail(), key="k")
        assert len(postbox.mails) == 1


def test_a_password_never_goes_in_the_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    # no second machine in a test: this loopback server is declared to be one
    monkeypatch.setattr(SmtpServer, "is_loopback", False)
    with (
        smtp_server(login=LOGIN) as postbox,
        to(postbox, login=LOGIN) as mailer,
        pytest.raises(SettingsError, match="in the clear; use smtps://"),
    ):
        mailer.send(a_mail(), key="k")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", SmtpServer("mail.example", 25, False)),
        ("smtp://a:b@mail.example", SmtpServer("mail.example", 587, False, "a", "b")),
        ("smtps://a%40b:c%2Fd@mail.example", SmtpServer("mail.example", 465, True, "a@b", "c/d")),
        ("smtps://[::1]:2465", SmtpServer("::1", 2465, True)),
    ],
)
def test_the_url_names_server_and_login(url: str, server: SmtpServer) -> None:
    assert read_smtp_url(url) == server

"""Reports as mail servers write them, of several makers, and complaints. Hosts and people are fictional."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email.message import EmailMessage

HEADERS_OF_OURS = ("From", "To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe")
Report = Callable[[EmailMessage], bytes]


def _headers(mail: EmailMessage) -> str:
    return "".join(f"{name}: {mail[name]}\r\n" for name in HEADERS_OF_OURS if mail[name])


def _report(status: str, returned: str, *, kind: str = "message/rfc822", encoding: str = "", words: str = "") -> bytes:
    encoded = f"Content-Transfer-Encoding: {encoding}\r\n" if encoding else ""
    return (
        "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@mx.example>\r\nTo: notices@watch.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Message-ID: <20250305123000.ABCDEF@mx.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="edge/mx.example"\r\n\r\n'
        f"--edge/mx.example\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{words or 'It came back.'}\r\n\r\n"
        f"--edge/mx.example\r\nContent-Type: message/delivery-status\r\n{encoded}\r\n{status}\r\n"
        f"--edge/mx.example\r\nContent-Type: {kind}\r\n\r\n{returned}\r\n--edge/mx.example--\r\n"
    ).encode()


def postfix(mail: EmailMessage) -> bytes:
    """Three parts, the mail whole."""
    status = (
        "Reporting-MTA: dns; mx.watch.example\r\nX-Postfix-Queue-ID: 4XyZ\r\n"
        "X-Postfix-Sender: rfc822; notices@watch.example\r\nArrival-Date: Wed, 05 Mar 2025 12:30:00 +0000 (UTC)\r\n\r\n"
        "Final-Recipient: rfc822; ada@example.com\r\nOriginal-Recipient: rfc822;ada@example.com\r\nAction: failed\r\n"
        "Status: 5.1.1\r\nRemote-MTA: dns; mx.example.com\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address\r\n    rejected: User unknown\r\n"
    )
    return _report(status, bytes(mail).decode("ascii"))


def postfix_with_headers_alone(mail: EmailMessage) -> bytes:
    """RET=HDRS was asked for, and the envelope's id is told."""
    status = (
        "Reporting-MTA: dns; mx.watch.example\r\nOriginal-Envelope-Id: feedfacefeedface\r\n\r\n"
        "Final-Recipient: rfc822; ada@example.com\r\nOriginal-Recipient: rfc822;ada@example.com\r\nAction: failed\r\n"
        "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
    )
    return _report(status, _headers(mail), kind="text/rfc822-headers")


def exim(mail: EmailMessage) -> bytes:
    """No status in the code, 5.0.0 for everything."""
    status = (
        "Reporting-MTA: dns; mx.watch.example\r\n\r\nAction: failed\r\nFinal-Recipient: rfc822;ada@example.com\r\n"
        "Status: 5.0.0\r\nRemote-MTA: dns; mx.example.com\r\nDiagnostic-Code: smtp; 550 no mailbox by that name\r\n"
    )
    return _report(status, _headers(mail), kind="message/rfc822")


def exim_of_old(mail: EmailMessage) -> bytes:
    """No report at all but a letter, with the addresses in a header."""
    return (
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\r\nTo: notices@watch.example\r\n"
        "X-Failed-Recipients: ada@example.com\r\nSubject: Mail delivery failed: returning message to sender\r\n\r\n"
        "This message was created automatically by mail delivery software.\r\n\r\n"
        "A message that you sent could not be delivered. This is a permanent error.\r\n\r\n  ada@example.com\r\n"
        "    SMTP error from remote mail server after RCPT TO:<ada@example.com>:\r\n    550 5.1.1 User unknown\r\n\r\n"
        f"------ This is a copy of the message, including all the headers. ------\r\n\r\n{_headers(mail)}\r\n"
    ).encode()


def sendmail(mail: EmailMessage) -> bytes:
    status = (
        "Reporting-MTA: dns; mx.watch.example\r\nReceived-From-MTA: DNS; app.watch.example\r\n\r\n"
        "Final-Recipient: RFC822; ada@example.com\r\nX-Actual-Recipient: RFC822; ada@inner.example.com\r\n"
        "Action: failed\r\nStatus: 5.1.2\r\nDiagnostic-Code: SMTP; 550 Host unknown\r\n"
    )
    return _report(
        status, _headers(mail), kind="text/rfc822-headers", words="   ----- Transcript of session follows -----"
    )


def exchange(mail: EmailMessage) -> bytes:
    """Fields in base64."""
    fields = (
        "Reporting-MTA: dns;mail.example.com\r\nReceived-From-MTA: dns;mx.watch.example\r\n\r\n"
        "Original-Recipient: rfc822;ada@example.com\r\nFinal-Recipient: rfc822;ada@example.com\r\nAction: failed\r\n"
        "Status: 5.1.10\r\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\r\n"
        "X-Display-Name: ada\r\n"
    )
    return _report(base64.encodebytes(fields.encode()).decode(), bytes(mail).decode("ascii"), encoding="base64")


def qmail(mail: EmailMessage) -> bytes:
    """A letter of its own form."""
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: notices@watch.example\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message.\r\n\r\n"
        "<ada@example.com>:\r\n10.0.0.1 does not like recipient.\r\nRemote host said: 550 5.1.1 unknown\r\n"
        "Giving up on 10.0.0.1.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
        f"Return-Path: <notices@watch.example>\r\n{_headers(mail)}\r\n"
    ).encode()


def odd_recipient(mail: EmailMessage) -> bytes:
    """An address spelled as RFC 3461 has it."""
    status = (
        "Reporting-MTA: dns; mx.example\r\n\r\nOriginal-Recipient: rfc822;ada+2Blists@example.com\r\n"
        "Final-Recipient: rfc822;ada+lists@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    )
    return _report(status, _headers(mail), kind="text/rfc822-headers")


HARD: dict[str, Report] = {
    each.__name__: each
    for each in (
        postfix, postfix_with_headers_alone, exim, exim_of_old, sendmail, exchange, qmail, odd_recipient,
    )
}  # fmt: skip


def with_status(mail: EmailMessage, action: str, status: str, diagnosis: str) -> bytes:
    """A plain report that says this."""
    fields = (
        f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ada@example.com\r\nAction: {action}\r\n"
        f"Status: {status}\r\nDiagnostic-Code: {diagnosis}\r\n"
    )
    return _report(fields, _headers(mail), kind="text/rfc822-headers")


def complaint(mail: EmailMessage, kind: str = "abuse") -> bytes:
    """A reader said that it is spam (RFC 5965); who, their provider leaves out."""
    return (
        "From: feedback@mail.example\r\nTo: notices@watch.example\r\nSubject: FW: a mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="edge"\r\n\r\n'
        "--edge\r\nContent-Type: text/plain\r\n\r\nThis is a report about a mail.\r\n"
        "--edge\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Reports/1.0\r\nVersion: 1\r\n\r\n"
        f"--edge\r\nContent-Type: message/rfc822\r\n\r\n{bytes(mail).decode('ascii')}\r\n--edge--\r\n"
    ).encode()

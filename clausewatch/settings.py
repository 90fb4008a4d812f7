"""Settings: environment or a TOML file in, one frozen object out; all problems in one message."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from clausewatch.errors import SettingsError

PREFIX = "CLAUSEWATCH_"
INTERNET_ARCHIVE = "https://web.archive.org"

NAMES = {
    "DATABASE_URL", "HOME", "BLOBS", "ALLOW_HOSTS", "MAIL", "SENDGRID_API_KEY", "SENDGRID_HOST",
    "SENDGRID_EVENTS_KEY", "SENDGRID_SANDBOX", "FROM", "OPERATOR", "MAILS_A_DAY", "FLOOD_SHARE", "FLOOD_LEAST",
    "LOG", "LOG_LEVEL", "PUBLIC_URL", "INDEXED", "SECRET", "CONTACT", "CHROMIUM", "WAYBACK_URL", "WAYBACK_PACE",
}  # fmt: skip
_MAILBOX = re.compile(r"[^\s@<>]+@[^\s@<>]+")
LOGS = ("console", "json")
LOG_LEVELS = ("info", "debug", "warning", "error")
OF_TESTS = {"CLAUSEWATCH_TESTS_DATABASE", "CLAUSEWATCH_TESTS_MUST_RUN"}  # what our own tests set
SECRETS = {"DATABASE_URL", "MAIL", "SENDGRID_API_KEY", "SECRET"}  # each may also come as NAME_FILE


@dataclass(frozen=True)
class Settings:
    """What an installation chose. ``load`` reads it; tests build it by hand."""

    home: Path = Path("clausewatch-data")
    database_url: str = ""  # empty: SQLite under home
    blobs: str = ""  # folder or s3://bucket/prefix?... of the bodies; empty: blobs under home
    allow_hosts: tuple[str, ...] = ()  # "host:port" that the guard lets through although they are not public
    mail: str = ""  # file:DIR, smtp://, smtps://, sendgrid:; empty: file:HOME/mail
    sendgrid_api_key: str = field(default="", repr=False)
    sendgrid_host: str = "https://api.sendgrid.com"
    sendgrid_events_key: str = ""  # public key that SendGrid's events are signed for; empty: none are taken
    is_sendgrid_sandbox: bool = False  # CLAUSEWATCH_SENDGRID_SANDBOX: mails are checked there, never delivered
    sender: str = "Clausewatch <clausewatch@localhost>"  # CLAUSEWATCH_FROM
    operator: str = ""  # address for alarms
    mails_a_day: int = 10  # instant ones to one address; the rest waits for the next day's digest
    flood_share: float = 0.5  # of all subscribers; a delivery to more asks the operator first
    flood_least: int = 100  # subscribers; a delivery to fewer never asks
    public_url: str = "http://127.0.0.1:8000"  # where subscribers reach the pages; links in mails begin with it
    is_indexed: bool = False  # CLAUSEWATCH_INDEXED: search engines may list the pages of vendors
    secret: str = field(default="", repr=False)  # signs links; made and kept under home when empty
    contact: str = ""  # in the agent's name, so that a site can reach the operator
    wayback_url: str = INTERNET_ARCHIVE
    chromium: str = ""  # path of a browser, and switches of its own; empty: found by its usual names
    log: str = "console"  # what the log on standard error is written as: lines for people, or json
    log_level: str = "info"  # debug, info, warning, error
    wayback_pace: tuple[int, int] | None = None  # index queries a minute, playbacks a second; None: the usual

    @property
    def database(self) -> str:
        """The database URL, the default one resolved."""
        return self.database_url or f"sqlite:///{self.home / 'clausewatch.db'}"

    @property
    def mail_url(self) -> str:
        return self.mail or f"file:{self.home / 'mail'}"


def load(
    environ: Mapping[str, str] | None = None, *, config: Path | None = None, database_url: str | None = None
) -> Settings:
    """Settings from the environment, over those of the file ``config``, over the defaults.

    Raises SettingsError with every problem found.
    """
    environ = os.environ if environ is None else environ
    problems: list[str] = []
    values = _from_file(config, problems) if config else {}
    values |= _from_environment(environ, problems)
    if database_url:
        values["DATABASE_URL"] = database_url
    settings = _settings(values, problems)
    if problems:
        raise SettingsError("; ".join(problems))
    return settings


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like settings of ours and are none: misspelt, perhaps."""
    known = {PREFIX + name for name in NAMES} | {f"{PREFIX}{name}_FILE" for name in SECRETS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known | OF_TESTS)


def _from_file(path: Path, problems: list[str]) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{path}: cannot be read ({error.strerror}); name an existing file with --config")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: is not TOML ({error})")
        return {}
    values = {}
    for key, value in table.items():
        name = key.upper().removeprefix(PREFIX)
        if name not in NAMES:
            problems.append(f"{path}: unknown setting {key!r}; docs/settings.md lists them")
        else:
            values[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return values


def _from_environment(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    values = {name: environ[PREFIX + name] for name in NAMES if environ.get(PREFIX + name)}
    for name in SECRETS:
        if path := environ.get(f"{PREFIX}{name}_FILE"):
            try:
                values[name] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                problems.append(
                    f"{PREFIX}{name}_FILE: {path} cannot be read ({reason}); name a file that holds the value"
                )
    return values


def _settings(values: Mapping[str, str], problems: list[str]) -> Settings:
    defaults = Settings()
    mail = values.get("MAIL", "")
    if mail and not mail.startswith(("file:", "smtp://", "smtps://", "sendgrid:")):
        problems.append(
            f"{PREFIX}MAIL: {mail.split(':')[0]!r} is no transport; use file:DIR, smtp://, smtps:// or sendgrid:"
        )
    for name in ("PUBLIC_URL", "WAYBACK_URL", "SENDGRID_HOST"):
        if not _is_address(values.get(name, "http://x")):
            problems.append(f"{PREFIX}{name}: {values[name]!r} is no http(s) address")
    for name in ("FROM", "OPERATOR"):
        if values.get(name, "").strip() and not _MAILBOX.search(values[name]):
            problems.append(f"{PREFIX}{name}: {values[name][:40]!r} is no mail address; write name@example.org")
    hosts = tuple(host.strip() for host in values.get("ALLOW_HOSTS", "").split(",") if host.strip())
    for host in hosts:
        if not host.rpartition(":")[2].isdigit():
            problems.append(f"{PREFIX}ALLOW_HOSTS: {host!r} needs a port, as in 127.0.0.1:8080")
    return Settings(
        home=Path(values.get("HOME", defaults.home)),
        database_url=values.get("DATABASE_URL", ""),
        blobs=_blobs(values.get("BLOBS", ""), problems),
        allow_hosts=hosts,
        mail=mail,
        sendgrid_api_key=values.get("SENDGRID_API_KEY", ""),
        sendgrid_host=values.get("SENDGRID_HOST", defaults.sendgrid_host),
        sendgrid_events_key=values.get("SENDGRID_EVENTS_KEY", ""),
        is_sendgrid_sandbox=_is_on(values, "SENDGRID_SANDBOX", problems),
        sender=values.get("FROM", defaults.sender),
        operator=values.get("OPERATOR", ""),
        mails_a_day=int(_number(values, "MAILS_A_DAY", defaults.mails_a_day, problems, least=1)),
        flood_share=_number(values, "FLOOD_SHARE", defaults.flood_share, problems, most=1),
        flood_least=int(_number(values, "FLOOD_LEAST", defaults.flood_least, problems)),
        public_url=values.get("PUBLIC_URL", defaults.public_url).rstrip("/"),
        is_indexed=_is_on(values, "INDEXED", problems),
        secret=values.get("SECRET", ""),
        contact=values.get("CONTACT", ""),
        wayback_url=values.get("WAYBACK_URL", defaults.wayback_url).rstrip("/"),
        chromium=values.get("CHROMIUM", "").strip(),
        log=_choice(values, "LOG", LOGS, problems),
        log_level=_choice(values, "LOG_LEVEL", LOG_LEVELS, problems),
        wayback_pace=_pace(values.get("WAYBACK_PACE", ""), problems),
    )


def _blobs(value: str, problems: list[str]) -> str:
    scheme, found, rest = value.strip().partition("://")
    if found and not (scheme == "s3" and re.match(r"[a-z0-9][a-z0-9.-]{2,62}(/|\?|$)", rest)):
        problems.append(f"{PREFIX}BLOBS: {value[:40]!r} is neither a folder nor s3://BUCKET/PREFIX")
    return value.strip()


def _pace(value: str, problems: list[str]) -> tuple[int, int] | None:
    if not value:
        return None
    match = re.fullmatch(r"([1-9]\d{0,4}),([1-9]\d{0,3})", value.replace(" ", ""), re.ASCII)
    if match is None:
        problems.append(
            f"{PREFIX}WAYBACK_PACE: {value[:20]!r} is no pace; "
            "write index queries a minute and playbacks a second, as in 24,8"
        )
        return None
    return int(match[1]), int(match[2])


def _number(
    values: Mapping[str, str], name: str, default: float, problems: list[str], *, least: float = 0, most: float = 1e9
) -> float:
    value = values.get(name, "")
    try:
        number = float(value) if value else default
    except ValueError:
        number = -1.0
    if not least <= number <= most:  # also where it is not a number
        problems.append(f"{PREFIX}{name}: {value[:20]!r} is no number from {least:g} to {most:g}")
        return default
    return number


def _choice(values: Mapping[str, str], name: str, choices: tuple[str, ...], problems: list[str]) -> str:
    """One of the choices; the first where none is given."""
    value = values.get(name, "").strip().lower() or choices[0]
    if value not in choices:
        problems.append(f"{PREFIX}{name}: {value[:20]!r} is none of {', '.join(choices)}")
    return value


def _is_on(values: Mapping[str, str], name: str, problems: list[str]) -> bool:
    value = values.get(name, "").strip().lower()
    if value not in ("", "0", "1", "no", "yes", "false", "true", "off", "on"):
        problems.append(f"{PREFIX}{name}: {value[:20]!r} is neither yes nor no")
    return value in ("1", "yes", "true", "on")


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:  # brackets that are none
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)

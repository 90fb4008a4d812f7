from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from archive import open_archive
from clausewatch.errors import ClausewatchError
from clausewatch.jobs.heads import KEY_FILE
from clausewatch.jobs.starting import check_start
from clausewatch.settings import Settings, load
from notifier.tokens import SECRET_FILE
from tests.support.buckets import IS_THERE, make_bucket, s3_server
from tests.support.scenario import World, day, policy, settings_of


def refusal(home: Path, **settings: str) -> str:
    """What a start is refused with."""
    named = {f"CLAUSEWATCH_{name.upper()}": value for name, value in settings.items()}
    with pytest.raises(ClausewatchError) as refused:
        start(load({"CLAUSEWATCH_HOME": str(home)} | named))
    return str(refused.value)


def start(settings: Settings) -> None:
    with open_archive(settings) as archive:
        check_start(archive, settings)


def test_what_is_not_set_keeps_nothing_from_starting(tmp_path: Path) -> None:
    start(Settings(home=tmp_path))
    start(Settings(home=tmp_path))  # with all that the first one made


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"blobs": "/proc/bodies"}, "/proc/bodies: bodies cannot be stored there (No such file or directory); set"),
        ({"mail": "sendgrid:"}, "CLAUSEWATCH_SENDGRID_API_KEY: is missing"),
        ({"mail": "smtp://"}, "CLAUSEWATCH_MAIL: names no host"),
        ({"mail": "file:/proc/mail"}, "CLAUSEWATCH_MAIL: /proc/mail: cannot be made"),
        ({"from": "Clausewatch"}, "CLAUSEWATCH_FROM: 'Clausewatch' is no mail address; write name@example.org"),
        ({"operator": "me"}, "CLAUSEWATCH_OPERATOR: 'me' is no mail address"),
        ({"sendgrid_events_key": "nonsense"}, "CLAUSEWATCH_SENDGRID_EVENTS_KEY"),
        ({"chromium": "/nowhere/chromium"}, "CLAUSEWATCH_CHROMIUM: '/nowhere/chromium' is no program; name one"),
        ({"secret_file": "/nowhere"}, "CLAUSEWATCH_SECRET_FILE: /nowhere cannot be read (No such file or directory);"),
    ],
)
def test_what_cannot_work_is_said_at_the_start(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    line = refusal(tmp_path, **settings)
    assert line.startswith(said)
    assert "\n" not in line


def test_a_machine_that_has_none_of_the_bodies_does_not_begin(world: World, tmp_path: Path) -> None:
    vendor = world.vendor()
    for number in range(3):
        vendor.publishes(policy(nonce=str(number)), at=day(number))
    settings = replace(
        settings_of(tmp_path), database_url=world.archive.engine.url.render_as_string(hide_password=False)
    )
    start(settings)
    with pytest.raises(ClausewatchError, match="holds none of the archive's bodies; mount it, or have CLAUSEWATCH_BL"):
        start(replace(settings, home=tmp_path / "elsewhere"))
    for snapshot in vendor.snapshots[1:]:
        world.archive.blobs.path(snapshot.sha256).unlink()
    start(settings)  # verify tells which are lost


@pytest.mark.parametrize("name", [KEY_FILE, SECRET_FILE])
def test_a_key_that_is_none_is_said_at_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    assert refusal(tmp_path).startswith(f"{tmp_path / name}: ")


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "kites")


@pytest.mark.usefixtures("credentials")
def test_a_bucket_that_does_not_answer_is_said_within_seconds(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        line = refusal(tmp_path, blobs=f"s3://kites?region=x&endpoint={endpoint}&allow_http=true")
        assert time.monotonic() - began < 60  # on a machine that is busy; the usual patience is two minutes
    assert line.startswith("s3://kites: cannot be reached (")
    assert line.endswith("check CLAUSEWATCH_BLOBS and the credentials and try again")


@pytest.mark.skipif(not IS_THERE, reason="no server that speaks S3 is installed")
def test_a_bucket_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with s3_server() as address:
        there = make_bucket(address, "kites")
        start(Settings(home=tmp_path, blobs=there))
        line = refusal(tmp_path, blobs=there.replace("s3://kites/some/prefix", "s3://gullwing"))
    assert line == "s3://gullwing: there is no such bucket; make it, or name another"


def test_a_bucket_without_credentials_says_which_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")  # where nobody listens
    line = refusal(tmp_path, blobs="s3://kites?region=x&endpoint=http://127.0.0.1:1&allow_http=true")
    assert "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in line

"""Settings from environment and file, with every problem in one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from clausewatch.errors import SettingsError
from clausewatch.settings import load, unknown_names


def test_nothing_set_means_sqlite_and_files_under_the_home() -> None:
    settings = load({})
    assert settings.database == "sqlite:///clausewatch-data/clausewatch.db"
    assert settings.mail_url == "file:clausewatch-data/mail"


def test_the_environment_wins_over_the_file_and_the_option_over_both(tmp_path: Path) -> None:
    config = tmp_path / "clausewatch.toml"
    config.write_text('home = "/from/file"\ncontact = "ops@lamp.example"\ndatabase_url = "sqlite:///file.db"\n')
    settings = load({"CLAUSEWATCH_HOME": "/from/env"}, config=config, database_url="sqlite:///option.db")
    assert settings.home == Path("/from/env")
    assert settings.contact == "ops@lamp.example"
    assert settings.database == "sqlite:///option.db"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whistle\n")
    assert load({"CLAUSEWATCH_SECRET_FILE": str(tmp_path / "secret")}).secret == "whistle"


def test_secrets_are_not_shown() -> None:
    settings = load({"CLAUSEWATCH_SECRET": "whistle", "CLAUSEWATCH_SENDGRID_API_KEY": "SG.lamp"})
    assert "whistle" not in repr(settings)
    assert "SG.lamp" not in repr(settings)


def test_all_problems_come_in_one_message(tmp_path: Path) -> None:
    config = tmp_path / "clausewatch.toml"
    config.write_text('lamp = "on"\n')
    environment = {
        "CLAUSEWATCH_MAIL": "pigeon:coop",
        "CLAUSEWATCH_PUBLIC_URL": "lamps.example",
        "CLAUSEWATCH_WAYBACK_URL": "http://[lamps",
        "CLAUSEWATCH_ALLOW_HOSTS": "127.0.0.1",
        "CLAUSEWATCH_SECRET_FILE": str(tmp_path / "none"),
    }
    with pytest.raises(SettingsError) as raised:
        load(environment, config=config)
    for part in (
        "'lamp'",
        "'pigeon'",
        "PUBLIC_URL",
        "'http://[lamps' is no http(s) address",
        "'127.0.0.1' needs a port",
        "SECRET_FILE",
    ):
        assert part in str(raised.value)


def test_a_name_that_is_misspelt_is_known() -> None:
    environ = {"CLAUSEWATCH_FROM": "", "CLAUSEWATCH_OPERATER": "x", "CLAUSEWATCH_SECRET_FILE": "x", "PATH": "x",
               "CLAUSEWATCH_LOG_FILE": "x"}  # fmt: skip
    assert unknown_names(environ) == ["CLAUSEWATCH_LOG_FILE", "CLAUSEWATCH_OPERATER"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read"):
        load({}, config=tmp_path / "none.toml")


@pytest.mark.parametrize(("value", "is_on"), [("yes", True), ("1", True), ("TRUE", True), ("no", False), ("", False)])
def test_sendgrids_sandbox_is_on_or_off(value: str, is_on: bool) -> None:
    assert load({"CLAUSEWATCH_SENDGRID_SANDBOX": value}).is_sendgrid_sandbox is is_on


def test_a_switch_that_is_neither_is_told() -> None:
    with pytest.raises(SettingsError, match="CLAUSEWATCH_SENDGRID_SANDBOX: 'perhaps' is neither yes nor no"):
        load({"CLAUSEWATCH_SENDGRID_SANDBOX": "perhaps"})


def test_the_log_is_lines_for_people_unless_json_is_asked_for() -> None:
    assert (load({}).log, load({}).log_level) == ("console", "info")
    chosen = load({"CLAUSEWATCH_LOG": "JSON", "CLAUSEWATCH_LOG_LEVEL": "warning"})
    assert (chosen.log, chosen.log_level) == ("json", "warning")
    with pytest.raises(SettingsError, match=r"CLAUSEWATCH_LOG: 'paper' is none of console, json.*_LEVEL: 'loud'"):
        load({"CLAUSEWATCH_LOG": "paper", "CLAUSEWATCH_LOG_LEVEL": "loud"})


def test_bodies_lie_in_a_folder_or_in_a_bucket() -> None:
    assert load({"CLAUSEWATCH_BLOBS": "s3://harbor-bodies/some?region=eu-west-1"}).blobs.startswith("s3://harbor")
    assert load({"CLAUSEWATCH_BLOBS": "/srv/bodies"}).blobs == "/srv/bodies"
    for wrong in ("gs://harbor-bodies", "s3://No_Bucket"):
        with pytest.raises(SettingsError, match=r"CLAUSEWATCH_BLOBS: .* is neither a folder nor s3://BUCKET/PREFIX"):
            load({"CLAUSEWATCH_BLOBS": wrong})

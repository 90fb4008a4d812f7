from __future__ import annotations

from tests.cli.running import CommandLine


def test_a_token_is_shown_once_listed_by_name_and_ended(run: CommandLine) -> None:
    made = run.succeeds("token", "add", "laptop")
    secret = made.out.strip()
    assert secret.startswith("cw_")
    assert "not shown again" in made.err
    assert secret not in run.succeeds("token", "list").out
    (row,) = run.succeeds("token", "list", "--json").rows
    assert (row["name"], row["used_at"]) == ("laptop", None)
    assert "exists" in run("token", "add", "laptop").failure
    assert run.succeeds("token", "end", "laptop").out == "laptop: ended\n"
    assert "no such token" in run("token", "end", "laptop").failure

from __future__ import annotations

from tests.cli.running import CommandLine

ADA = "ada@example.com"


def test_all_that_is_kept_about_an_address_is_told_and_erased(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA, "--confirmed", "--kind", "retention")
    run.succeeds("subscribe", ADA, "--every", "daily")
    run.succeeds("subscribe", "bob@example.com", "--confirmed")
    (data,) = run.succeeds("subscribers", "export", ADA.upper()).rows
    assert sorted(each["state"] for each in data["subscriptions"]) == ["confirmed", "pending"]
    assert run("subscribers", "erase", ADA).failure == f"{ADA}: nothing was erased; it cannot be undone, so say --yes"
    assert run.succeeds("subscribers", "erase", ADA, "--yes").out.startswith(f"{ADA}: 2 subscriptions erased")
    assert [row["email"] for row in run.succeeds("subscriptions", "--json").rows] == ["bob@example.com"]
    (left,) = run.succeeds("subscribers", "export", ADA).rows
    assert (left["subscriptions"], left["suppressed"]["reason"]) == ([], "erased on request")


def test_an_erased_address_is_not_brought_back(run: CommandLine) -> None:
    run.succeeds("subscribe", ADA, "--confirmed")
    run.succeeds("subscribers", "erase", ADA, "--yes")
    for words in (("--confirmed",), ()):
        done = run("subscribe", ADA, *words)
        assert (done.code, done.failure.startswith(f"{ADA}: nothing is sent there")) == (2, True)
    assert run.succeeds("subscriptions", "--json").rows == []


def test_nothing_is_told_of_an_address_that_is_not_known(run: CommandLine) -> None:
    run.begin()
    done = run("subscribers", "export", "nobody@example.com")
    assert (done.code, done.failure) == (
        1, "nobody@example.com: nothing is kept about it; see clausewatch subscriptions",
    )  # fmt: skip

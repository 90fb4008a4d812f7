"""Compare two texts, and show one."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from clausewatch.cli.executing import Cluster, WithoutTls, Workers, workers_of
from clausewatch.cli.running import Run, command
from clausewatch.cli.screen import screen
from clausewatch.counts import counted
from clausewatch.errors import ClausewatchError, UsageError

if TYPE_CHECKING:
    from clausewatch.jobs.sources import Given
    from clausewatch.model import Comparison

What = r"'-', a file, an http(s) address, or VENDOR/DOCUMENT\[@DATE]."  # rich would take brackets for its own


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app)(diff)
    command(app)(show)


def diff(
    run: Run,
    before: Annotated[str | None, typer.Argument(metavar="BEFORE", help=What)] = None,
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help=What)] = None,
    format: Annotated[str, typer.Option("--format", "-f", help="text, json, html or markdown.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Unfold what did not change.")] = False,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="With one ADDRESS: its text then.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="DATE", help="... and then.")] = None,
    wayback: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A Wayback Machine of your own.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep both snapshots in the archive.")] = False,
    pairs: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Compare many pairs of files; '-' is standard input.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, metavar="N", help="Processes, with --pairs.")] = None,
    cluster: Cluster = None,
    without_tls: WithoutTls = False,
) -> None:
    """What changed from one text to another: findings first, then the words."""
    output = None if output == Path("-") else output
    over_time = {"--from": from_, "--to": to, "--wayback": wayback, "--keep": keep}
    if pairs:
        _refuse(
            "--pairs",
            {"BEFORE": before, **over_time, "--full": full, f"--format {format}": format != "json" and format},
        )
        with workers_of(jobs, cluster, without_tls=without_tls) as workers:
            _diff_pairs(run, pairs, workers=workers, output=output)
        return
    _need("--pairs", {"--jobs": jobs, "--cluster": cluster, "--cluster-without-tls": without_tls})
    format = format or _format_by_name(output)
    if format not in ("text", "json", "html", "markdown"):
        raise UsageError(f"--format {format}: is none of text, json, html, markdown")
    if from_ is None and to is None:
        _need("--from and --to", over_time)
        given = _both(run, before, after)
    else:
        given = _from_wayback(run, before, after, from_=from_, to=to, wayback=wayback, keep=keep)
    from clausewatch.jobs.sources import compare_given

    comparison = compare_given(*given)
    _write(run, _rendered(run, comparison, format=format, full=full, to_file=output is not None), output)


def _refuse(option: str, others: Mapping[str, object]) -> None:
    """Raise UsageError for those of the others that were given."""
    for name, value in others.items():
        if value:
            raise UsageError(f"{name}: does not go with {option}; leave one of them out")


def _need(option: str, others: Mapping[str, object]) -> None:
    for name, value in others.items():
        if value:
            raise UsageError(f"{name}: goes with {option} alone; see --help")


def _both(run: Run, before: str | None, after: str | None) -> tuple[Given, Given]:
    if not (before and after):
        raise UsageError("two things to compare are needed: clausewatch diff BEFORE AFTER; see --help")
    if before == after == "-":
        raise UsageError("-: standard input can be one side alone; give a file for the other")
    return _given(run, before), _given(run, after)


def _diff_pairs(run: Run, pairs: Path, *, workers: Workers, output: Path | None) -> None:
    import json

    from clausewatch.jobs.pairs import compare_pairs

    done = failed = 0
    with _written(output) as out:
        for row in compare_pairs(pairs, jobs=workers.count, cluster=workers.cluster):
            line = json.dumps(row, ensure_ascii=False)
            # half of a surrogate pair, which an id may hold, stands in JSON as an escape
            out.write(line.encode("utf-8", "backslashreplace").decode() + "\n")
            out.flush()  # whoever reads along need not wait for a full buffer
            done, failed = done + 1, failed + ("error" in row)
            if sys.stderr.isatty() and done % 10 == 0:
                run.say(f"{done} pairs compared")
    if failed:
        run.say(f"{pairs}: {failed} of {counted(done, 'pair')} failed; their rows hold the error")
    if done and failed == done:
        raise typer.Exit(1)


@contextmanager
def _written(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there when it is whole."""
    if output is None:
        yield sys.stdout
        return
    beside = output.with_name(f".{output.name}.writing")
    try:
        with beside.open("w", encoding="utf-8") as file:
            yield file
        beside.replace(output)
    except OSError as error:
        raise ClausewatchError(f"{output}: cannot be written ({error.strerror}); nothing of it was kept") from error
    finally:
        beside.unlink(missing_ok=True)


def _given(run: Run, spec: str) -> Given:
    from clausewatch.jobs.sources import resolve

    return resolve(spec, settings=run.settings, open_archive=run.archive)


def _from_wayback(
    run: Run,
    address: str | None,
    after: str | None,
    *,
    from_: str | None,
    to: str | None,
    wayback: str | None,
    keep: bool,
) -> tuple[Given, Given]:
    from clausewatch.instants import end_of_period
    from clausewatch.jobs.history import texts_at

    if not address or from_ is None or to is None or after:
        raise UsageError("give one ADDRESS with --from DATE and --to DATE, or two things to compare")
    if not address.lower().startswith(("http://", "https://")):
        raise UsageError(
            f"{address}: --from and --to ask the Wayback Machine for an http(s) address; "
            "of a document that is kept compare VENDOR/DOCUMENT@DATE and VENDOR/DOCUMENT@DATE"
        )
    from_at, to_at = end_of_period(from_), end_of_period(to)
    if from_at > to_at:
        raise UsageError(f"--from {from_}: is later than --to {to}; give the earlier date first")
    return texts_at(
        address, (from_at, to_at), settings=run.settings, wayback=wayback,
        open_archive=run.archive if keep else None, on_progress=run.say,
    )  # fmt: skip


def _format_by_name(output: Path | None) -> str:
    endings = {".html": "html", ".htm": "html", ".json": "json", ".md": "markdown"}
    return endings.get(output.suffix.lower(), "text") if output else "text"


def _rendered(run: Run, comparison: Comparison, *, format: str, full: bool, to_file: bool) -> str:
    if format == "json":
        import json

        from clausewatch.views.json import comparison_to_json

        return json.dumps(comparison_to_json(comparison), ensure_ascii=False) + "\n"
    if format == "html":
        from clausewatch.views.html import render_html

        return render_html(comparison, full=True) + "\n"
    if format == "markdown":
        from clausewatch.views.markdown import render_markdown

        return render_markdown(comparison, full=full)
    from clausewatch.views.text import render_text

    shown = screen()
    return render_text(comparison, full=full, colour=shown.has_colour and not to_file, width=shown.width)


def _write(run: Run, text: str, output: Path | None) -> None:
    with _written(output) as out:
        out.write(text)
    if output:
        run.say(f"{output} written")


# --- show -----------------------------------------------------------------------------------------------------


def show(
    run: Run,
    what: Annotated[str, typer.Argument(metavar="WHAT", help=What)],
    format: Annotated[str, typer.Option("--format", "-f", help="markdown, text, tree, html or json.")] = "markdown",
    why: Annotated[bool, typer.Option("--why", help="What was decided while reading it.")] = False,
) -> None:
    """One text by its sections."""
    from clausewatch.views.reading import FORMATS, render_why

    if format not in FORMATS:
        raise UsageError(f"--format {format}: is none of {', '.join(FORMATS)}")
    given = _given(run, what)
    sys.stdout.write(FORMATS[format](given.text, given.side))
    if why:
        run.say(render_why(given.text, given.reading))
        if given.side.id:
            from clausewatch.jobs.doubts import lessons_of

            with run.archive() as archive:
                run.say("\n".join(lessons_of(archive, what.partition("@")[0], given.side.id)))

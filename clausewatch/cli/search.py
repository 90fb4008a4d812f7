"""Search in the text of all versions."""

from __future__ import annotations

from typing import Annotated

import typer

from clausewatch.cli.listing import Since, Until, date_of, one_of
from clausewatch.cli.running import Json, Run, command, end_of, start_of
from clausewatch.instants import rfc3339


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(search)


def search(
    run: Run,
    words: Annotated[list[str], typer.Argument(metavar="WORD...", help='Words, "in a row", begin*.')],
    vendor: Annotated[str | None, typer.Option(metavar="V", help="In documents of this vendor.")] = None,
    document: Annotated[str | None, typer.Option(metavar="TYPE", help="In documents of this type.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="K", help="That a finding of the kind quotes.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """Where words stood in any version, and from when to when. All must stand in one paragraph."""
    from archive.documents import get_documents_by_id, list_documents
    from archive.passages import search_passages, unmarked
    from clausewatch.model import Kind

    query = " ".join(f'"{word}"' if " " in word else word for word in words)  # as the shell took it apart
    quoted, first, last = one_of(Kind, kind, "--kind"), start_of(since), end_of(until)
    with run.archive() as archive, archive.read() as connection:
        among = [each.id for each in list_documents(connection, vendor, type=document)] if vendor or document else None
        found = search_passages(
            connection, query, documents_among=among, kind=quoted, since=first, until=last, limit=limit + 1
        )  # fmt: skip
        documents = get_documents_by_id(connection, [passage.document for passage in found])
    shown = [(passage, documents[passage.document]) for passage in found[:limit]]
    if json:
        run.put_json(
            {"vendor": document.vendor, "document": document.slug, "version": passage.version, "start": passage.start,
             "since_at": rfc3339(passage.since_at), "until_at": rfc3339(passage.until_at) if passage.until_at else None,
             "excerpt": unmarked(passage.excerpt)}
            for passage, document in shown
        )  # fmt: skip
        return
    run.put_table(
        ("document", "from", "to", "passage"),
        [(document.name, date_of(passage.since_at), date_of(passage.until_at) or "still",
          unmarked(passage.excerpt)) for passage, document in shown],
        empty="no version holds that in one paragraph",
    )  # fmt: skip
    if len(found) > limit:
        run.say(f"the first {limit}; --limit shows more")

"""The options that make a rule, for every command that takes one."""

from __future__ import annotations

from typing import Annotated

import typer

Vendors = Annotated[list[str] | None, typer.Option("--vendor", metavar="V", help="Of this vendor; may be repeated.")]
Types = Annotated[list[str] | None, typer.Option("--document", metavar="TYPE", help="Of this type; may be repeated.")]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="K", help="recipient, retention, ...; may be repeated.")
]
Least = Annotated[str | None, typer.Option("--min-severity", metavar="S", help="low, medium, high or critical.")]
Companies = Annotated[list[str] | None, typer.Option("--company", metavar="NAME", help="That name this company.")]
Keywords = Annotated[list[str] | None, typer.Option("--keyword", metavar="W", help="Whose words hold this one.")]
Languages = Annotated[list[str] | None, typer.Option("--language", metavar="L", help="In this language: en, de, ...")]
Directions = Annotated[
    list[str] | None, typer.Option("--direction", metavar="D", help="added, removed or changed; may be repeated.")
]
Effects = Annotated[
    list[str] | None, typer.Option("--effect", metavar="E", help="expands, limits or unclear; may be repeated.")
]
Severities = Annotated[
    list[str] | None,
    typer.Option("--severity-of", metavar="KIND=S", help="How severe that kind is to them; may be repeated."),
]
AllChanges = Annotated[bool, typer.Option("--all-changes", help="Changes of wording, too, that no finding tells.")]
Every = Annotated[str, typer.Option("--every", help="instant, daily or weekly.")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="Where the hour is: Europe/Berlin; else UTC.")]
Hour = Annotated[int | None, typer.Option("--hour", metavar="H", help="Of digests, 0 to 23; else 7.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="A digest when nothing changed, too: proof that someone watches.")]
Webhook = Annotated[
    str | None, typer.Option("--webhook", metavar="URL", help="Post notices there, not to the mailbox.")
]

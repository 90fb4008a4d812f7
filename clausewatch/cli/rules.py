"""The options that make a rule, for every command that takes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from clausewatch.jobs.rules import Asked

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


@dataclass(frozen=True)
class RuleOptions:
    """What a rule asks for, and when its mails come."""

    vendor: Vendors = None
    document: Types = None
    kind: Kinds = None
    min_severity: Least = None
    company: Companies = None
    keyword: Keywords = None
    language: Languages = None
    direction: Directions = None
    effect: Effects = None
    severity_of: Severities = None
    all_changes: AllChanges = False
    every: Every = "instant"
    zone: Zone = None
    hour: Hour = None

    def asked(self, **more: Any) -> Asked:
        """As the options say, with ``more`` of what ``read_asked`` takes. Raises UsageError."""
        from clausewatch.jobs.rules import read_asked, read_rule

        rule = read_rule(
            vendors=self.vendor or (), documents=self.document or (), kinds=self.kind or (),
            min_severity=self.min_severity, companies=self.company or (), keywords=self.keyword or (),
            languages=self.language or (), directions=self.direction or (), effects=self.effect or (),
            severities=self.severity_of or (), everything=self.all_changes,
        )  # fmt: skip
        return read_asked(rule, every=self.every, zone=self.zone, hour=self.hour, **more)

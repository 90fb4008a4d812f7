"""What the buttons of consent layers say. Whether a page holds such a layer, or is one, is told by those who ask."""

from __future__ import annotations

__all__ = ["ACCEPTS", "CHOOSES", "REFUSES"]

ACCEPTS = (
    r"(?:(?:yes,? )?i? ?(?:accept|agree|allow)(?: (?:all|cookies|all cookies|(?:and|&) (?:close|continue)|selected"
    r"|selection|&.{0,60}))*|got it!?|ok(?:ay)?!?|i understand|understood"
    r"|verstanden|annehmen|alle[sn]? (?:cookies )?annehmen"
    r"|(?:alle[sn]? )?(?:cookies )?(?:akzeptieren|erlauben|zulassen|zustimmen)(?: und weiter)?"
    r"|einverstanden|tout accepter|accepter(?: (?:tout|(?:et|&) .{0,60}|les cookies))?|j'accepte|aceptar(?: (?:todo"
    r"|todas|cookies|todas las cookies))?|accetta(?: (?:tutti|tutto|i cookie))?|accetto"
    r"|(?:alles? )?(?:cookies )?(?:accepteren|toestaan)|akkoord|aceitar(?: (?:tudo|todos|cookies))?"
    r"|zaakceptuj.{0,60}|akceptuj.{0,60}|godkänn.{0,60}|acceptera.{0,60}|accepter alle.{0,60}"
    r"|tillad alle.{0,60})"
)
"""A whole label that accepts; a pattern to be read without regard to case, as are the others."""
REFUSES = (
    r"(?:reject|decline|refuse|deny|disagree|ablehnen|refuser|rechazar|rifiuta|weigeren|rejeitar|odrzu|avvisa|afvis)\w*"
)
"""The first word of a label that refuses, or the last."""
CHOOSES = (
    r"(?:necessary|only (?:necessary|essential)|manage|customi[sz]e|preferences|settings|cookie settings|options"
    r"|einstellungen|nur (?:notwendige|essenzielle)|auswahl|param[èe]tr|g[ée]rer|configurar|gestionar|preferencias"
    r"|personalizza|gestisci|instellingen|voorkeuren|aanpassen|ustawieni|inst[äa]llningar|indstillinger|save|speichern"
    r"|confirm)\w*"
)
"""How a label begins that leads to a choice. Such words stand on other buttons too."""

"""Takes out what stands inside the container but is no text of the policy: labels, loose links, copies."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

from differ.normalise.page import ROW, Page, Piece

__all__ = ["drop_copies", "drop_labels", "is_label"]

_MAX_LABEL_WORDS = 6
_LABELS = re.compile(
    r"(?:print(?:er)?(?: (?:this )?(?:page|version|friendly|policy))?|(?:save|download|view|open)(?: (?:as|a|the"
    r"|this|in))* (?:pdf|copy|version)(?: version)?|download pdf|pdf|(?:back )?to (?:the )?top|top|back to top"
    r"|scroll to top|share(?: this)?(?: (?:page|article))?"
    r"|(?:print|save|download|imprimer|enregistrer|t[ée]l[ée]charger|drucken|speichern|imprimir|guardar|descargar"
    r"|stampa|scarica|afdrukken|opslaan)\b.{0,30}\bpdf\b.{0,12}|close|dismiss|menu|search|skip to .*|copy link|copied!?"
    r"|(?:was this|did you find this) .{0,30}(?:helpful|useful)\??|helpful\??|thanks for your feedback!?"
    r"|send feedback|chat with us|read more|show (?:more|less)|see (?:more|less)|learn more|expand all|collapse all"
    r"|open all|close all|loading\.*|drucken|seite drucken|als pdf (?:speichern|herunterladen)"
    r"|(?:zur[üu]ck )?nach oben|zum seitenanfang|teilen|schlie(?:ß|ss)en|suche|mehr (?:lesen|anzeigen|erfahren)"
    r"|imprimer|enregistrer en pdf|t[ée]l[ée]charger(?: (?:le|en))? pdf|haut de (?:la )?page|retour en haut|partager"
    r"|fermer|lire la suite|voir plus|imprimir|guardar (?:como|en) pdf|descargar pdf|volver arriba|compartir|cerrar"
    r"|leer m[áa]s|ver m[áa]s|stampa|salva (?:come|in) pdf|scarica pdf|torna su|torna all'inizio|condividi|chiudi"
    r"|leggi (?:di pi[ùu]|tutto)|afdrukken|printen|opslaan als pdf|terug naar boven|naar boven|delen|sluiten"
    r"|lees (?:meer|verder)|\d+ min(?:ute)?s? read|[×✕✖←→»«›‹|]+)",
    re.IGNORECASE,
)
# What a clock, a build or a visitor's steps put there: it changes while the policy stands.
_VOLATILE = re.compile(
    r"(?:(?:last )?(?:updated|edited|modified|reviewed|published|posted|visited)?:? ?"
    r"(?:over |about |almost |more than )?(?:an?|\d+) (?:second|minute|hour|day|week|month|year)s? ago"
    r"|(?:zuletzt )?(?:aktualisiert|bearbeitet|geändert)?:? ?vor (?:\d+|einer|einem) (?:sekunde|minute|stunde|tag|woche"
    r"|monat|jahr)(?:e|n|en)?|(?:mis à jour |modifié )?il y a (?:\d+|une?) "
    r"(?:seconde|minute|heure|jour|semaine|mois|an)s?"
    r"|(?:actualizado )?hace (?:\d+|una?) (?:segundo|minuto|hora|día|semana|mes|año)e?s?"
    r"|build (?:no\.? ?|number:? ?)?(?:[^\W\d]|[.-])*+\d[\w.-]*+(?: \([\w.-]+\))?|v\d+\.\d+\.\d+[\w.-]*"
    r"|(?:you are here|sie sind hier|vous êtes ici|estás aquí|ti trovi qui|je bent hier):? .{0,120}"
    r"|\d+ out of \d+ found this helpful|\d+ (?:views|shares|likes|comments|reads))",
    re.IGNORECASE,
)
_ARROWS = " ↑▲⇧^→↗»›:…"
_ASKS_HELPFUL = re.compile(r".*\b(?:helpful|useful|hilfreich|utile|útil|nuttig)\b.*\?", re.IGNORECASE)
_ANSWER = re.compile(r"(?:yes|no|ja|nein|nee|oui|non|sí|si|não|sim|👍|👎|\d+|[/|])", re.IGNORECASE)
_MAX_ANSWERS = 4
_SHARE = re.compile(
    r"(?:share|share this|share on|follow us|teilen|partager|compartir|condividi|delen)\b:?.*", re.IGNORECASE
)
_MAX_SHARE_UNLINKED = 4
_SEPARATED = re.compile(r"\s*[>›»/|·•:]\s*")
_MAX_CRUMB_WORDS = 14
_SCRAP_WORDS = 2
_MAX_LINK_WORDS = 8
_MIN_LINKS = 3  # a line of that many links and nothing else is a menu, however long
_COPYRIGHT = re.compile(r"\W*(?:copyright\s+)?(?:©|\(c\))\s*(?:copyright\s+)?\d{4}", re.IGNORECASE)
_TOKEN = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b", re.IGNORECASE
)
_MAX_COPYRIGHT_WORDS = 25
_LABEL_ENDS = re.compile(r"[.:;!?]$|\d{4}")
_MIN_RUN_BLOCKS = 3
_MIN_RUN_WORDS = 60
_MIN_COPIED_SHARE = 0.08  # less is the vendor's own repetition, whose removal is a change
_CANDIDATES = 8  # earlier places of a line that are tried: keeps a page of equal lines linear


def drop_labels(page: Page) -> None:
    """Drops labels, buttons that open nothing, loose links at both ends, and lines equal to the one before."""
    pieces = page.pieces
    keep = [not is_label(piece) and not _is_idle_button(pieces, i) for i, piece in enumerate(pieces)]
    _drop_answers(pieces, keep)
    kept = [i for i, is_kept in enumerate(keep) if is_kept]
    for before, i in pairwise(kept):
        if pieces[i].text == pieces[before].text and pieces[i].kind is not ROW:
            # Of a heading and its copy the heading stays.
            keep[before if pieces[i].is_heading and not pieces[before].is_heading else i] = False
    kept = [i for i, is_kept in enumerate(keep) if is_kept]
    for i in [*_loose(pieces, kept), *_loose(pieces, kept[::-1])]:
        keep[i] = False
    page.keep(keep)


def is_label(piece: Piece) -> bool:
    """Whether a piece is what a page says of itself or asks to be clicked: no text of the policy, nor a heading."""
    if piece.kind is ROW or piece.is_heading or piece.words > _MAX_COPYRIGHT_WORDS:
        return False
    if _COPYRIGHT.match(piece.text):
        return True
    text = piece.text.strip(_ARROWS)
    if not text or _VOLATILE.fullmatch(text):
        return True
    if len(piece.links) > 1 and piece.words - piece.linked <= _MAX_SHARE_UNLINKED and _SHARE.fullmatch(text):
        return True
    if piece.words > _MAX_LABEL_WORDS:
        return False
    return _TOKEN.search(text) is not None or _LABELS.fullmatch(text) is not None


def _drop_answers(pieces: list[Piece], keep: list[bool]) -> None:
    """The answers to whether a page was helpful go with the question; those to a question of the policy are text."""
    for i, piece in enumerate(pieces):
        if keep[i] or piece.words > _MAX_LABEL_WORDS or "?" not in piece.text:
            continue
        if not _ASKS_HELPFUL.fullmatch(piece.text):
            continue
        for j in range(i + 1, min(i + 1 + _MAX_ANSWERS, len(pieces))):
            if keep[j] and not _ANSWER.fullmatch(pieces[j].text):
                break
            keep[j] = False


def _is_idle_button(pieces: list[Piece], i: int) -> bool:
    """A button with another button or nothing after it opens no text."""
    if pieces[i].tag != "button":
        return False
    return i + 1 == len(pieces) or pieces[i + 1].tag == "button"


def _loose(pieces: list[Piece], order: list[int]) -> list[int]:
    """From one end inwards: links alone, scraps of one or two words between them."""
    run: list[int] = []
    sure = 0  # so many of them are loose for certain; a scrap is so only if a link stands further in
    inner: Piece | None = None
    for i in order:
        inner = pieces[i]
        if inner.is_heading or inner.kind is ROW:
            break
        if _is_loose_link(inner):
            run.append(i)
            sure = len(run)
        elif inner.words <= _SCRAP_WORDS and not _LABEL_ENDS.search(inner.text) and not inner.text.isupper():
            run.append(i)
        else:
            break
    # The list of links that a heading or a lead-in announces is the vendor's text.
    is_announced = inner is not None and order[0] > order[-1] and (inner.is_heading or inner.text.endswith(":"))
    return [] if len(run) == len(order) or (is_announced and sure == len(run)) else run[:sure]


def _is_loose_link(piece: Piece) -> bool:
    if "@" in piece.text or "://" in piece.text:
        return False
    if piece.linked < piece.words:
        return _is_crumbs(piece)
    return piece.words <= _MAX_LINK_WORDS or len(piece.links) >= _MIN_LINKS


def _is_crumbs(piece: Piece) -> bool:
    """A path of links whose last step, the page itself, is none."""
    steps = _SEPARATED.split(piece.text)
    if piece.words > _MAX_CRUMB_WORDS or not piece.linked or len(steps) < 2 or piece.text.endswith((".", ":")):
        return False
    return piece.linked >= sum(len(step.split()) for step in steps[:-1])


def drop_copies(page: Page) -> None:
    """Drops runs of pieces that repeat an earlier run, where a page shows much of itself twice (desktop, mobile)."""
    pieces = page.pieces
    texts = [piece.text for piece in pieces]
    least = _MIN_COPIED_SHARE * sum(piece.words for piece in pieces)
    if _repeated_words(pieces) < least:
        return
    seen: dict[str, list[int]] = defaultdict(list)
    keep = [True] * len(pieces)
    copied = i = 0
    while i < len(pieces):
        length, words = _longest_copy(pieces, texts, seen[texts[i]], i)
        if length >= _MIN_RUN_BLOCKS and words >= _MIN_RUN_WORDS:
            keep[i : i + length] = [False] * length
            copied += words
        else:
            length = 1
            if len(seen[texts[i]]) < _CANDIDATES:
                seen[texts[i]].append(i)
        i += length
    if copied and copied >= least:
        page.notes.append(f"{keep.count(False)} blocks that the page shows twice left out")
        page.keep(keep)


def _repeated_words(pieces: list[Piece]) -> int:
    """The words of all pieces that say what one before them says: copies have no more of them."""
    seen: set[str] = set()
    words = 0
    for piece in pieces:
        if piece.text in seen:
            words += piece.words
        seen.add(piece.text)
    return words


def _longest_copy(pieces: list[Piece], texts: list[str], starts: list[int], i: int) -> tuple[int, int]:
    """Blocks and words of the longest run from ``i`` on that repeats a run before it."""
    best = (0, 0)
    for start in starts:
        length = words = 0
        while start + length < i and i + length < len(texts) and texts[start + length] == texts[i + length]:
            words += pieces[i + length].words
            length += 1
        best = max(best, (length, words))
    return best

"""What walls, error pages and shells say, by fault and in several languages: plain data."""

from __future__ import annotations

import re

from clausewatch.model import Fault
from differ.consent import ACCEPTS, REFUSES

__all__ = ["BANNER", "CODE", "LABELS", "MEANING", "PHRASES", "PROVIDER"]


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_BOT = _any(
    r"captcha", r"ray id", r"attention required", r"just a moment", r"one more step", r"pardon our interruption",
    r"are you (?:a )?(?:human|robot)", r"not a (?:ro)?bot\b", r"(?:you are|you're) (?:a )?human",
    r"human verification",
    r"(?:checking|verifying|check) your browser", r"browser (?:check|verification)",
    r"security (?:check|checkpoint)\b",
    r"unusual (?:traffic|activity)", r"suspicious activity", r"(?:javascript|js) and cookies to continue",
    r"enable (?:js|javascript) and disable any ad ?blocker", r"ddos (?:protection|mitigation)",
    r"access (?:to this (?:page|site|website|service) )?(?:has been |is |was )?(?:temporarily )?(?:denied"
    r"|blocked|limited)",
    r"you have been blocked", r"permission to access (?:the|this|that|\")",
    r"request (?:was |has been |could not be )?(?:blocked|rejected|unsuccessful)", r"url was rejected",
    r"incident id", r"automated (?:access|requests|queries|traffic)", r"bot (?:detection|protection|manager)",
    r"press (?:&|and) hold", r"perimeterx", r"slide the puzzle", r"slide to verify", r"proof-of-work challenge",
    r"you are (?:now )?in (?:line|the queue)", r"waiting room", r"estimated wait", r"rate limited",
    r"website firewall", r"web application firewall", r"limited by the site owner",
    r"sicherheits(?:prüfung|abfrage|überprüfung)", r"kein roboter", r"menschliche[rn]? (?:nutzer|besucher)",
    r"pas un robot", r"bien humain", r"êtes humain", r"activité inhabituelle", r"accès (?:refusé|bloqué)",
    r"(?:no soy|no eres) un robot", r"eres humano", r"actividad (?:inusual|poco habitual)", r"acceso denegado",
    r"non sono un robot", r"sei umano", r"accesso negato", r"geen robot", r"toegang geweigerd", r"zugriff verweigert",
    r"não (?:sou|é) um robô", r"acesso negado", r"inte en robot", r"ロボットではありません",
)  # fmt: skip
_NOT_FOUND = _any(
    r"\b404\b",
    r"(?:page|document|content|url) (?:you(?:'re| are| were)? (?:requested |looking for )?)?(?:was |is "
    r"|could |can(?:not|'t) "
    r"|does ?n[o']t |no longer |has |be |have )*(?:not )?(?:found|exists?|available anymore|gone missing)",
    r"not found", r"no longer (?:available|exists)", r"nothing (?:was )?(?:found|to see) here",
    r"can'?(?:t|not) (?:seem to )?find (?:that|the|this|what)", r"could ?n[o']t find (?:that|the|this|what)",
    r"page (?:has |may have )?(?:been )?(?:gone missing|moved or deleted|removed)", r"(?:broken|dead) link",
    r"nicht gefunden", r"existiert (?:leider )?nicht", r"nicht (?:mehr )?(?:vorhanden|auffindbar)",
    r"gibt es (?:leider )?nicht(?: mehr)?\b", r"hier ist (?:leider )?nichts", r"page a disparu",
    r"trouver ce que vous",
    r"(?:localizar|encontrar) (?:el|la|lo) (?:contenido|página|que)", r"página se ha perdido",
    r"introuvable", r"non trouvée", r"n'existe (?:pas|plus)",
    r"no (?:se ha )?(?:encontrad[ao]|encontramos|existe)", r"non (?:è stata )?trovata", r"non esiste",
    r"niet gevonden", r"bestaat niet", r"não (?:foi )?encontrad[ao]", r"não existe",
    r"kunde inte hittas", r"hittades inte", r"finns inte", r"ikke fundet", r"findes ikke", r"ikke funnet",
    r"nie (?:znaleziono|istnieje)", r"nem található", r"nenalezena", r"sivua ei löyt", r"bulunamadı", r"не найден",
    r"見つかりません", r"存在しない", r"找不到", r"不存在", r"찾을 수 없",
)  # fmt: skip
_ERROR = _any(
    r"something (?:has )?(?:went|gone) wrong", r"(?:an?|unexpected|internal|application|server|client-side) "
    r"(?:error|exception) (?:has )?occur+ed", r"client-side exception", r"internal (?:server )?error", r"bad gateway",
    r"service (?:is )?(?:temporarily )?unavailable", r"gateway time-?out", r"\b50[0234]\b", r"again later",
    r"try again in a", r"temporarily (?:unavailable|down|offline|unable)", r"(?:under|scheduled|planned) maintenance",
    r"maintenance mode", r"down for", r"be (?:right |up and running )?back (?:soon|shortly|online)?",
    r"scheduled downtime", r"too many requests", r"application error", r"\boops\b", r"\bwhoops\b",
    r"not you, it'?s us",
    r"having (?:trouble|technical difficulties)", r"experiencing (?:technical|some) (?:difficulties|problems|issues)",
    r"fehler ist aufgetreten", r"schief ?gelaufen", r"wartungsarbeiten", r"gleich (?:zurück|wieder)",
    r"später (?:noch "
    r"einmal|erneut)", r"une erreur", r"en maintenance", r"momentanément indisponible", r"veuillez réessayer",
    r"ha ocurrido un error", r"algo (?:ha salido|salió) mal", r"en mantenimiento", r"si è verificato un errore",
    r"in manutenzione", r"er is iets misgegaan", r"onderhoud", r"ocorreu um erro", r"em manutenção",
    r"något gick fel",
    r"(?:not|n['’]t|un) ?available (?:right now|at (?:the|this) moment|at this time)",
    r"currently (?:not |un)available",
    r"out of (?:service|order)\b", r"critical error", r"could not be satisfied", r"connection timed out",
    r"technische[nrs]? (?:störung|problem|schwierigkeit)",
    r"(?:derzeit|zurzeit|momentan) nicht (?:verfügbar|erreichbar)",
    r"domain (?:name )?(?:is|may be) for sale",
    r"(?:website|account|domain) (?:has )?(?:been )?(?:expired|suspended)",
    r"database (?:error|connection)", r"error establishing", r"enable javascript",
    r"javascript (?:is )?(?:required|disabled)",
    r"need to enable javascript", r"browser (?:is )?(?:not|isn't|no longer|out of date|outdated)(?: supported)?",
    r"javascript aktivieren", r"activer javascript", r"activa(?:r)? javascript",
)  # fmt: skip
_LOGIN = _any(
    r"(?:sign|log) ?in to (?:continue|your|view|access|see|read)", r"please (?:sign|log) ?in",
    r"(?:must|need to|have to) (?:be (?:logged|signed)|log|sign) ?in", r"forgot(?:ten)? (?:your )?password",
    r"(?:sign|log) ?in with (?:a|an|sso|google|apple|facebook|your)", r"(?:trouble|problems) (?:signing|logging) in",
    r"keep me (?:signed|logged) in", r"remember me", r"welcome back", r"(?:no|don't have an|need an) account\b",
    r"new to \w+\?",
    r"by (?:signing|logging) in", r"members only", r"(?:registered|logged-in) (?:members|users) (?:only|of)",
    r"one-time (?:code|password)", r"we(?:'ll| will) send you a (?:code|link)",
    r"melden sie sich", r"bitte (?:an|ein)melden", r"passwort vergessen", r"noch kein konto", r"mit der anmeldung",
    r"angemeldet bleiben", r"connectez-vous", r"mot de passe oublié", r"pas encore (?:membre|inscrit)",
    r"en vous connectant", r"inici[ae]r? sesión", r"olvidaste tu contraseña", r"(?:tu|su) contraseña",
    r"accedi (?:per|al|con)",
    r"password dimenticata", r"inloggen", r"wachtwoord vergeten", r"esqueceu (?:a|sua) senha", r"logga in",
    r"log ind",
    r"zaloguj", r"ログイン",
    r"sign up (?:now|free|for free|today)", r"(?:choose|create) a password", r"jetzt (?:kostenlos )?registrieren",
    r"inscrivez-vous", r"choisir un mot de passe", r"\bregístrate\b", r"\bregistrati\b", r"cadastre-se",
)  # fmt: skip
_CONSENT = _any(
    r"before you (?:continue|enter|proceed)", r"we value your privacy",
    r"(?:you|we) (?:and|&) (?:our|\d+)[\w ]* partners",
    r"we and our", r"our (?:\d+ )?partners (?:store|use|process)", r"store and/or access information on a device",
    r"accept (?:all )?(?:cookies|and (?:continue|close))", r"(?:accept|allow|reject|decline|refuse) all",
    r"(?:if you )?(?:choose|click|tap|select)(?:ing)? (?:to )?[“\"']?(?:accept|agree|allow|reject)",
    r"only necessary",
    r"we use cookies", r"asks? for your (?:permission|consent)", r"pick what you allow",
    r"your (?:privacy|cookie) choices",
    r"manage (?:my |your )?(?:preferences|options|choices|cookies)", r"consent to (?:the )?(?:use of )?cookies",
    r"this (?:web)?site uses cookies", r"diese (?:website|webseite|seite) (?:verwendet|nutzt|benutzt) cookies",
    r"ce site (?:web )?utilise des cookies", r"(?:esta|este) (?:página|web|sitio)[\w ]* (?:usa|utiliza) cookies",
    r"questo sito (?:web )?(?:usa|utilizza) (?:i )?cookie",
    r"deze (?:web)?site (?:gebruikt|maakt gebruik van) cookies",
    r"privatsphäre ist uns wichtig", r"partner verwenden cookies",
    r"bevor (?:sie|du) fortf", r"wir und unsere", r"wir verwenden cookies",
    r"alle (?:cookies )?(?:akzeptieren|ablehnen)",
    r"werbefrei", r"mit werbung", r"cookie-einstellungen", r"avant de continuer", r"nous et nos",
    r"tout (?:accepter|refuser)",
    r"(?:continuer )?sans accepter", r"accepter (?:et|&) fermer", r"respect de votre vie privée",
    r"nosotros y nuestros",
    r"(?:aceptar|rechazar) todo", r"tu privacidad nos importa", r"noi e i nostri", r"(?:accetta|rifiuta) tutto",
    r"wij en onze", r"alles (?:accepteren|weigeren)", r"nós e (?:os )?nossos", r"(?:aceitar|rejeitar) tudo",
    r"godkänn alla", r"tillad alle", r"zaakceptuj wszystk",
)  # fmt: skip
_REGION = _any(
    r"(?:not|isn't|un)\s?(?:currently )?(?:available|offered|accessible|supported) (?:in|from|where"
    r"|to (?:people|users|visitors)"
    r" in) (?:your|this|you)", r"unavailable (?:due to|for) legal reasons", r"\b451\b",
    r"access cannot be granted at this"
    r" time", r"(?:choose|select|pick) (?:your|a|another) (?:country|region|location|market)", r"(?:country|region) "
    r"(?:or region )?selector", r"in ihre[mr] (?:land|region) nicht",
    r"wählen sie ihr(?:e|en)? (?:land|region|standort)",
    r"(?:pas|plus) disponible dans votre (?:pays|région)", r"choisissez votre (?:pays|région)",
    r"no (?:está )?disponible en (?:tu|su) (?:país|región)", r"(?:elige|seleccione?|elija) (?:tu|su) (?:país|región)",
    r"non (?:è )?disponibile nel tuo paese", r"niet beschikbaar in (?:je|uw|jouw) (?:land|regio)",
)  # fmt: skip
_ARCHIVE = _any(
    r"wayback machine (?:has not archived|doesn't have)", r"\bhrm\.",
    r"this (?:url|page) has been excluded from the wayback machine",
    r"internet archive.{0,60}(?:temporarily offline|maintenance)", r"archived page not found",
    r"not in this (?:web )?archive",
    r"got an http \d+ response at crawl time", r"loading http.{0,200}\| \d{2}:\d{2}:\d{2}", r"webpage capture\b",
    r"page cannot be crawled or displayed",
)  # fmt: skip
PHRASES: dict[Fault, re.Pattern[str]] = {
    Fault.ARCHIVE_ERROR: _ARCHIVE,
    Fault.OTHER_REGION: _REGION,
    Fault.BOT_WALL: _BOT,
    Fault.NOT_FOUND: _NOT_FOUND,
    Fault.ERROR_PAGE: _ERROR,
    Fault.LOGIN: _LOGIN,
    Fault.CONSENT_WALL: _CONSENT,
}
"""In the order in which they are looked for: what comes first is said by nothing else."""
MEANING = {
    Fault.ARCHIVE_ERROR: "an archive's own page",
    Fault.OTHER_REGION: "the words of a page for another region",
    Fault.BOT_WALL: "the words of a bot wall",
    Fault.NOT_FOUND: "the words of a page that is not there",
    Fault.ERROR_PAGE: "the words of an error page",
    Fault.LOGIN: "the words of a login",
    Fault.CONSENT_WALL: "the words of a consent wall",
}
LABELS = re.compile(
    rf"^(?:{ACCEPTS}"
    rf"|(?:i |tout |alle )?(?:cookies )?{REFUSES}(?: (?:all|and|&|cookies|close|continue|todo|tutto|tudo))*"
    r"|more options|customi[sz]e|manage (?:options|preferences|cookies)|only necessary|save my choices?|einstellungen"
    r"|paramétrer|configurar|aanpassen)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that are the buttons of a consent wall."""
BANNER = re.compile(
    r"\b[\d,.]+ captures\b[\s\S]{0,300}about this capture|about this capture\s+collected by"
    r"|the wayback machine - https?://web\.archive\.org",
    re.IGNORECASE,
)
"""What an archive writes over the pages that it plays back."""
CODE = re.compile(r"^\W*(?:(?:http )?error(?: code)?\W*)?[45]\d\d\b(?!\s*%)", re.IGNORECASE)
"""A title or headline that begins with the code of a refused or failed request."""
PROVIDER = re.compile(
    rb"/cdn-cgi/challenge-platform|cf-chl-|__cf_chl_|_cf_chl_opt|_incapsula_resource|/_incapsula_|px-captcha|_pxappid"
    rb"|captcha-delivery\.com|datadome|distil_r_captcha|akam/\d+/|_abck|awswaf|aws-waf-token|sgcaptcha"
    rb"|hcaptcha\.com|recaptcha/api|/challenge\?|geo\.captcha|challenges\.cloudflare\.com"
    rb"|kpsdk|shape security|ddos-guard|sucuri_cloudproxy|stackpath|friendlycaptcha|arkoselabs|/_sec/cp_challenge"
    rb"|qrator|radware|perfdrive|/punish\?",
    re.IGNORECASE,
)
"""Marks of bot walls in the source; good pages carry them too, so that they only explain a page without words."""

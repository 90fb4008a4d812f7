"""Words that policies use far more than other pages do, and function words that tell languages apart: plain data."""

from __future__ import annotations

__all__ = ["POLICY_WORDS", "STOP_WORDS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


POLICY_WORDS: dict[str, frozenset[str]] = {
    "en": _words(
        """privacy policy policies personal data information collect collected collection process processing
        processed disclose disclosed disclosure share shared sharing consent cookies cookie third parties
        party purposes purpose retain retention legal law laws rights right access delete deletion
        transfer transfers controller processor applicable agreement terms services service account users
        user liability agree provide provided providers protection security lawful legitimate interests
        comply compliance notice request requests opt arbitration license warranties termination content
        disputes claims"""
    ),
    "de": _words(
        """datenschutz daten personenbezogene personenbezogenen personenbezogener verarbeitung verarbeitet
        verarbeiten einwilligung dsgvo dritte dritten rechtsgrundlage zweck zwecke zwecken speicherung
        gespeichert löschung gelöscht auskunft widerruf widerrufen widerspruch nutzung nutzer
        verantwortlicher verantwortliche rechte recht gemäß abs art lit cookies cookie übermittlung
        übermittelt weitergabe informationen datenschutzerklärung berechtigtes interesse vertrag
        nutzungsbedingungen haftung erhoben erhebung personen betroffenen betroffene aufsichtsbehörde
        dienste angaben anbieter"""
    ),
    "fr": _words(
        """données personnelles personnel caractère traitement traitements traitées confidentialité politique
        informations consentement cookies cookie tiers finalités finalité conservation conservées droits
        droit accès suppression transfert responsable rgpd légitime intérêt légales loi utilisateurs
        utilisateur services service compte conditions collecte collectées collectons partage partager
        partageons sécurité protection demande vie privée opposition rectification légal prestataires"""
    ),
    "es": _words(
        """datos personales tratamiento tratamos privacidad política información consentimiento cookies cookie
        terceros finalidad finalidades fines conservación derechos derecho acceso supresión transferencia
        responsable rgpd legítimo interés legal ley usuarios usuario servicios servicio cuenta
        condiciones recopilamos recogemos compartir compartimos seguridad protección solicitud oposición
        rectificación proveedores base jurídica"""
    ),
    "it": _words(
        """dati personali trattamento trattati privacy informativa informazioni consenso cookie terzi terze parti
        finalità conservazione conservati diritti diritto accesso cancellazione trasferimento titolare
        gdpr legittimo interesse legge utenti utente servizi servizio account condizioni raccogliamo
        raccolti condividere condividiamo sicurezza protezione richiesta opposizione rettifica fornitori
        base giuridica"""
    ),
    "nl": _words(
        """persoonsgegevens gegevens verwerking verwerken verwerkt privacy privacyverklaring privacybeleid beleid
        informatie toestemming cookies cookie derden doeleinden doel bewaren bewaartermijn rechten recht
        inzage verwijdering verwijderen doorgifte verwerkingsverantwoordelijke avg gerechtvaardigd belang
        wet gebruikers gebruiker diensten dienst account voorwaarden verzamelen delen beveiliging
        bescherming verzoek bezwaar"""
    ),
    "pt": _words(
        """dados pessoais tratamento privacidade política informações consentimento cookies terceiros finalidade
        finalidades direitos acesso exclusão transferência controlador lgpd legítimo interesse legal lei
        usuários utilizadores serviços conta termos coletamos recolhemos compartilhamos segurança
        proteção solicitação"""
    ),
}
"""By language. A good policy has 3.5 % of them or more; a front page or an error shell under one."""

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _words("""the of and to in we you your our or that is for with this are by be not may from which these"""),
    "de": _words("""der die und das den von zu mit wir sie für auf ist nicht ein eine des dem werden oder bei wird"""),
    "fr": _words("""le la les des et de nous vous votre que pour dans une est sur pas aux ou du ces avec sont nos"""),
    "es": _words("""el la los las de y que en nosotros su sus para por una con del se no usted o nuestro al como"""),
    "it": _words("""il di che la i per e del della dei gli con una è non sono nel da le alla si questo dell"""),
    "nl": _words("""de het een van en wij u uw voor met dat is op in te zijn niet of door aan bij deze onze"""),
    "pt": _words("""o os as de e que em para por uma com não do da dos das você seus no na ao ou nós são"""),
    "sv": _words("""och att det som en för är av till med vi på den inte din du ett om dina kan eller"""),
    "da": _words("""og at det som en for er af til med vi på den ikke din du et om dine kan eller"""),
    "pl": _words("""i w na do się z nie że jest oraz lub dla przez które danych o jak od przy są"""),
}

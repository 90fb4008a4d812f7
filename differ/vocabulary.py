"""Words that policies use far more than other pages do, what policies are called, and words that tell languages apart:
plain data."""

from __future__ import annotations

import re

__all__ = ["CAPITAL_WORDS", "POLICY_NAMES", "POLICY_WORDS", "PRIVACY_WORDS", "STOP_WORDS", "TERMS_WORDS"]


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

PRIVACY_WORDS = _words(
    """personal data cookies cookie collect collected collection process processing disclose retain retention
    controller processor gdpr ccpa privacy rectification erasure pseudonymous browser anonymous identifiers
    datenschutz daten personenbezogene personenbezogenen verarbeitung verarbeiten einwilligung dsgvo
    speicherung gespeichert löschung auskunft erhoben données personnelles traitement rgpd conservation
    finalités datos personales tratamiento finalidades dati personali trattamento persoonsgegevens
    verwerking verwerken dados pessoais tratamento"""
)
"""What privacy policies speak of and terms hardly do, in all languages."""

TERMS_WORDS = _words(
    """agreement license licence licensed warranty warranties liability liable indemnify arbitration arbitrator
    terminate termination subscription subscriptions fees refund refunds disputes claims governing
    jurisdiction severability waive waiver infringe infringement trademarks copyright prohibited damages
    negligence renew renewal eligibility merchantability haftung kündigung kündigen vertrag vertrages
    vertragslaufzeit entgelt gewährleistung gerichtsstand urheberrecht widerrufsbelehrung contrat
    résiliation responsabilité garantie litige abonnement licence contrato rescisión responsabilidad
    garantía licencia contratto recesso responsabilità garanzia licenza overeenkomst opzegging
    aansprakelijkheid licentie rescisão responsabilidade licença"""
)
"""What terms of service speak of and privacy policies hardly do, in all languages."""

CAPITAL_WORDS = _words(
    """the you your this that these our google facebook meta apple microsoft amazon youtube instagram linkedin
    twitter android ios stripe paypal european europe union economic area eea united states kingdom
    california ireland germany commission gdpr ccpa cpra article section site sites website websites
    platform app application user agreement company content member members customer customers effective date
    january february march april may june july august september october november december general regulation
    act authority office internet web url http https inc llc ltd gmbh limited daten website webseite
    internetseite seite seiten server browser einwilligung verarbeitung nutzer nutzerin nutzerinnen nutzung
    zweck zwecke dienst dienste anbieter informationen rahmen fall fällen personen person angaben art abs
    satz dsgvo sie ihre ihnen ihrer ihren ihr ihrem adresse vertrag vertrags vertrages interesse interessen
    eu usa recht rechte abschnitt grundlage verantwortlichen verantwortlicher übermittlung weitergabe
    speicherung löschung unternehmen partner kunden mitglied mitglieder profil profile konto inhalte
    inhalten technologien zugriff anfrage widerspruch kontakt e-mail mail zeit zeitpunkt werbung analyse
    anzeigen dritte dritten datum tage jahre monate land länder ländern bundesdatenschutzgesetz gesetz
    auftrag auftragsverarbeiter dienstleister leistungen leistung informations données politique
    datenverarbeitung registrierung umfang funktionen endnutzer endnutzers ds-gvo use other not track
    transaction transactions payment payments provider providers store group partners partner statement
    framework advertising preferences about software development support community properties obligations
    premium basic professional team help center centre learn more please contact all any such its their they
    who what when how why where and for with from may can will must shall each every some most many both
    either only also just swiss dnt sdk api gps html pdf faq usd crm"""
)
"""Words with a capital, lower case here, that stand in the policies of all vendors: no vendor is known by them."""

POLICY_NAMES: dict[str, re.Pattern[str]] = {
    "privacy": re.compile(
        r"privacy|data (?:protection|policy)|datenschutz|confidentialit|vie privée|données personnelles|privacidad|"
        r"privacidade|protección de datos|proteção de dados|riservatezza|protezione dei dati|personvern|integritet|"
        r"privatliv|persondata|prywatno|ochrona danych|tietosuoja|gizlilik|プライバシー|個人情報|隐私|隱私|개인정보",
        re.IGNORECASE,
    ),
    "cookie": re.compile(r"cookie|tracker|tracking technologies", re.IGNORECASE),
    "terms": re.compile(
        r"\bterms\b|conditions (?:of|générales|d'utilisation|d’utilisation)|(?:user|service|subscri\w+"
        r"|licen[cs]e|member\w*)"
        r" agreement|nutzungsbedingung|geschäftsbedingung|\bagb\b|términos|condiciones|termini|condizioni|voorwaarden|"
        r"\btermos\b|regulamin|vilkår|villkor|käyttöehdot|利用規約|服务条款|이용약관",
        re.IGNORECASE,
    ),
    "processing": re.compile(r"data processing|auftragsverarbeitung|sub-?processor", re.IGNORECASE),
    "guidelines": re.compile(
        r"(?:community|review) (?:guidelines|standards|rules)|acceptable use|code of conduct", re.IGNORECASE
    ),
    "copyright": re.compile(r"\bdmca\b|copyright|intellectual property", re.IGNORECASE),
    "imprint": re.compile(r"impressum|imprint|mentions légales|aviso legal|note legali|legal notice", re.IGNORECASE),
}  # fmt: skip
"""What policies are called in titles and headings, by type."""

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _words("the of and to in we you your our or that is for with this are by be not may from which these"),
    "de": _words("der die und das den von zu mit wir sie für auf ist nicht ein eine des dem werden oder bei wird"),
    "fr": _words("le la les des et de nous vous votre que pour dans une est sur pas aux ou du ces avec sont nos"),
    "es": _words("el la los las de y que en nosotros su sus para por una con del se no usted o nuestro al como"),
    "it": _words("il di che la i per e del della dei gli con una è non sono nel da le alla si questo dell"),
    "nl": _words("de het een van en wij u uw voor met dat is op in te zijn niet of door aan bij deze onze"),
    "pt": _words("o os as de e que em para por uma com não do da dos das você seus no na ao ou nós são"),
    "sv": _words("och att det som en för är av till med vi på den inte din du ett om dina kan eller"),
    "da": _words("og at det som en for er af til med vi på den ikke din du et om dine kan eller fra dig hvis"),
    "no": _words("og å det som en for er av til med vi på den ikke din du et om dine kan eller fra deg hvis"),
    "fi": _words("ja on että tai ei voi jos kun ovat sekä me voimme sinun se kuin myös mukaan joka tietoja tämä"),
    "pl": _words("i w na do się z nie że jest oraz lub dla przez które danych o jak od przy są"),
    "cs": _words("a v na se že je nebo pro které s o z do jsou jako k by aby při nám vás vaše my od není"),
    "sk": _words("a v na sa že je alebo pre ktoré s o z do sú ako k by aby pri nám vás vaše my od nie"),
    "hu": _words("a az és hogy nem is vagy egy meg ha az ön mint kell lehet által ezt ami ezek való mi"),
    "ro": _words("și de la în cu pe care nu sau să pentru este din sunt ale dvs noi prin vă mai al o"),
    "tr": _words("ve bir bu için ile veya da de olarak olan gibi daha kadar sizin biz tarafından her ne en"),
    "ru": _words("и в на с по не для что вы мы или о от при к как из это вас ваши если мы нас"),
    "uk": _words("і в на з та не для що ви ми або про від при до як із це вас ваші якщо нас"),
}
"""Function words, by language: a third of running text and more."""

import subprocess
import sys

import pytest

from differ.language import language_of

SAMPLES = {
    "en": "We keep the data that you give to us for as long as the law of your country asks us to, and "
    "not for a day longer.",
    "de": "Wir verarbeiten die Daten, die Sie uns mit der Anmeldung geben, und löschen sie, wenn der "
    "Vertrag zu Ende ist oder nicht.",
    "fr": "Nous gardons les données que vous nous confiez pour la durée du contrat et nous ne les "
    "vendons pas à des tiers, sur notre vie.",
    "es": "Guardamos los datos que usted nos da por el tiempo que dura el contrato y no los vendemos a "
    "terceros en ningún caso, de verdad.",
    "it": "Conserviamo i dati che ci fornisci per la durata del contratto e non li vendiamo a terzi in "
    "alcun caso, nel rispetto della legge.",
    "nl": "Wij bewaren de gegevens die u ons geeft zolang het contract met u loopt en wij verkopen ze "
    "niet aan een ander bedrijf of land.",
    "pt": "Guardamos os dados que você nos dá por todo o tempo do contrato e não os vendemos a "
    "terceiros em nenhum caso, nem para uso próprio.",
    "ko": "우리는 귀하가 제공한 개인정보를 계약 기간 동안 보관하며 제삼자에게 판매하지 않습니다. "
    "귀하는 언제든지 삭제를 요청할 수 있습니다.",
    "ja": "当社は、お客様から提供された個人データを契約期間中に限り保管し、"
    "第三者に販売することはありません。いつでも削除を求めることができます。",
    "zh": "我们仅在合同期限内保留您提供的个人数据，绝不会将其出售给第三方。您可以随时要求删除这些数据，"
    "我们会尽快处理。",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_running_text_tells_its_language(language: str) -> None:
    assert language_of(SAMPLES[language]) == language


SHORT = {
    "en": "We keep your data for as long as the law of your country asks.",
    "de": "Wir speichern die Daten, die Sie uns mit der Anmeldung geben.",
    "fr": "Nous gardons les données que vous nous confiez pour la durée du contrat.",
    "es": "Guardamos los datos que usted nos da por el tiempo que dura el contrato.",
    "nl": "Wij bewaren de gegevens die u ons geeft zolang het contract met u loopt.",
    "sv": "Vi sparar de uppgifter som du lämnar till oss och säljer dem inte till den som vill ha dem.",
}
NORDIC = {
    "sv": "Vi sparar de uppgifter som du lämnar till oss så länge som avtalet gäller, och vi säljer dem inte till "
    "någon annan. Du har rätt att få veta vilka uppgifter vi har om dig, och att få dem raderade.",
    "da": "Vi gemmer de oplysninger, som du giver os, så længe aftalen gælder, og vi sælger dem ikke til andre. Du "
    "har ret til at få at vide, hvilke oplysninger vi har om dig, og til at få dem slettet af os.",
    "no": "Vi lagrer opplysningene som du gir oss så lenge avtalen gjelder, og vi selger dem ikke til andre. Du har "
    "rett til å få vite hvilke opplysninger vi har om deg, og til å få dem slettet av oss når du vil.",
}


@pytest.mark.parametrize("language", SHORT)
def test_one_sentence_tells_its_language(language: str) -> None:
    assert language_of(SHORT[language]) == language


@pytest.mark.parametrize("language", NORDIC)
def test_languages_that_are_alike_are_told_apart(language: str) -> None:
    assert language_of(NORDIC[language]) == language


@pytest.mark.parametrize("first", ["en", "fr", "de", "nl"])
@pytest.mark.parametrize("second", ["en", "fr", "es"])
def test_of_two_languages_on_a_page_it_is_the_first(first: str, second: str) -> None:
    assert language_of(f"{SAMPLES[first]} " * 6 + f"{SAMPLES[second]} " * 6) == first
    assert language_of(f"{SAMPLES[first]} " * 90 + f"{SAMPLES[second]} " * 80) == first


def test_a_list_of_countries_before_the_text_does_not_make_its_language() -> None:
    names = "Belgique Brasil Česko Danmark Deutschland España France Italia Magyarország Nederland Österreich Polska "
    assert language_of(f"{names * 20} {SAMPLES['en'] * 30}") == "en"


def test_a_few_words_tell_nothing() -> None:
    assert language_of("We keep your data.") is None


def test_a_language_without_a_list_is_told_by_the_model() -> None:
    finnish = (
        "Säilytämme antamasi tiedot niin kauan kuin sopimus on voimassa, emmekä myy niitä "
        "kolmansille osapuolille missään tilanteessa. "
    )
    assert language_of(finnish * 2) == "fi"


def test_plain_english_does_not_load_the_model() -> None:
    code = f"import sys, differ; differ.read({(SAMPLES['en'] * 3).encode()!r}); sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

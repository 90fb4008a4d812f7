import dataclasses
import json
import subprocess
import sys

import pytest

from clausewatch.model import Fault
from differ import read
from differ.faults import Signals, fault_in_history, shared_share, signals_of
from tests.differ.pages import PARAGRAPHS, POLICY, page, read_html

FRONT = "".join(
    f"<p>Lake {name} is blue, deep and quiet; boats sail over it in summer and children skate on it in winter.</p>"
    for name in ("Ann", "Bo", "Cy", "Dee", "Eve", "Flo", "Gil", "Hal", "Ida", "Joe", "Kit", "Liz")
)
TERMS_LINES = [f"Part {i}: our liability for damages is limited, and disputes go to arbitration." for i in range(9)]
LOGIN_FORM = (
    "<form><input name=u><input type=password></form><p>Forgot your password? Create an account, it is free of"
    " charge and"
    " done in a minute.</p><p>By signing in you agree to our terms of service and have read how we handle"
    " personal data,"
    " what we share with third parties, and which cookies we use to keep your account safe from others.</p>"
)
CONSENT_WALL = (
    "<h1>Before you go on</h1><p>We and our 321 partners store and read information on your device, such as"
    " cookies, and"
    " process personal data to measure audiences, develop services and show advertising that suits you. With"
    " your consent"
    " we may use precise location data. You can withdraw your consent at any time, and your choice holds for this site"
    " alone.</p><button>Reject all</button><button>Accept all</button>"
)


@pytest.mark.parametrize(
    ("body", "title", "fault"),
    [
        ("<p>Checking your browser before you go on.</p>", "Larkspur", Fault.BOT_WALL),
        ("<p>One moment</p><script src=/cdn-cgi/challenge-platform/x.js></script>", "Larkspur", Fault.BOT_WALL),
        ("<meta http-equiv=refresh content='0;/x'><p></p>", "", Fault.BOT_WALL),
        ("<p>Bitte warten.</p>", "Just a moment...", Fault.BOT_WALL),
        ("<h1>404</h1><p>The page you are looking for was not found.</p>", "Larkspur", Fault.NOT_FOUND),
        ("<p>Die Seite wurde nicht gefunden.</p>", "Larkspur", Fault.NOT_FOUND),
        ("<p>Something went wrong. Try again later.</p>", "Larkspur", Fault.ERROR_PAGE),
        ("<p>Please enable JavaScript.</p>", "Larkspur", Fault.ERROR_PAGE),
        ("<p>Please log in to see this.</p>", "Larkspur", Fault.LOGIN),
        ("<p>Members</p><input type=password name=p>", "Larkspur", Fault.LOGIN),
        ("<p>We value your privacy</p><button>Accept all cookies</button>", "Larkspur", Fault.CONSENT_WALL),
        ("<p>The Wayback Machine has not archived that URL.</p>", "Larkspur", Fault.ARCHIVE_ERROR),
        ("<div id=app></div>", "Larkspur", Fault.EMPTY),
        ("", "", Fault.EMPTY),
        (FRONT, "Larkspur Maps: lakes for all", Fault.OTHER_DOCUMENT),
        (FRONT, "404 Not Found", Fault.NOT_FOUND),
        (
            f"<h1>Seite nicht gefunden</h1>{FRONT}<p>Our privacy policy and our terms tell more.</p>",
            "",
            Fault.NOT_FOUND,
        ),
        (f"<h1>Privacy Policy</h1><h2>Log in</h2>{LOGIN_FORM}", "Larkspur Maps", Fault.LOGIN),
        (CONSENT_WALL, "Larkspur Maps", Fault.CONSENT_WALL),
        (f"<h1>This website uses cookies</h1><p>We use cookies. {PARAGRAPHS[1]} {PARAGRAPHS[4]} {PARAGRAPHS[0]}"
         f" {PARAGRAPHS[5]}</p><button>Deny</button><button>Allow all</button>", "", Fault.CONSENT_WALL),
        (f"<h1>You are now in line</h1>{FRONT}", "", Fault.BOT_WALL),
        (f"<h1>403 ERROR</h1><p>{PARAGRAPHS[0]}</p>{FRONT}", "", Fault.ERROR_PAGE),
        (f"<p>larkspur.example</p><p>This domain is for sale.</p>{FRONT}", "", Fault.ERROR_PAGE),
        (f"<h1>Das gibt es leider nicht mehr</h1>{FRONT}", "", Fault.NOT_FOUND),
        (f"<p>12 captures</p><p>About this capture</p>{POLICY}", "Larkspur Maps", Fault.ARCHIVE_ERROR),
        ("<h1>Choose your country</h1><ul><li>Austria<li>Belgium</ul>", "Larkspur Maps", Fault.OTHER_REGION),
        ("<p>This page is not available in your region.</p>", "Larkspur Maps", Fault.OTHER_REGION),
        ("".join(f"<li>Part {name} of our privacy policy and terms" for name in "ABCDEFGH"), "", Fault.EMPTY),
    ],
)  # fmt: skip
def test_a_page_that_is_not_the_document_says_so(body: str, title: str, fault: Fault) -> None:
    reading = read_html(body, title=title)
    assert reading.fault is fault
    assert reading.fault_reason


@pytest.mark.parametrize(
    "body",
    [
        POLICY,
        f"{POLICY}<p>If something went wrong or a page was not found, please log in and accept all cookies.</p>",
        f"{POLICY}<script src=/recaptcha/api.js></script><form><input type=password></form>",
        f"<h1>Cookie Policy</h1><p>{PARAGRAPHS[4]} You can manage your preferences below: accept all, reject"
        f" all, or only"
        f" necessary ones. {PARAGRAPHS[5]} {PARAGRAPHS[0]} {PARAGRAPHS[1]}</p>",
    ],
)
def test_a_policy_that_speaks_of_errors_and_logins_is_one(body: str) -> None:
    assert read_html(body).fault is None


def test_a_policy_in_a_language_without_a_word_list_is_no_fault() -> None:
    korean = "".join(
        f"<p>우리는 귀하의 개인정보를 제{i} 항에 따라 보관하며 제삼자에게 판매하지 않습니다.</p>" for i in range(20)
    )
    assert read_html(korean).fault is None


def test_a_text_read_in_the_wrong_encoding_is_unreadable() -> None:
    german = "".join(
        f"<p>Wir löschen die Daten in Teil {i} der Erklärung natürlich, sobald Sie es wünschen.</p>" for i in range(9)
    )
    twice = german.encode().decode("latin-1")
    assert read_html(german).fault is None
    assert read_html(twice).fault is Fault.UNREADABLE


def test_terms_are_no_privacy_policy() -> None:
    terms = f"<h1>Terms of Service</h1>{''.join(f'<p>{line}</p>' for line in TERMS_LINES)}"
    assert read_html(terms, document_type="Privacy Policy").fault is Fault.OTHER_DOCUMENT
    assert read_html(terms, document_type="Terms of Service").fault is None
    assert read_html(POLICY, document_type="Terms of Service").fault is Fault.OTHER_DOCUMENT
    assert read_html(POLICY, document_type="Review Guidelines").fault is None


def test_an_unreadable_body_is_unreadable() -> None:
    reading = read(b"\x89PNG\r\n\x1a\n" + b"\0" * 99, name="policy.html")
    assert (reading.fault, reading.text.blocks) == (Fault.UNREADABLE, ())


def test_a_note_that_the_page_may_be_cut_is_no_fault() -> None:
    reading = read(page(POLICY)[: -len("</body></html>")], content_type="text/html")
    assert reading.fault is None
    assert signals_of(reading).is_cut


# --- against the history ---

WORDS = [f"{paragraph} {i}" for i in range(8) for paragraph in PARAGRAPHS]


def look(lines: list[str], *, language: str = "en", is_cut: bool = False) -> Signals:
    signals = signals_of(read("\n".join(lines).encode(), name="a.txt", detect_language=False))
    return dataclasses.replace(signals, language=language, is_cut=is_cut)


WHOLE = look(WORDS)
OTHER = look([f"Lake number {i} is quiet, blue and deep as a song of old." for i in range(12)])
FRENCH = look(
    [
        f"Nous gardons vos données personnelles pendant {i} mois et nous ne les vendons pas à des tiers."
        for i in range(48)
    ],
    language="fr",
)


def judged(signals: Signals, *history: Signals) -> Fault | None:
    verdict = fault_in_history(signals, history)
    return verdict.fault if verdict else None


def test_without_a_history_nothing_is_doubted() -> None:
    assert judged(OTHER) is None


def test_another_text_of_half_the_size_is_another_document() -> None:
    assert judged(OTHER, WHOLE, WHOLE) is Fault.OTHER_DOCUMENT


def test_the_same_text_cut_to_a_third_is_the_vendors_doing_unless_the_page_ends_early() -> None:
    assert judged(look(WORDS[:16]), WHOLE) is None
    assert judged(look(WORDS[:16], is_cut=True), WHOLE) is Fault.TRUNCATED


def test_a_page_that_ends_early_as_none_before_it_did_is_truncated() -> None:
    late = look(WORDS[:45], is_cut=True)
    assert judged(late, WHOLE) is Fault.TRUNCATED
    assert judged(late, look(WORDS, is_cut=True)) is None
    assert judged(look(WORDS, is_cut=True), WHOLE) is None


def rewritten(name: str) -> Signals:
    return look(
        [f"Lake {i} is quiet and blue, and with {name} you sail over it in a day of summer." for i in range(48)]
    )


def test_a_rewritten_text_of_like_size_is_no_fault_if_it_is_by_the_same_vendor() -> None:
    assert judged(rewritten("Larkspur"), WHOLE) is None


def test_a_text_of_like_size_by_another_vendor_is_another_document() -> None:
    assert judged(rewritten("Dunlin"), WHOLE) is Fault.OTHER_DOCUMENT


TERMS = look(
    [f"License {i} and its termination: disputes under Larkspur Maps, fees, liability and damages." for i in range(48)]
)


def test_the_terms_of_the_same_vendor_are_another_document() -> None:
    assert judged(TERMS, WHOLE) is Fault.OTHER_DOCUMENT
    assert judged(WHOLE, TERMS) is Fault.OTHER_DOCUMENT


def test_a_text_whose_language_is_told_otherwise_this_time_is_the_same_text() -> None:
    assert judged(dataclasses.replace(WHOLE, language="fr", words=1), look(WORDS[:-1])) is None


def cut(count: int, *, open_elements: int, is_torn: bool = False) -> Signals:
    signals = look(WORDS[:count], is_cut=True)
    return dataclasses.replace(signals, open_elements=open_elements, is_torn=is_torn)


def test_of_pages_that_never_close_their_tags_one_with_its_end_torn_off_is_truncated() -> None:
    usual = cut(48, open_elements=2)
    assert judged(cut(40, open_elements=5), usual) is Fault.TRUNCATED
    assert judged(cut(40, open_elements=2, is_torn=True), usual) is Fault.TRUNCATED


def test_of_pages_that_never_close_their_tags_one_whose_last_section_went_is_no_fault() -> None:
    assert judged(cut(40, open_elements=2), cut(48, open_elements=2)) is None


def test_a_page_torn_in_the_middle_is_truncated_at_the_first_look() -> None:
    assert judged(cut(40, open_elements=3, is_torn=True)) is Fault.TRUNCATED


def test_another_language_is_doubted_as_long_as_no_good_look_had_it() -> None:
    assert judged(FRENCH, WHOLE) is Fault.OTHER_LANGUAGE
    assert judged(FRENCH, WHOLE, FRENCH) is None
    assert judged(FRENCH, WHOLE, FRENCH, WHOLE) is None


def test_sketches_tell_how_much_of_the_smaller_text_is_shared() -> None:
    half = look(WORDS[:24])
    assert shared_share(WHOLE.sketch, WHOLE.sketch) == 1.0
    assert shared_share(WHOLE.sketch, half.sketch) > 0.9
    assert shared_share(WHOLE.sketch, OTHER.sketch) == 0.0
    assert shared_share((), WHOLE.sketch) == 0.0


def test_signals_survive_json_and_are_the_same_in_every_process() -> None:
    code = (
        "import json, dataclasses; from differ import read; from differ.faults import signals_of\n"
        f"print(json.dumps(dataclasses.asdict(signals_of(read({' '.join(WORDS).encode()!r}, detect_language=False)))))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    signals = json.loads(runs[0])
    assert Signals(**{**signals, "sketch": tuple(signals["sketch"])}).words == signals["words"]

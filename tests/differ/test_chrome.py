import pytest

from tests.differ.pages import PARAGRAPHS, POLICY, lines, text_of

WHOLE = lines(text_of(POLICY))
MENU = "<a href=/maps>Maps of the whole wide world</a> <a href=/jobs>Jobs at our lovely company</a>"
BANNER = "<p>We and our partners use cookies to show you nicer lakes and to count how often you look at them.</p>"


@pytest.mark.parametrize(
    "chrome",
    [
        f"<nav>{MENU}</nav>",
        f"<footer><p>Larkspur Maps draws maps of lakes for people who like lakes.</p>{MENU}</footer>",
        "<aside><p>Our lake of the month is quiet, deep and, as ever, blue.</p></aside>",
        f"<div role=dialog>{BANNER}</div>",
        f"<div aria-modal=true>{BANNER}</div>",
        f"<div id=onetrust-consent-sdk>{BANNER}</div>",
        f"<div class='site-cookie-banner is-open'>{BANNER}</div>",
        f"<div>{BANNER}<button>Accept all</button><button>Manage settings</button></div>",
        f"<div class='main-menu'>{MENU}</div>",
        "<form><p>Log in to see the lakes that you have saved on earlier visits.</p><input type=password></form>",
        "<div class='share-bar'>Tell a friend</div>",
    ],
)
def test_what_frames_the_page_is_left_out(chrome: str) -> None:
    assert lines(text_of(f"<div>{chrome}{POLICY}{chrome}</div>")) == WHOLE


def test_a_policy_in_an_aside_or_a_dialog_comes_whole() -> None:
    assert lines(text_of(f"<aside role=dialog>{POLICY}</aside>")) == WHOLE


def test_a_name_alone_takes_no_running_text_and_no_heading() -> None:
    body = (
        f"<div>{POLICY}<div class='footer share'><h3>Contact</h3><p>Write to us at our office on "
        f"the lake, please.</p></div></div>"
    )
    assert lines(text_of(body))[-2:] == ["Contact", "Write to us at our office on the lake, please."]


def test_the_cookie_table_of_a_consent_product_is_text() -> None:
    table = "<div id='ot-sdk-cookie-policy'><table><tr><td>Cookie<td>Kept</tr><tr><td>sid<td>1 day</tr></table></div>"
    assert lines(text_of(f"<div>{POLICY}{table}</div>"))[-1] == "sid | 1 day"


def test_a_section_about_consent_is_text() -> None:
    body = f"<div>{POLICY}<section class=gdpr-section><h2>GDPR</h2><p>{PARAGRAPHS[0]} Again.</p></section></div>"
    assert lines(text_of(body))[-1] == f"{PARAGRAPHS[0]} Again."


def test_a_short_callout_of_the_policy_stays_whatever_its_box_is_called() -> None:
    callout = "<div class='cta-box'>You can ask us to delete your personal data.</div>"
    assert lines(text_of(f"<div>{POLICY}{callout}<p>{PARAGRAPHS[0]} Again.</p></div>"))[-2] == (
        "You can ask us to delete your personal data."
    )

import re

import pytest

from differ.consent import ACCEPTS, CHOOSES, REFUSES
from differ.faults.phrases import LABELS


@pytest.mark.parametrize(
    "label", ["Accept all", "I agree", "OK", "Accept & close", "Alle akzeptieren", "Tout accepter", "Aceitar tudo"]
)
def test_labels_that_accept_are_known_by_all_they_say(label: str) -> None:
    assert re.fullmatch(ACCEPTS, label, re.IGNORECASE)
    assert LABELS.findall(f"We use cookies.\n{label}\nMore") == [label]


@pytest.mark.parametrize("label", ["Reject all", "Decline", "I disagree", "Alle ablehnen", "Tout refuser", "Weigeren"])
def test_labels_that_refuse_are_known_by_their_verb(label: str) -> None:
    assert re.search(REFUSES, label, re.IGNORECASE)
    assert LABELS.findall(f"We use cookies.\n{label}\nMore") == [label]


@pytest.mark.parametrize("label", ["Settings", "Save the date", "Options"])
def test_words_that_other_buttons_have_too_are_no_sign_of_a_wall(label: str) -> None:
    assert re.match(CHOOSES, label, re.IGNORECASE)
    assert not LABELS.findall(f"We use cookies.\n{label}\nMore")

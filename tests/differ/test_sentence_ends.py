import pytest

from differ.sentence_ends import ends_sentence, ends_thought, may_end_sentence


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("We keep it for a year.", (True, True, True)),
        ("We keep it (for a year.)", (True, True, True)),
        ("You may say “no!”", (True, True, True)),
        ("当社は個人情報を保護します。", (True, True, True)),
        ("「同意しますか？」", (True, True, True)),
        ("We collect:", (False, True, True)),
        ("your name;", (False, True, True)),
        ("Your rights (in Europe)", (False, False, True)),
        ("And so on…", (False, False, True)),
        ("Contact", (False, False, False)),
        ("", (False, False, False)),
    ],
)
def test_a_line_ends_as_a_sentence_a_thought_or_may_be_whole(line: str, expected: tuple[bool, bool, bool]) -> None:
    assert (ends_sentence(line), ends_thought(line), may_end_sentence(line)) == expected

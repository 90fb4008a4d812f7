"""Which kinds stand in a comparison."""

from clausewatch.model import Kind

from .policies import compare

NAMES = ("iron", "copper", "glass", "clay", "steel", "brass", "tin", "stone")
KEPT = "Kettles boil. Spouts pour. Lids stay on until the water has cooled down."


def test_the_same_sentence_altered_under_every_heading_is_one_finding_of_its_kind() -> None:
    before, after = (
        "\n\n".join(f"## Kettles of {name}\n\nWe {words} your orders with advertising partners." for name in NAMES)
        for words in ("may share", "will share")
    )
    findings = [f for f in compare(before, after).findings if f.kind is Kind.RECIPIENT]
    assert len(findings) == 1


def test_a_name_that_is_replaced_everywhere_is_no_finding() -> None:
    before, after = (
        "\n\n".join(f"## Kettles of {metal}\n\nOrders of {metal} are shown in the {name} window." for metal in NAMES)
        for name in ("Steamboard", "Kettleboard")
    )
    assert compare(before, after).findings == ()


def test_editing_in_many_places_has_no_finding() -> None:
    before, after = (f"## Lids\n\n{KEPT} You must {words} to see your orders." for words in ("log in", "sign in"))
    assert compare(before, after).findings == ()

"""What two short policies of vendors that do not exist bring to light."""

from clausewatch.model import Direction, Effect, Kind

from .policies import compare


def test_a_longer_period_is_a_finding_that_expands() -> None:
    result = compare("We retain your account data for 18 months.", "We retain your account data for 24 months.")
    (finding,) = result.findings
    assert (finding.kind, finding.direction, finding.effect) == (Kind.RETENTION, Direction.CHANGED, Effect.EXPANDS)
    assert finding.subject == "18 months -> 24 months"
    assert finding.sentence == "The policy keeps data 24 months instead of 18 months."


def test_a_new_recipient_is_a_finding() -> None:
    before = "We share your data with our hosting providers."
    result = compare(
        before, before + "\n\nWe also share your location data with Larkspur Metrics, an advertising partner."
    )
    assert Kind.RECIPIENT in {finding.kind for finding in result.findings}
    assert all(finding.direction is Direction.ADDED for finding in result.findings)


def test_equal_texts_bring_nothing() -> None:
    text = "We share your data with our hosting providers."
    assert compare(text, text).findings == ()

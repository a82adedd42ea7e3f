"""What the demo wants to have seen, fact by fact."""

SEEN, NOT_REACHED = "", "the story did not get that far"

Facts = dict[str, dict[str, str]]
"""Fact -> column -> SEEN, NOT_REACHED, or what was missing."""


def missing(facts: Facts) -> int:
    """How many were not seen."""
    return sum(bool(text) for answers in facts.values() for text in answers.values())

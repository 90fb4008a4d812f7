"""How lines end that are sentences. Where a sentence ends within a line is told elsewhere."""

from __future__ import annotations

__all__ = ["ends_sentence", "ends_thought", "may_end_sentence"]

_STOPS = (".", "!", "?", "。", "！", "？")
_THOUGHT_STOPS = (*_STOPS, ":", ";", "：", "；")
_CLOSERS = "\"'”’»)]）」』"
_MAY_END = (*_THOUGHT_STOPS, "…", '"', "”", "»", ")", "）", "」", "』")


def ends_sentence(line: str) -> bool:
    """Whether a line ends with a full stop or its like, which brackets and quotation marks may close.

    >>> ends_sentence('You said "no."'), ends_sentence("Your rights (in Europe)"), ends_sentence("We collect:")
    (True, False, False)
    """
    return line.rstrip(_CLOSERS).endswith(_STOPS)


def ends_thought(line: str) -> bool:
    """Whether a line ends as a sentence, before a list, or as an item of one."""
    return line.rstrip(_CLOSERS).endswith(_THOUGHT_STOPS)


def may_end_sentence(line: str) -> bool:
    """Whether the line may be whole: an ellipsis, a bracket or a quotation mark may end one too."""
    return line.endswith(_MAY_END)

"""Lower case that keeps every character in its place, so that what is found in it is found in the
text.
"""

from __future__ import annotations


def lower_in_place(text: str) -> str:
    """The text in lower case and of the same length: a letter that would become two characters
    stays.
    """
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)

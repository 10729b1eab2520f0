"""Scopes, and the patterns that grant them."""

import re

SEGMENT = re.compile(r"[a-z0-9_.-]+")
MAX_BYTES = 128
MAX_SEGMENTS = 8


def is_pattern(text):
    if type(text) is not str or len(text) > MAX_BYTES:
        return False
    if text == "**":
        return True
    *inner, last = text.split(":")
    if not 1 <= len(inner) < MAX_SEGMENTS:
        return False
    if not all(segment == "*" or SEGMENT.fullmatch(segment) for segment in inner):
        return False
    return last in ("*", "**") or SEGMENT.fullmatch(last.removesuffix("*")) is not None


def covers(pattern, scope):
    if pattern == "**":
        return True
    wanted, found = pattern.split(":"), scope.split(":")
    last = len(wanted) - 1
    if wanted[last] == "**":
        wanted, found = wanted[:last], found[:last] if len(found) > last else []
    if len(wanted) != len(found):
        return False
    return all(
        segment == "*"
        or segment == given
        or (at == last and segment.endswith("*") and given.startswith(segment[:-1]))
        for at, (segment, given) in enumerate(zip(wanted, found))
    )

"""Bytes and texts with one meaning each: deterministic CBOR, strict JSON."""

import io
import json
import sys
from decimal import Decimal

import cbor2

MAX_SAFE_INTEGER = 2**53 - 1
MAX_DIGITS = 15
MAX_SCALE = 18
MAX_JSON_BYTES = 65_536
MAX_JSON_LEVELS = 32
MAX_JSON_VALUES = 4_096


class Refused(Exception):
    """The verdict of the verifier, by its code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def head(major, number):
    """The first bytes of an item: its type and the shortest form of a number."""
    if number < 24:
        return bytes([major << 5 | number])
    for size in range(4):
        if number < 1 << (8 << size):
            return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size, "big")
    raise ValueError("no number of 64 bits")


def encode(value):
    """RFC 8949, section 4.2.1, for the types of the format; anything else raises."""
    kind = type(value)
    if value is None or kind is bool:
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if kind is int:
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if kind is bytes:
        return head(2, len(value)) + value
    if kind is str:
        return head(3, len(value.encode())) + value.encode()
    if kind in (list, tuple):
        return head(4, len(value)) + b"".join(map(encode, value))
    if kind is dict:
        entries = sorted((encode(key), encode(item)) for key, item in value.items())
        return head(5, len(entries)) + b"".join(key + item for key, item in entries)
    if kind is Decimal and value.is_finite():
        sign, digits, exponent = value.as_tuple()
        mantissa = int("".join(map(str, digits)))
        return head(6, 4) + encode([exponent, -mantissa if sign else mantissa])
    raise TypeError(f"{kind} has no place in the format")


def decode(data, what):
    """The one item that these bytes are, or a refusal with the codes of `what`."""
    stream = io.BytesIO(data)
    try:
        value = cbor2.CBORDecoder(stream, read_size=1).decode()
        again = encode(value)
    except Exception as error:
        raise Refused(f"{what}.malformed") from error
    if stream.tell() != len(data):
        raise Refused(f"{what}.malformed")
    if again != data:
        raise Refused(f"{what}.not_canonical")
    return value


def is_value(value):
    """Whether this may be an argument, or what a constraint compares with."""
    if type(value) is int:
        return abs(value) <= MAX_SAFE_INTEGER
    if type(value) is Decimal:
        _, digits, exponent = value.as_tuple()
        return -MAX_SCALE <= exponent < 0 and digits[-1] != 0 and len(digits) <= MAX_DIGITS
    if type(value) is list:
        return all(map(is_value, value))
    if type(value) is dict:
        return all(type(key) is str and is_value(item) for key, item in value.items())
    return value is None or type(value) in (bool, str)


def same(one, other):
    """Equal in type and content: `1` is not `true`."""
    return encode(one) == encode(other)


def number(text):
    """A number of JSON: an integer or an exact decimal, whatever its spelling."""
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise Refused("arguments.number_out_of_range") from error
    if value.copy_abs() > Decimal(sys.float_info.max):
        raise Refused("arguments.number_out_of_range")
    if value == value.to_integral_value():
        if value.copy_abs() > MAX_SAFE_INTEGER:
            raise Refused("arguments.integer_out_of_range")
        return int(value)
    _, digits, exponent = value.as_tuple()
    while digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    if len(digits) > MAX_DIGITS or exponent < -MAX_SCALE:
        raise Refused("arguments.number_out_of_range")
    return Decimal((value.as_tuple().sign, digits, exponent))


def unique(pairs):
    if len({key for key, _ in pairs}) < len(pairs):
        raise Refused("arguments.duplicate_key")
    return dict(pairs)


def constant(name):
    raise ValueError(f"`{name}` is not JSON")


def count(value, level=1):
    """How many values are inside, refusing what nests too deep."""
    if type(value) not in (list, dict):
        return 0
    if level > MAX_JSON_LEVELS:
        raise Refused("arguments.too_deep")
    items = value.values() if type(value) is dict else value
    return sum(1 + count(item, level + 1) for item in items)


def arguments(text):
    """The arguments of a call out of their JSON."""
    if len(text.encode()) > MAX_JSON_BYTES:
        raise Refused("arguments.too_large")
    hooks = {"parse_int": number, "parse_float": number, "parse_constant": constant}
    try:
        value = json.loads(text, object_pairs_hook=unique, **hooks)
        encode(value)
    except RecursionError as error:
        raise Refused("arguments.too_deep") from error
    except ValueError as error:
        raise Refused("arguments.malformed") from error
    if type(value) is not dict:
        raise Refused("arguments.not_an_object")
    if count(value) > MAX_JSON_VALUES:
        raise Refused("arguments.too_many_values")
    return value

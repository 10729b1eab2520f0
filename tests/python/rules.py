"""Constraints: which are sound, and what they say of an argument (docs/constraints.md).

A verdict is a pair: whether the rule could decide, and the code of what is wrong or `None`.
"""

import ipaddress
import re
import unicodedata
from decimal import Decimal

from encoding import MAX_SAFE_INTEGER, Refused, is_value, same
from scopes import is_pattern

HOLDS = (True, None)
# What a path names that leads through something without names. Missing is `None`, as `null` is.
BLOCKED = object()
MAX_DEPTH = 4
MAX_RULES = 32
MAX_PATTERNS = 16
MAX_MATCHED_BYTES = 2_048
PORTS = {"https": 443, "http": 80, "wss": 443, "ws": 80}
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
CARRY_IPV4 = [
    ipaddress.ip_network(text)
    for text in ("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/32", "2002::/16", "2001::/32")
]


def need(sound, code="token.malformed"):
    if not sound:
        raise Refused(code)


def sound(holds):
    need(holds, "token.constraint_unsound")


def size(text):
    return len(text.encode())


def has_control(text):
    return any(unicodedata.category(character) == "Cc" for character in text)


def is_hidden(character):
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") or character.isspace()


# What is in the token


def parse_path(path):
    names = [path] if type(path) is str else path
    need(type(names) is list and len(names) <= 8 and all(type(name) is str for name in names))
    need(type(path) is str or len(names) != 1, "token.not_canonical")
    sound(names)
    for name in names:
        plain = name.removesuffix("[]")
        sound(1 <= size(plain) <= 64 and not re.search(r"[.\[\]]", plain))
        sound(not any(map(is_hidden, plain)))
    return names


class Rules:
    """Counts what the rules of one token may have in all."""

    def __init__(self):
        self.patterns = 0

    def constraint(self, item):
        need(type(item) is list and 3 <= len(item) <= 4)
        path = parse_path(item[0])
        rule = self.rule(item[1:3], 1, [0])
        scope = item[3] if len(item) == 4 else None
        need(len(item) == 3 or type(scope) is str)
        need(scope is None or is_pattern(scope), "token.scope_unsound")
        return path, rule, scope

    def rule(self, item, depth, seen):
        need(type(item) is list and len(item) == 2 and type(item[0]) is int)
        kind, argument = item
        need(0 <= kind <= 17, "token.unknown_constraint_kind")
        seen[0] += 1
        sound(depth <= MAX_DEPTH and seen[0] <= MAX_RULES)
        if kind in (13, 17):
            argument = self.rule(argument, depth + 1, seen)
        elif kind in (15, 16):
            need(type(argument) is list and len(argument) <= MAX_RULES)
            sound(argument)
            argument = [self.rule(inner, depth + 1, seen) for inner in argument]
        else:
            check_argument(kind, argument)
        if kind == 7:
            self.patterns += 1
            sound(self.patterns <= MAX_PATTERNS)
        return kind, argument


def check_argument(kind, argument):
    if kind == 0:
        need(is_value(argument))
    elif kind in (1, 12):
        need(type(argument) is list and len(argument) <= 256 and all(map(is_value, argument)))
        sound(argument)
    elif kind in (2, 4, 5):
        check_bounds(kind, argument)
    elif kind == 9:
        check_url(argument)
    elif kind == 11:
        need(is_texts(argument))
        sound(argument and all(map(is_network, argument)))
    elif kind == 14:
        need(argument is None)
    else:
        need(type(argument) is str)
        sound({3: is_prefix, 6: is_glob, 7: is_short_text, 8: is_base, 10: is_domain}[kind](argument))


def check_bounds(kind, bounds):
    need(type(bounds) is list and len(bounds) == 2)
    numbers = [bound for bound in bounds if bound is not None]
    need(all(type(bound) is int or (kind == 4 and type(bound) is Decimal) for bound in numbers))
    if kind == 4:
        need(all(map(is_value, numbers)))
    elif kind == 5:
        need(all(0 <= bound < 2**32 for bound in numbers))
    else:
        need(all(-(2**63) <= bound < 2**63 for bound in numbers))
        sound(all(abs(bound) <= MAX_SAFE_INTEGER for bound in numbers))
    sound(numbers and numbers == sorted(numbers))


def is_texts(argument):
    return type(argument) is list and len(argument) <= 64 and all(type(text) is str for text in argument)


def check_url(argument):
    need(type(argument) is list and 2 <= len(argument) <= 3)
    schemes, hosts, *ports = argument
    need(is_texts(schemes) and is_texts(hosts))
    sound(schemes and hosts and all(scheme in PORTS for scheme in schemes))
    sound(all(is_wild(host) or parse_host(host) == host for host in hosts))
    for listed in ports:
        need(type(listed) is list and len(listed) <= 64)
        need(listed, "token.not_canonical")
        need(all(type(port) is int and 0 <= port < 2**16 for port in listed))
        sound(all(listed))


def is_prefix(text):
    return 1 <= size(text) <= 1_024


def is_glob(text):
    return 1 <= size(text) <= 256 and "**" not in text and not re.search(r"[?\[\]{}\\]", text) and not has_control(text)


def is_short_text(text):
    return 1 <= size(text) <= 256 and not has_control(text)


def patterns(rule):
    """The regular expressions of a rule, which are compiled behind the signature of their block."""
    kind, argument = rule
    if kind == 7:
        yield argument
    inner = [argument] if kind in (13, 17) else argument if kind in (15, 16) else []
    for one in inner:
        yield from patterns(one)


def is_regex(text):
    """Of the syntax of `regex-lite`, as far as it and `re` agree."""
    if re.search(r"\(\?[=!<(#]|\\[1-9]", text):
        return False
    try:
        return re.compile(text, re.ASCII) is not None
    except re.error:
        return False


def is_base(text):
    names = text.removeprefix("/").split("/")
    return 1 <= size(text) <= 4_096 and not is_odd_path(text) and not {"", ".", ".."} & set(names)


def is_domain(text):
    return is_wild(text) or ("." in text and parse_name(text) == text)


def is_wild(text):
    rest = text.removeprefix("*.")
    return rest != text and "." in rest and parse_name(rest) == rest


def is_network(text):
    try:
        return str(ipaddress.ip_network(text)) == text
    except ValueError:
        return False


# What an argument is


def parse_name(text):
    """A host name in lower case, if it is one that nobody takes for an address."""
    if len(text) > 253 or not text.isascii():
        return None
    text = text.lower()
    last = text.rpartition(".")[2]
    if not NAME.fullmatch(text) or re.match(r"[0-9]+$|0x", last):
        return None
    return text


def parse_address(text):
    """An IP address with one meaning."""
    try:
        if ":" not in text:
            return ipaddress.IPv4Address(text) if re.fullmatch(r"[0-9.]+", text) else None
        found = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    plain = found in map(ipaddress.IPv6Address, ("::", "::1"))
    if found.scope_id is not None or (not plain and any(found in network for network in CARRY_IPV4)):
        return None
    return found


def parse_host(text):
    if text.startswith("[") and text.endswith("]"):
        found = parse_address(text[1:-1])
        return f"[{found}]" if found is not None and found.version == 6 else None
    found = parse_address(text) if ":" not in text else None
    return str(found) if found is not None else parse_name(text)


def is_odd_path(text):
    return "\\" in text or "%" in text or has_control(text) or text.startswith("//")


def resolve(text, base):
    """The names of a path, or `None` for one that readers disagree about."""
    absolute = text.startswith("/")
    if not 1 <= size(text) <= 4_096 or is_odd_path(text) or absolute != base.startswith("/"):
        return None
    names = []
    for name in text.split("/"):
        if name == ".." and not names:
            return None
        if name == "..":
            names.pop()
        elif name not in ("", "."):
            names.append(name)
    return names


def parse_url(text):
    """Scheme, host and port."""
    if len(text) > 2_048 or not re.fullmatch(r"[!-~]*", text) or re.search(r"[\\#]|%(?![0-9A-Fa-f]{2})", text):
        return None
    found = re.fullmatch(r"([A-Za-z]+)://([^/?@]+?)(?::([0-9]+))?(?:(/[^?]*)(\?.*)?)?", text)
    if not found:
        return None
    scheme, host, port, path = found[1].lower(), parse_host(found[2].lower()), found[3], found[4] or ""
    if scheme not in PORTS or host is None:
        return None
    if port is not None and (port.startswith("0") or int(port) > 65_535):
        return None
    path = re.sub(r"%2e", ".", path, flags=re.I)
    names = [name.split(";")[0] for name in path.split("/")]
    if re.search(r"%(2f|5c|25|[01].|7f)", path, re.I) or {".", ".."} & set(names):
        return None
    return scheme, host, int(port) if port else PORTS[scheme]


def parse_email(text):
    local, at, domain = text.partition("@")
    plain = re.fullmatch(r"[A-Za-z0-9_+='-]+(\.[A-Za-z0-9_+='-]+)*", local)
    if not at or size(text) > 254 or len(local) > 64 or not plain or local.startswith("-"):
        return None
    return parse_name(domain) if "." in domain else None


def is_host_in(host, listed):
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in listed)


# What a rule says of it


def all_of(verdicts):
    verdicts = list(verdicts)
    undecided = [verdict for verdict in verdicts if not verdict[0]]
    failing = [verdict for verdict in verdicts if verdict != HOLDS]
    return (undecided + failing + [HOLDS])[0]


def any_of(verdicts):
    if HOLDS in verdicts:
        return HOLDS
    codes = {code for _, code in verdicts}
    code = codes.pop() if len(codes) == 1 else "constraint.none_holds"
    return (all(decided for decided, _ in verdicts), code)


def negated(verdict):
    decided, code = verdict
    if decided:
        return (True, "constraint.forbidden") if code is None else HOLDS
    kept = ("missing_argument", "malformed_argument", "empty_list")
    return verdict if code.removeprefix("constraint.") in kept else (False, "constraint.wrong_type")


def shape(value):
    kind = type(value)
    return int if kind is Decimal else kind


def among(choices, value, code):
    if any(same(choice, value) for choice in choices):
        return HOLDS
    return (any(shape(choice) is shape(value) for choice in choices), code)


def within(found, bounds, below, above):
    low, high = bounds
    if low is not None and found < low:
        return (True, below)
    return (True, above) if high is not None and found > high else HOLDS


def holds_if(answer, code):
    return HOLDS if answer else (True, code)


def each(values, decide):
    if type(values) is not list:
        return (False, "constraint.wrong_type")
    return all_of(map(decide, values)) if values else (False, "constraint.empty_list")


class Decision:
    """One constraint and one call: the text that it may match is counted."""

    def __init__(self):
        self.matched = 0

    def over(self, path, rule, value):
        if not path:
            return self.at(rule, value)
        if type(value) is not dict:
            if any(name.endswith("[]") for name in path):
                return (False, "constraint.missing_argument")
            return self.at(rule, None if value is None else BLOCKED)
        name, rest = path[0], path[1:]
        found = value.get(name.removesuffix("[]"))
        if not name.endswith("[]"):
            return self.over(rest, rule, found)
        if found is None or found == []:
            return (False, "constraint.missing_argument")
        if type(found) is not list:
            return (False, "constraint.wrong_type")
        return all_of(self.over(rest, rule, element) for element in found)

    def at(self, rule, value):
        kind, argument = rule
        if kind == 15:
            return all_of(self.at(inner, value) for inner in argument)
        if kind == 16:
            return any_of([self.at(inner, value) for inner in argument])
        if kind == 14 and value is None:
            return HOLDS
        if kind == 14:
            return (False, "constraint.wrong_type") if value is BLOCKED else (True, "constraint.present")
        if value is None or value is BLOCKED:
            return (False, "constraint.missing_argument")
        if kind == 17:
            return negated(self.at(argument, value))
        return self.of_value(kind, argument, value)

    def of_value(self, kind, argument, value):
        is_text, is_list = type(value) is str, type(value) is list
        if kind in (0, 1):
            choices = [argument] if kind == 0 else argument
            return among(choices, value, "constraint.not_one_of" if kind else "constraint.not_equal")
        if type(value) is int and kind in (2, 4) or type(value) is Decimal and kind == 4:
            return within(value, argument, "constraint.below_minimum", "constraint.above_maximum")
        if kind == 5 and (is_text or is_list):
            return within(len(value), argument, "constraint.too_short", "constraint.too_long")
        if kind == 12:
            return each(value, lambda found: among(argument, found, "constraint.not_subset"))
        if kind == 13:
            return each(value, lambda found: self.at(argument, found))
        if is_text and kind not in (2, 4):
            return self.of_text(kind, argument, value)
        return (False, "constraint.wrong_type")

    def of_text(self, kind, argument, text):
        malformed = (False, "constraint.malformed_argument")
        if kind == 3:
            return holds_if(text.startswith(argument), "constraint.prefix_mismatch")
        if kind == 6:
            if has_control(text) or "\\" in text or {".", ".."} & set(text.split("/")):
                return malformed
            pattern = "[^/]*".join(map(re.escape, argument.split("*")))
            return holds_if(re.fullmatch(pattern, text), "constraint.pattern_mismatch")
        if kind == 7:
            self.matched += size(text)
            if self.matched > MAX_MATCHED_BYTES:
                return malformed
            return holds_if(re.fullmatch(argument, text, re.ASCII), "constraint.pattern_mismatch")
        if kind == 8:
            names, base = resolve(text, argument), resolve(argument, argument)
            if names is None:
                return malformed
            return holds_if(names[: len(base)] == base, "constraint.outside_path")
        if kind == 9:
            return self.of_url(argument, parse_url(text)) if parse_url(text) else malformed
        if kind == 10:
            domain = parse_email(text)
            if domain is None:
                return malformed
            return holds_if(is_host_in(domain, [argument]), "constraint.domain_not_allowed")
        address = parse_address(text)
        if address is None:
            return malformed
        inside = any(address in ipaddress.ip_network(network) for network in argument)
        return holds_if(inside, "constraint.outside_network")

    def of_url(self, argument, url):
        (schemes, hosts, *ports), (scheme, host, port) = argument, url
        if scheme not in schemes:
            return (True, "constraint.scheme_not_allowed")
        if not is_host_in(host, hosts):
            return (True, "constraint.host_not_allowed")
        allowed = ports[0] if ports else [PORTS[scheme]]
        return holds_if(port in allowed, "constraint.port_not_allowed")


def verdict(path, rule, arguments):
    return Decision().over(path, rule, arguments)


def pins(rule):
    """Whether a rule leaves a choice that somebody made, and not any value at all."""
    kind, argument = rule
    if kind in (2, 4):
        return argument[1] is not None
    if kind == 6:
        return argument != "*"
    if kind == 13:
        return pins(argument)
    if kind in (15, 16):
        return (any if kind == 15 else all)(map(pins, argument))
    return kind not in (5, 17)

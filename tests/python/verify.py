"""A second verifier of tokens, written from docs/token-format.md and sharing no code with the first.

Reads golden vectors, one as a line of JSON each, and answers `{"name": .., "result": ..}`: `ok`, or the code
of the refusal. It knows no revocations and no ledger, and remembers nothing from one line to the next.
"""

import hashlib
import json
import re
import sys

import ed25519
import rules
from encoding import MAX_SAFE_INTEGER, Refused, arguments, decode, encode
from rules import need
from scopes import covers, is_pattern

MAX_TOKEN_BYTES = 16_384
MAX_BLOCKS = 16
MAX_LIFETIME_S = 86_400
MAX_BEARER_LIFETIME_S = 3_600
MAX_WINDOW_S = 31 * 86_400
MAX_CLOCK_SKEW_S = 60
LAST_SECOND = 253_402_300_799  # the end of the year 9999
ROOT, DELEGATION = b"agentsudo.root.v1\0", b"agentsudo.delegation.v1\0"
INVOCATION, ARGUMENTS = b"agentsudo.invocation.v1\0", b"agentsudo.arguments.v1\0"
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
AUDIENCE = re.compile(r"[!-~]{1,128}")


# Fields


def uint(value, most=2**64 - 1):
    need(type(value) is int and 0 <= value <= most)
    return value


def octets(length):
    def parse(value, _):
        need(type(value) is bytes and len(value) == length)
        return value

    return parse


def text(value, wanted, code):
    need(type(value) is str)
    need(wanted(value), code)
    return value


def name(value):
    return text(value, NAME.fullmatch, "token.name_unsound")


def pattern(value):
    return text(value, is_pattern, "token.scope_unsound")


def some(value, most):
    need(type(value) is list and len(value) <= most)
    need(value, "token.not_canonical")
    return value


def version(value, _):
    need(uint(value) == 1, "token.unknown_version")
    return value


def audiences(value, _):
    return [text(one, AUDIENCE.fullmatch, "token.name_unsound") for one in some(value, 16)]


def grant(value):
    if type(value) is str:
        return pattern(value), None
    scope, *tools = some(value, 65)
    need(tools, "token.not_canonical")
    return pattern(scope), [name(tool) for tool in tools]


def budget(value):
    need(type(value) is list and 2 <= len(value) <= 4)
    measure, most, window_s, scope = value + [None] * (4 - len(value))
    if type(measure) is int:
        need(measure in (0, 1), "token.budget_unsound")
    else:
        measure = rules.parse_path(measure)
    need(1 <= uint(most) <= MAX_SAFE_INTEGER, "token.budget_unsound")
    need(window_s is None or 1 <= uint(window_s) <= MAX_WINDOW_S, "token.budget_unsound")
    need(len(value) != 3 or window_s is not None)
    return measure, most, None if len(value) < 4 else pattern(scope)


def approval(value, parse_rules):
    if type(value) is str:
        return pattern(value), None
    need(type(value) is list and len(value) == 4)
    return pattern(value[0]), parse_rules.constraint(value[1:])


def true(value, _):
    need(type(value) is bool)
    need(value, "token.not_canonical")
    return value


FIELDS = [
    ("version", version),
    ("issuer", octets(8)),
    ("token_id", octets(12)),
    ("issued_at", lambda value, _: uint(value, LAST_SECOND)),
    ("expires_after_s", lambda value, _: uint(value)),
    ("valid_after_s", lambda value, _: uint(value)),
    ("holder_key", octets(32)),
    ("agent", lambda value, _: name(value)),
    ("audiences", audiences),
    ("grants", lambda value, _: [grant(one) for one in some(value, 256)]),
    ("constraints", lambda value, found: [found.constraint(one) for one in some(value, 64)]),
    ("depth", lambda value, _: uint(value, 255)),
    ("budgets", lambda value, _: [budget(one) for one in some(value, 16)]),
    ("approvals", lambda value, found: [approval(one, found) for one in some(value, 16)]),
    ("delegate_only", true),
    ("bearer", true),
]
OF_ROOTS_ONLY = 4
REQUIRED = ("holder_key", "agent")
REQUIRED_OF_ROOTS = ("version", "issuer", "token_id", "issued_at", "expires_after_s", "grants", *REQUIRED)


def parse_block(block, is_root, parse_rules):
    need(type(block) is dict)
    fields = {}
    for key, value in block.items():
        need(type(key) is int and key >= 0)
        need(key < len(FIELDS) and (is_root or key >= OF_ROOTS_ONLY), "token.unknown_field")
        field, parse = FIELDS[key]
        fields[field] = parse(value, parse_rules)
    required = REQUIRED_OF_ROOTS if is_root else REQUIRED
    need(all(field in fields for field in required), "token.missing_field")
    return fields


def parse_token(token):
    """The blocks, each with its bytes and its signature."""
    need(len(token) <= MAX_TOKEN_BYTES, "token.too_large")
    items = decode(token, "token")
    need(type(items) is list)
    need(len(items) <= 2 * MAX_BLOCKS, "token.too_many_blocks")
    need(items and len(items) % 2 == 0)
    parse_rules = rules.Rules()
    blocks = []
    for at in range(0, len(items), 2):
        blocks.append((parse_block(items[at], at == 0, parse_rules), encode(items[at]), items[at + 1]))
        need(type(items[at + 1]) is bytes and len(items[at + 1]) == 64)
    return blocks


# The token


def check_terms(fields):
    for at, block in enumerate(fields):
        most = block.get("depth", MAX_BLOCKS if at else 0)
        need(len(fields) - 1 - at <= most, "token.depth_exceeded")
    lives_s = min(block["expires_after_s"] for block in fields if "expires_after_s" in block)
    waits_s = max(block.get("valid_after_s", 0) for block in fields)
    need(fields[0]["expires_after_s"] <= MAX_LIFETIME_S, "token.lifetime_too_long")
    need(lives_s > waits_s, "token.lifetime_too_long")
    if "bearer" in fields[0]:
        short = fields[0]["expires_after_s"] <= MAX_BEARER_LIFETIME_S
        need(short and "audiences" in fields[0], "token.bearer_unbound")
    for at, block in enumerate(fields):
        for later in fields[at + 1 :]:
            again = block["agent"] == later["agent"] or block["holder_key"] == later["holder_key"]
            need(not ("delegate_only" in block and again), "token.delegates_to_itself")
    return lives_s


def check_time(fields, lives_s, now):
    issued_at = fields[0]["issued_at"]
    need(issued_at <= now + MAX_CLOCK_SKEW_S, "token.issued_in_future")
    need(now < issued_at + lives_s, "token.expired")
    starts = [issued_at + block["valid_after_s"] for block in fields if "valid_after_s" in block]
    need(now >= max(starts, default=0), "token.not_yet_valid")


def verify(token, issuers, audience, now):
    """The fields of the blocks, and the id of the last."""
    blocks = parse_token(token)
    fields = [block for block, _, _ in blocks]
    known = {hashlib.sha256(key).digest()[:8]: key for key in issuers}
    signer = known.get(fields[0]["issuer"])
    need(signer is not None, "token.unknown_issuer")
    check_time(fields, check_terms(fields), now)
    for block in fields:
        need(audience in block.get("audiences", [audience]), "token.audience_mismatch")
    block_id = b""
    for block, payload, signature in blocks:
        signed = (DELEGATION if block_id else ROOT) + block_id + payload
        need(ed25519.verifies(signer, signature, signed), "token.signature_invalid")
        signer, block_id = block["holder_key"], hashlib.sha256(signed).digest()
        need(ed25519.is_sound(signer), "token.key_unsound")
        exceptions = [unless for _, unless in block.get("approvals", []) if unless]
        for _, rule, *_ in block.get("constraints", []) + exceptions:
            need(all(map(rules.is_regex, rules.patterns(rule))), "token.constraint_unsound")
    return fields, block_id


# The call


def check_proof(proof, holder, block_id, call, given, audience, now):
    proof = decode(proof, "proof")
    need(type(proof) is list and proof and type(proof[0]) is int and proof[0] >= 0, "proof.malformed")
    need(proof[0] == 1, "proof.unknown_version")
    need(len(proof) == 4 and type(proof[1]) is int and 0 <= proof[1] <= LAST_SECOND, "proof.malformed")
    _, time, nonce, signature = proof
    need(type(nonce) is bytes and len(nonce) == 16, "proof.malformed")
    need(type(signature) is bytes and len(signature) == 64, "proof.malformed")
    need(abs(time - now) <= MAX_CLOCK_SKEW_S, "proof.out_of_time")
    digest = hashlib.sha256(ARGUMENTS + encode(given)).digest()
    tool = call["tool"].encode()
    what = block_id + bytes.fromhex(call["definition_hex"]) + digest + time.to_bytes(8, "big") + nonce
    signed = INVOCATION + what + bytes([len(tool)]) + tool + audience.encode()
    need(ed25519.verifies(holder, signature, signed), "proof.signature_invalid")


def check_grants(block, call):
    grants = [tools for scope, tools in block["grants"] if covers(scope, call["scope"])]
    need(grants, "scope.not_granted")
    granted = any(tools is None or call["tool"] in tools for tools in grants)
    need(granted, "scope.not_granted_to_tool")


def drawn(measure, given):
    """How much of a budget a call draws."""
    if measure == 0:
        return 1
    if measure == 1:
        return len(encode(given))
    amounts = at_path(measure, given)
    need(all(type(amount) is int and amount >= 0 for amount in amounts), "budget.amount_unsound")
    return sum(amounts)


def at_path(path, value):
    if not path:
        return [value]
    found = value.get(path[0].removesuffix("[]")) if type(value) is dict else None
    if not path[0].endswith("[]"):
        return at_path(path[1:], found)
    need(type(found) is list and found, "budget.amount_unsound")
    return [amount for element in found for amount in at_path(path[1:], element)]


def check_sinks(constraints, call):
    if call["effect"] == "read":
        return
    for sink in call["sinks"]:
        pinned = any(".".join(path) in (sink, sink + "[]") and rules.pins(rule) for path, rule in constraints)
        need(pinned, "constraint.sink_unconstrained")


def decide(fields, call, given, strict):
    def applying(field):
        items = [item for block in fields for item in block.get(field, [])]
        return [item for item in items if item[-1] is None or covers(item[-1], call["scope"])]

    need("delegate_only" not in fields[-1], "token.delegate_only")
    for block in fields:
        if "grants" in block:
            check_grants(block, call)
    constraints = [(path, rule) for path, rule, _ in applying("constraints")]
    for path, rule in constraints:
        code = rules.verdict(path, rule, given)[1]
        need(code is None, code)
    if strict:
        check_sinks(constraints, call)
    for measure, most, _ in applying("budgets"):
        need(drawn(measure, given) <= most, "budget.exceeded")
    for scope, unless in (item for block in fields for item in block.get("approvals", [])):
        free = unless is not None and rules.verdict(*unless[:2], given) == rules.HOLDS
        need(free or not covers(scope, call["scope"]), "approval.required")


def judge(vector):
    issuers = [vector["issuer_hex"], *vector.get("more_issuers_hex", [])]
    audience, now, call = vector["audience"], vector["now"], vector.get("call")
    token = bytes.fromhex(vector["token_hex"])
    fields, block_id = verify(token, map(bytes.fromhex, issuers), audience, now)
    if call is None:
        return
    given = arguments(call["arguments"])
    if "proof_hex" in vector:
        proof = bytes.fromhex(vector["proof_hex"])
        check_proof(proof, fields[-1]["holder_key"], block_id, call, given, audience, now)
    elif vector.get("unproved"):
        need(all("bearer" in block for block in fields), "proof.required")
    decide(fields, call, given, vector.get("strict", False))


def result_of(vector):
    try:
        judge(vector)
    except Refused as refused:
        return refused.code
    return "ok"


def main():
    for line in sys.stdin:
        vector = json.loads(line)
        print(json.dumps({"name": vector["name"], "result": result_of(vector)}), flush=True)


if __name__ == "__main__":
    main()

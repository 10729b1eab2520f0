"""Ed25519 by the strict rules: canonical points and `S`, nothing of small order, no cofactor.

The library checks the equation of RFC 8032. What it leaves open is looked at here, with integers.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point(data):
    """The point that 32 bytes stand for, or `None` if they are not its one encoding (RFC 8032, 5.1.3)."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    sign = data[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (x if x % 2 == sign else P - x, y)


def twice(one):
    x, y = one
    product = D * x * x * y * y
    return (
        2 * x * y * pow(1 + product, -1, P) % P,
        (y * y + x * x) * pow(1 - product, -1, P) % P,
    )


def is_sound(data):
    """Whether these bytes are a canonical point that eight times itself does not take to zero."""
    found = point(data)
    return found is not None and twice(twice(twice(found))) != (0, 1)


def verifies(key, signature, message):
    if not is_sound(key) or not is_sound(signature[:32]):
        return False
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True

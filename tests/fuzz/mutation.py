"""How a message is damaged: the bytes of a part, the JSON of a header, a part's length, or which parts there are."""

import json
import random
from collections.abc import Callable
from typing import Any

MutateBytes = Callable[[bytes, int], bytes]
"""Changes bytes somehow, to at most so many."""

WORDS: list[Any] = [
    None, True, 0, 1, -1, 2, 3, 4, 2**31, 2**32, 2**63 - 1, 2**63, -(2**63), 10**30, 1.5, 1e308, "", "x", "\0", "a\nb",
    [], [0], [1], [3, 4], [4, 3, 3], [3, 4, 4], [-1, 5], [0, 10**18], [2] * 32, [1] * 33, {}, {"sec": 1}, {"ns": -1},
    "none", "lz4", "bitshuffle_lz4", "big", "little", "string", "bool", "uint8", "int16", "float32", "uint64",
    "image", "A:FPICTURE", "bsr_m-1.1", "bsr_d-1.1", "bsr_d-1.9", float("nan"),
]  # fmt: skip
"""What stands in headers, and what never should."""


def mutate_message(parts: list[bytes], dice: random.Random, mutate_bytes: MutateBytes) -> list[bytes]:
    """Return a damaged copy of a message of at least one part; half of the damage goes into the headers."""
    parts = list(parts)
    number = min(dice.randrange(2) if dice.random() < 0.5 else dice.randrange(len(parts)), len(parts) - 1)
    part = parts[number]
    match dice.randrange(8):
        case 0 | 1 | 2 if number < 2:
            parts[number] = _mutate_json(part, dice, mutate_bytes)
        case 3:
            parts[number] = part[: dice.randrange(len(part) + 1)]
        case 4 if dice.random() < 0.3:
            other = dice.randrange(len(parts))
            match dice.randrange(3):
                case 0:
                    del parts[number]
                case 1:
                    parts.insert(other, part)
                case 2:
                    parts[number], parts[other] = parts[other], part
        case _:
            parts[number] = mutate_bytes(part, max(len(part) + 8, 16))
    return parts


def mutate_at_random(part: bytes, most: int, dice: random.Random) -> bytes:
    """Change some bytes, or take out or put in a few: what a fuzzing engine would do, without one."""
    damaged = bytearray(part[:most])
    for _ in range(dice.choice((1, 1, 2, 8))):
        position = dice.randrange(len(damaged) + 1)
        match dice.randrange(4):
            case 0:
                damaged[position : position + 1] = dice.choice((b"\0", b"\x7f", b"\x80", b"\xff"))
            case 1:
                damaged[position : position + dice.randrange(1, 9)] = b""
            case 2:
                damaged[position:position] = dice.randbytes(dice.randrange(1, 9))
            case 3:
                damaged[position : position + 4] = dice.randbytes(4)
    return bytes(damaged)


def _mutate_json(part: bytes, dice: random.Random, mutate_bytes: MutateBytes) -> bytes:
    try:
        document = json.loads(part)
    except (ValueError, RecursionError):
        return mutate_bytes(part, len(part) + 16)
    places: list[tuple[Any, Any]] = []
    _collect(document, places, 0)
    if not places:
        return json.dumps(dice.choice(WORDS)).encode()
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        holder, key = dice.choice(places)
        if isinstance(holder, dict) and dice.random() < 0.15:
            holder.pop(key, None)
        elif isinstance(holder, list) and dice.random() < 0.3:
            holder.insert(dice.randrange(len(holder) + 1), dice.choice(holder) if holder else 1)
        elif isinstance(holder, dict) or key < len(holder):
            holder[key] = dice.choice(WORDS)
    try:
        return json.dumps(document, ensure_ascii=dice.random() < 0.5).encode(errors="surrogatepass")
    except (RecursionError, ValueError):  # it now holds itself, or a number of thousands of digits
        return part


def _collect(node: Any, places: list[tuple[Any, Any]], depth: int) -> None:
    """Gather every place of a document where a value stands."""
    if depth > 20 or len(places) > 500:
        return
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in entries:
        places.append((node, key))
        _collect(value, places, depth + 1)

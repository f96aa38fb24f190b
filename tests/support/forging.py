"""Proof bundles as a stranger would forge them: taken apart, changed, and put together again."""

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

from cli.offline import bundle_check as checker
from db.heads import SignedHead
from domain.canonical import canonical_bytes
from domain.merkle import leaf_hash
from integrations.head_keys import HeadKey

Forged = tuple[str, bytes]


def apart(archive: bytes) -> dict[str, Any]:
    """What its files say, by name without the ending; others as bytes."""
    return {
        name: json.loads(content) if name.endswith(".json") else content
        for name, content in checker.unzipped(archive).items()
    }


def together(files: dict[str, Any]) -> bytes:
    """A bundle in the right form, with a list that fits."""
    entries = {
        name: content if isinstance(content, bytes) else canonical_bytes(content)
        for name, content in files.items()
        if name != "manifest.json"
    }
    told = {
        name: {"bytes": len(content), "sha256": checker.sha256(content)}
        for name, content in entries.items()
    }
    entries["manifest.json"] = canonical_bytes({"form": 3, "files": told})
    return checker.zipped(entries)


def changed(archive: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The same bundle with a change, as if it had been made so."""
    files = apart(archive)
    change(files)
    return together(files)


def flips(archive: bytes, seed: int, many: int) -> Iterator[Forged]:
    """One bit otherwise: at both ends and amid each file, in its header, and anywhere."""
    places = set(random.Random(seed).sample(range(len(archive)), many))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        for one in opened.infolist():
            begin = one.header_offset + 30 + len(one.filename)
            end = begin + one.file_size - 1
            places |= {*range(one.header_offset, begin, 23), begin, (begin + end) // 2, end}
        places |= {*range(opened.start_dir, len(archive), 67), len(archive) - 1}
    for at in sorted(places):
        yield f"bit {at}", archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]


def rearranged(archive: bytes) -> Iterator[Forged]:
    """Files added, removed, renamed, doubled, in another order, packed; and bytes around them."""
    entries = checker.unzipped(archive)
    for name in entries:
        yield f"without {name}", checker.zipped({k: v for k, v in entries.items() if k != name})
        renamed = {(f"{k}x" if k == name else k): v for k, v in entries.items()}
        yield f"renamed {name}", checker.zipped(renamed)
        twice = _written([*entries.items(), (name, entries[name])])
        yield f"twice {name}", twice
    yield "added", checker.zipped({**entries, "more.json": b"{}"})
    yield "reordered", _written(list(reversed(entries.items())))
    yield "packed", _packed(entries)
    yield "comment", archive[:-2] + struct.pack("<H", 2) + b"hi"
    yield "more", archive + b"\n"
    yield "less", archive[:-1]
    yield "half", archive[: len(archive) // 2]
    yield "before", b"\n" + archive
    yield "two", archive + archive
    yield "nothing", b""


def _written(entries: list[tuple[str, bytes]]) -> bytes:
    """By the archive's own form, in this order; names may be there twice."""
    parts = [checker.zipped({name: content}) for name, content in entries]
    bodies = [
        one[: 30 + len(name.encode()) + len(body)]
        for one, (name, body) in zip(parts, entries, strict=True)
    ]
    return b"".join(bodies) + parts[-1][len(bodies[-1]) :]


def _packed(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in entries.items():
            opened.writestr(name, content)
    return made.getvalue()


def signed_anew(files: dict[str, Any], key: HeadKey, leaf: bytes) -> None:
    """The case in a head of a tree of its own, signed by somebody."""
    first = files["heads.json"]["heads"][0]
    told = json.loads(checker.unpadded(first["jws"].split(".")[1]))
    told |= {"root": leaf_hash(leaf).hex(), "leaves": 1}
    head = SignedHead.model_validate(told)
    jws = key.sign(canonical_bytes(head.model_dump()))
    files["heads.json"] = {"heads": [{**first, "jws": jws}], "keys": [key.public]}
    files["proof.json"] = {"head": head.number, "leaf": leaf.hex(), "place": 0, "path": []}


def chained_anew(files: dict[str, Any], number: int, change: Callable[[Any], None]) -> bytes:
    """Say of an event something else, and make all hashes fit; the leaf that would be right."""
    events, case = files["events.json"], files["case.json"]
    change(events[number])
    previous = bytes.fromhex(events[number]["previous"])
    for one in events[number:]:
        one["previous"] = previous.hex()
        previous = checker.hashes_of(one, previous)[0]
        one["hash"] = previous.hex()
    case["hash"] = previous.hex()
    leaf = checker.LEAF.unpack(bytes.fromhex(files["proof.json"]["leaf"]))
    return checker.LEAF.pack(leaf[0], len(events), previous, leaf[3])

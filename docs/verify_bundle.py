"""Check the proof bundle of a case, offline and without ozhb: `python verify_bundle.py FILE`.

One file, nothing but the standard library of Python 3.11. It says in Kazakh, Russian or English
(`--language kk|ru|en`) or as JSON (`--json`) what holds and what does not. `--heads FILE`: heads of
the record that you kept, as `GET /v1/heads` gave them; without them the bundle is compared with the
heads in it alone. Exit code 0: all holds; 1: something does not; 2: the file cannot be read.
"""

import base64
import hashlib
import json
import struct
import sys
import unicodedata
import zlib
from typing import Any

Row = dict[str, Any]
GENESIS = bytes(32)
EVENT = ("seq", "type", "row", "message_id", "at", "actor", "period", "data")
WRITTEN = ("case_id", "recorded_at", "xid")
# What is in front of a SHA-256 in a signature of PKCS#1 v1.5.
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
LOCAL = struct.Struct("<4s5H3I2H")
TEXTS = {
    "archive": (
        "Мұрағат жасалғандай, бір де бит өзгермеген",
        "Архив такой, каким был создан, ни один бит не изменён",
        "The archive is as it was made, to the last bit",
    ),
    "manifest": (
        "Тізімде барлық файл бар, және әрқайсысы сол күйінде",
        "В описи есть каждый файл, и каждый такой, как в ней указано",
        "Every file is in the list, and each is as the list has it",
    ),
    "events": (
        "Іс оқиғаларының тізбегі үзілмеген",
        "Цепочка событий дела не нарушена",
        "The chain of the events of the case holds",
    ),
    "messages": (
        "Іс бойынша айтылғандардың тізбегі үзілмеген",
        "Цепочка того, что сообщалось по делу, не нарушена",
        "The chain of what was asked of the case holds",
    ),
    "documents": (
        "Құжаттар істе аталғандармен бірдей",
        "Документы те же, что названы в деле",
        "The documents are those that the case names",
    ),
    "deadlines": (
        "Мерзім анықтамалары істегідей",
        "Справки о сроках те же, что в деле",
        "The certificates of deadlines are those of the case",
    ),
    "money": (
        "Төлем жазбалары іс оқиғаларынан шығады",
        "Записи о выплатах следуют из событий дела",
        "The entries of payments belong to events of the case",
    ),
    "inclusion": (
        "Іс жазбаның қол қойылған басына кіреді",
        "Дело входит в подписанную вершину записей",
        "The case is part of a signed head of the record",
    ),
    "heads": (
        "Жазба бастарының қолтаңбалары мен тізбегі дұрыс",
        "Подписи и цепочка вершин записей верны",
        "The signatures and the chain of the heads hold",
    ),
    "published": (
        "Жазба бастары сізде сақталғандармен бірдей",
        "Вершины записей те же, что сохранены у вас",
        "The heads are those that you kept",
    ),
    "signatures": (
        "Құжаттардағы электрондық қолтаңбалар мұнда тексерілмейді",
        "Электронные подписи под документами здесь не проверяются",
        "The electronic signatures over the documents are not checked here",
    ),
}
VERDICTS = {
    True: ("дұрыс", "верно", "holds"),
    False: ("ДҰРЫС ЕМЕС", "НЕВЕРНО", "DOES NOT HOLD"),
    None: ("тексерілмеді", "не проверено", "not checked"),
}
LANGUAGES = ("kk", "ru", "en")


class NoBundle(Exception):
    """The file is no bundle, or not whole."""


def zipped(entries: dict[str, bytes]) -> bytes:
    """The one archive that these files make: in the order of their names, without compression."""
    body, directory = bytearray(), bytearray()
    for name in sorted(entries):
        content, path = entries[name], name.encode()
        # Version 2.0, names in UTF-8, stored, 1 January 1980.
        told = (20, 0x800, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), len(path))
        directory += struct.pack("<4sH", b"PK\1\2", 20) + struct.pack("<5H3IH", *told)
        directory += struct.pack("<4H2I", 0, 0, 0, 0, 0, len(body)) + path
        body += struct.pack("<4s5H3IH", b"PK\3\4", *told) + struct.pack("<H", 0) + path + content
    end = (b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return bytes(body + directory + struct.pack("<4s4H2IH", *end))


def unzipped(archive: bytes) -> dict[str, bytes]:
    """Its files, as far as they can be found."""
    entries: dict[str, bytes] = {}
    at = 0
    while archive[at : at + 4] == b"PK\3\4":
        if len(archive) < at + LOCAL.size:
            raise NoBundle("the file is not whole")
        size, path, more = LOCAL.unpack_from(archive, at)[8:]
        begin = at + LOCAL.size + path + more
        name = archive[at + LOCAL.size : at + LOCAL.size + path].decode("utf-8", "replace")
        entries[name] = archive[begin : begin + size]
        at = begin + size
    if not {"manifest.json", "case.json", "events.json"} <= entries.keys():
        raise NoBundle("the file is no proof bundle, or not whole")
    return entries


def canonical(value: Any) -> bytes:
    """UTF-8, NFC, members sorted, no white space."""
    return json.dumps(
        normalized(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()


def normalized(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normalized(one) for one in value]
    if isinstance(value, dict):
        return {normalized(name): normalized(one) for name, one in value.items()}
    return value


def chained(previous: bytes, body: Any) -> bytes:
    return hashlib.sha256(previous + canonical(body)).digest()


def manifest_of(entries: dict[str, bytes]) -> bytes:
    """What the list must say of all other files."""
    told = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in entries.items()
        if name != "manifest.json"
    }
    return canonical({"form": 1, "files": told})


def event_faults(case: Row, events: list[Row]) -> list[str]:
    """Numbers, hashes, and that the last is the one that the case has."""
    found, previous = [], GENESIS
    for number, one in enumerate(events, 1):
        old = {name: one[name] for name in EVENT}
        whole = {**old, **{name: one[name] for name in WRITTEN}}
        if one["seq"] != number or bytes.fromhex(one["previous"]) != previous:
            found.append(f"{number}: does not follow the one before")
        made = bytes.fromhex(one["hash"])
        if made not in (chained(previous, whole), chained(previous, old)):
            found.append(f"{number}: hash")
        if one["case_id"] != case["case_id"]:
            found.append(f"{number}: is of another case")
        previous = made
    if (len(events), previous.hex()) != (case["seq"], case["hash"]):
        found.append("the last event is not the one that the case has")
    return found


def message_faults(case: Row, messages: list[Row]) -> list[str]:
    found, previous = [], GENESIS
    for one in messages:
        body = {name: value for name, value in one.items() if name != "hash"}
        made = bytes.fromhex(one["hash"])
        if made != chained(previous, body) or one["case_id"] != case["case_id"]:
            found.append(f"{one['id']}: hash")
        previous = made
    if previous.hex() != case["told"]:
        found.append("the last message is not the one that the case has")
    return found


def document_faults(entries: dict[str, bytes], events: list[Row]) -> list[str]:
    """Each is what its name says, and the events or a document that they name has it."""
    said = canonical(events).decode()
    found = []
    for name, content in entries.items():
        if name.startswith("documents/"):
            made = hashlib.sha256(content).hexdigest()
            if name != f"documents/{made}":
                found.append(f"{name}: is another document")
            elif made not in said:
                found.append(f"{name}: no event names it")
    return found


def deadline_faults(deadlines: list[Row], events: list[Row]) -> list[str]:
    """Each certificate stands in an event as it is here."""
    made = [
        canonical([event["period"], one["term"], one["revision"], one["certificate"]])
        for event in events
        for one in event["data"].get("deadlines", ())
    ]
    held = [
        canonical([one["period"], one["term"], one["revision"], one["certificate"]])
        for one in deadlines
    ]
    return [] if sorted(made) == sorted(held) else ["they are not those of the events"]


def money_faults(lines: list[Row], events: list[Row]) -> list[str]:
    known = {one["seq"] for one in events}
    return [
        f"{one['seq']}.{one['place']}: no event has made it"
        for one in lines
        if one["seq"] not in known or one["amount"] <= 0
    ]


def inclusion_faults(
    case: Row, proof: Row, head: Row, ends: set[tuple[int, str, str]]
) -> list[str]:
    """The leaf is of this case as it was, and leads to the root that the head has."""
    leaf = bytes.fromhex(proof["leaf"])
    if len(leaf) != 84:
        return ["the leaf is none"]
    case_id, seq, last, told = struct.unpack(">16sI32s32s", leaf)
    found = []
    if case_id.hex() != case["case_id"].replace("-", ""):
        found.append("the leaf is of another case")
    if (seq, last.hex()) not in {(one[0], one[1]) for one in ends}:
        found.append("the leaf has another event")
    if told.hex() not in {one[2] for one in ends}:
        found.append("the leaf has another message")
    made, place, last_place = (
        hashlib.sha256(b"\0" + leaf).digest(),
        proof["place"],
        head["leaves"] - 1,
    )
    beside = [bytes.fromhex(one) for one in proof["path"]]
    while last_place > 0 and beside:
        if place % 2:
            made = hashlib.sha256(b"\1" + beside.pop(0) + made).digest()
        elif place < last_place:
            made = hashlib.sha256(b"\1" + made + beside.pop(0)).digest()
        place, last_place = place // 2, last_place // 2
    if made.hex() != head["root"] or beside:
        found.append("the leaf does not lead to the root")
    return found


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(jws: str, keys: dict[str, Row]) -> Row | None:
    """What a head says, if its signature holds (RS256)."""
    header, payload, signature = jws.split(".")
    named = json.loads(unpadded(header))
    key = keys.get(named.get("kid"))
    if named.get("alg") != "RS256" or key is None:
        return None
    thumb = canonical({name: key[name] for name in ("e", "kty", "n")})
    if (
        base64.urlsafe_b64encode(hashlib.sha256(thumb).digest()).decode().rstrip("=")
        != named["kid"]
    ):
        return None
    n, e = (int.from_bytes(unpadded(key[name])) for name in ("n", "e"))
    size = (n.bit_length() + 7) // 8
    digest = SHA256_PREFIX + hashlib.sha256(f"{header}.{payload}".encode()).digest()
    padded = b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest
    if size < 384 or pow(int.from_bytes(unpadded(signature)), e, n).to_bytes(size) != padded:
        return None
    found: Row = json.loads(unpadded(payload))
    return found


def head_faults(told: Row) -> tuple[list[str], dict[int, Row]]:
    """Each is signed and names the one before it; what they say, by number."""
    keys = {one["kid"]: one for one in told["keys"]}
    found, said, before = [], {}, None
    for one in told["heads"]:
        head = signed(one["jws"], keys)
        if head is None or head["number"] != one["number"]:
            found.append(f"{one['number']}: signature")
            continue
        if before is not None and (head["number"], head["previous"]) != before:
            found.append(f"{one['number']}: does not name the one before it")
        before = head["number"] + 1, hashlib.sha256(one["jws"].encode()).hexdigest()
        said[head["number"]] = head
    return found, said


def checked(
    archive: bytes, published: dict[int, str] | None = None
) -> list[tuple[str, Any, list[str]]]:
    """What was looked at, whether it holds (None: it was not looked at), and what does not."""
    entries = unzipped(archive)
    found: list[tuple[str, Any, list[str]]] = []

    def tell(name: str, faults: list[str]) -> None:
        found.append((name, not faults, faults))

    tell("archive", [] if zipped(entries) == archive else ["it is not as it would be made"])
    tell(
        "manifest",
        [] if entries["manifest.json"] == manifest_of(entries) else ["it says otherwise"],
    )
    read = {
        name.removesuffix(".json"): json.loads(content)
        for name, content in entries.items()
        if "/" not in name
    }
    case, events, messages = read["case"], read["events"], read["messages"]
    tell("events", event_faults(case, events))
    tell("messages", message_faults(case, messages))
    tell("documents", document_faults(entries, events))
    tell("deadlines", deadline_faults(read["deadlines"], events))
    tell("money", money_faults(read["money"], events))
    faults, heads = head_faults(read["heads"])
    proof = read["proof"]
    if proof is None:
        found.append(("inclusion", None, ["no head was made since"]))
    elif proof["head"] not in heads:
        tell("inclusion", ["the head is not there"])
    else:
        hashes = [(0, GENESIS.hex()), *((one["seq"], one["hash"]) for one in events)]
        told = [GENESIS.hex(), *(one["hash"] for one in messages)]
        ends = {(seq, last, one) for seq, last in hashes for one in told}
        tell("inclusion", inclusion_faults(case, proof, heads[proof["head"]], ends))
    tell("heads", faults)
    if published is None:
        found.append(("published", None, []))
    else:
        held = {one["number"]: one["jws"] for one in read["heads"]["heads"]}
        others = [n for n, jws in published.items() if n in held and held[n] != jws]
        missing = [] if held.keys() & published.keys() else ["you kept none of these"]
        tell("published", [*missing, *(f"{one}: is another" for one in others)])
    found.append(("signatures", None, []))
    return found


def main(arguments: list[str]) -> int:
    given, files, at = {}, [], 0
    while at < len(arguments):
        if arguments[at] in ("--heads", "--language"):
            given[arguments[at]] = arguments[at + 1] if at + 1 < len(arguments) else ""
            at += 1
        elif arguments[at] != "--json":
            files.append(arguments[at])
        at += 1
    language = given.get("--language", "en")
    if len(files) != 1 or language not in LANGUAGES:
        sys.stderr.write(__doc__)
        return 2
    try:
        published = None
        if "--heads" in given:
            with open(given["--heads"], "rb") as file:
                published = {one["number"]: one["jws"] for one in json.load(file)["heads"]}
        with open(files[0], "rb") as file:
            archive = file.read()
        found = checked(archive, published)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except NoBundle as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError) as error:
        sys.stderr.write(f"the bundle is damaged: {error!r}\n")
        return 1
    wrong = any(holds is False for _, holds, _ in found)
    if "--json" in arguments:
        rows = [{"what": name, "holds": holds, "faults": faults} for name, holds, faults in found]
        sys.stdout.write(json.dumps({"holds": not wrong, "checks": rows}, indent=2) + "\n")
    else:
        place = LANGUAGES.index(language)
        for name, holds, faults in found:
            sys.stdout.write(f"{VERDICTS[holds][place]}: {TEXTS[name][place]}\n")
            sys.stdout.write("".join(f"    {one}\n" for one in faults))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

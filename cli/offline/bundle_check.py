"""Check the proof bundle of a case, offline and without ozhb: `python verify_bundle.py FILE`.

One file, nothing but the standard library of Python 3.11. It says in Kazakh, Russian or English
(`--language kk|ru|en`) or as JSON (`--json`) what holds, what does not, and what cannot be checked
here. `--heads FILE`: heads of the record that you kept, as `GET /v1/heads` gave them; without them
the bundle is compared with the heads in it alone. Exit code 0: nothing is wrong; 1: something is;
2: the file cannot be read.
"""

import base64
import hashlib
import json
import re
import struct
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

Row = dict[str, Any]
Path = tuple[Any, ...]
GENESIS = bytes(32)
EVENT = ("seq", "type", "row", "message_id", "at", "actor", "period", "data")
WRITTEN = ("case_id", "recorded_at", "xid")
APPLICATION = ("data", "period", "application")
OF_CASE = ("data", "case", "measure", "reference")
# What an event has beside its place in the chain, for a side: some parts, one hash, or nothing.
LINKED = {"seq", "previous", "hash"}
TOLD: tuple[set[str], ...] = ({"parts"}, {"commitment"}, set())
# What a bundle has for officials, and for a side; beside papers and lists of revoked certificates.
OF_SIDES = ("case", "events", "documents", "deadlines", "notices", "evidence", "heads", "proof")
OF_OFFICIALS = (*OF_SIDES, "messages", "money", "reports")
# The form of bundles, and that of before there were words of the treasury in them.
FORM, FORM_BEFORE = 3, 2
# Who looked, which not everybody is told.
MAY_BE_MISSING = {"looks.json", "reads.json"}
KEPT = re.compile(r"(documents|revoked)/([0-9a-f]{64})")
# By what a word of the treasury is known: the report, the payment, a status, how its hash begins.
REPORTED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:(.*):(.*):([0-9a-f]{16})")
# What a gateway's word is to a case, and by which word of its own; how it says that nobody got it.
DELIVERIES = {
    "delivery_proven": "DELIVERED",
    "told_proven": "DELIVERED",
    "delivery_bounced": "BOUNCED",
}
NOT_REACHED = {"UNDELIVERED", "EXPIRED", "REJECTED"}
NUMBER = re.compile(r"OZ[0-9]{9,}")
CASE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
LOCAL = struct.Struct("<4s5H3I2H")
LEAF = struct.Struct(">16sI32s32s")
# What is in front of a hash in a signature of PKCS#1 v1.5.
PREFIXES = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
# Identifiers of algorithms, as their bytes in DER.
HASHES = {
    "608648016503040201": "sha256",
    "608648016503040202": "sha384",
    "608648016503040203": "sha512",
    "2a864886f70d01010b": "sha256",
    "2a864886f70d01010c": "sha384",
    "2a864886f70d01010d": "sha512",
    "2a8648ce3d040302": "sha256",
    "2a8648ce3d040303": "sha384",
    "2a8648ce3d040304": "sha512",
}
RSA, RSA_PSS, ELLIPTIC = "2a864886f70d010101", "2a864886f70d01010a", "2a8648ce3d0201"
CONTENT_DIGEST, AUTHORITY = "2a864886f70d010904", "551d13"
# Of a curve y² = x³ − 3x + b: field, b, order, a point.
CURVES = {
    "2a8648ce3d030107": (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
}
TEXTS = {
    "archive": (
        "Мұрағат жасалғандай, бір де бит өзгермеген",
        "Архив такой, каким был создан, ни один бит не изменен",
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
    "withheld": (
        "Сізге көрсетілмейтіннің мазмұны: оның орнында хеші тұр",
        "Содержание того, что вам не показывают: на его месте стоит хеш",
        "What is in that which is withheld from you: its hash stands in its place",
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
    "reports": (
        "Қазынашылық төлемдер туралы не айтса, іске сол айтылған",
        "Делу сообщено то, что казначейство сказало о выплатах",
        "What the treasury said of the payments is what the case was told",
    ),
    "notices": (
        "Жеткізілген хабарламалар істе айтылғандармен бірдей",
        "Доставленные уведомления те же, что названы в деле",
        "The notices that were delivered are those that the case was told of",
    ),
    "money": (
        "Төлем сомалары: әр жазбаның оқиғасы бар, ал соманы тек портал айтады",
        "Суммы выплат: у каждой записи есть событие, но сумму называет только портал",
        "The sums of payments: each entry has its event, but the sum is the portal's own word",
    ),
    "inclusion": (
        "Іс жазбаның қол қойылған басына кіреді",
        "Дело входит в подписанную вершину записей",
        "The case is part of a signed head of the record",
    ),
    "later": (
        "Осы бастан кейін не болғаны",
        "Что было после этой вершины",
        "What happened after this head",
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
        "Құжаттардағы электрондық қолтаңбалар мен сертификаттар дұрыс",
        "Электронные подписи под документами и сертификаты верны",
        "The electronic signatures over the documents and their certificates hold",
    ),
    "revocation": (
        "Сертификаттар кері қайтарылды ма: жауаптар мен тізімдер бар, бірақ тексерілмейді",
        "Отозваны ли сертификаты: ответы и списки здесь есть, но они не проверяются",
        "Whether certificates were revoked: answers and lists are here, but they are not verified",
    ),
    "own_word": (
        "Хабарламалар туралы қалғаны, кім қарағаны, құжат күндері, редакция: мұны тек портал"
        " айтады",
        "Остальное об уведомлениях, кто смотрел, даты документов, редакция: об этом говорит только"
        " портал",
        "What else is said of notices, who looked, dates of documents, the edition: these are the"
        " portal's own word",
    ),
}
SENTENCES = {
    "unreadable": (
        "оқылмайды: {kind}",
        "не читается: {kind}",
        "it cannot be read: {kind}",
    ),
    "other_archive": (
        "файл жасалғандай емес",
        "файл не такой, каким был бы создан",
        "the file is not as it would be made",
    ),
    "other_list": (
        "тізімде басқаша жазылған",
        "в описи указано другое",
        "the list says otherwise",
    ),
    "stray": ("{name}: мұндай файл болмауы керек", "{name}: лишний файл", "{name}: no such file"),
    "missing": ("{name}: файл жоқ", "{name}: файла нет", "{name}: the file is missing"),
    "form": (
        "{name}: жазылу түрі бұзылған",
        "{name}: запись не по форме",
        "{name}: not written in the one form",
    ),
    "unlinked": (
        "{seq}-оқиға алдыңғысынан кейін тұрған жоқ",
        "событие {seq} не следует за предыдущим",
        "event {seq} does not follow the one before",
    ),
    "event_hash": (
        "{seq}-оқиға өзгертілген: хеші басқа",
        "событие {seq} изменено: хеш другой",
        "event {seq} was changed: its hash is another",
    ),
    "other_case": (
        "{seq}-оқиға басқа істікі",
        "событие {seq} из другого дела",
        "event {seq} is of another case",
    ),
    "other_end": (
        "соңғысы істегі соңғыдай емес",
        "последнее не то, что последнее в деле",
        "the last one is not the last one of the case",
    ),
    "other_reference": (
        "іс нөмірі оқиғалардағыдай емес",
        "номер дела не тот, что в событиях",
        "the number of the case is not that of the events",
    ),
    "hidden": (
        "{events} оқиға толық жасырылған; қалғандарынан {parts} бөлік",
        "событий скрыто целиком: {events}; в остальных скрыто частей: {parts}",
        "{events} events are withheld as a whole, and {parts} parts of the others",
    ),
    "unproven_link": (
        "{many} оқиға бөліктеп көрсетілмейтін кезде жазылған: {seq}-оқиғаға дейінгіні тізбек"
        " дәлелдемейді",
        "событий записано до показа по частям: {many}; что было до события {seq}, цепочка"
        " не доказывает",
        "{many} events are from before parts could be shown: what is before event {seq} is not"
        " proven by the chain",
    ),
    "own_number": (
        "істің нөмірін мұндағы ештеңе дәлелдемейді: оны тек портал айтады",
        "номер дела здесь ничем не доказан: его называет только портал",
        "nothing here proves the number of the case: it is the portal's own word",
    ),
    "message_hash": (
        "{id}: айтылған өзгертілген",
        "{id}: сообщение изменено",
        "{id}: the message was changed",
    ),
    "report_word": (
        "{id}: қазынашылықтың сөзі өзгертілген",
        "{id}: слово казначейства изменено",
        "{id}: the treasury's word was changed",
    ),
    "report_lost": (
        "{id}: қазынашылықтың сөзі жоқ",
        "{id}: слова казначейства нет",
        "{id}: the treasury's word is missing",
    ),
    "report_gone": (
        "{id}: қазынашылықтың сөзі мұнда жоқ (тұлға өшірілген болуы мүмкін)",
        "{id}: слова казначейства здесь нет (возможно, данные лица стерты)",
        "{id}: the treasury's word is not here (the person may have been erased)",
    ),
    "reported": (
        "{key} төлемі: {status}; есептің SHA-256 хеші {sha256}, орны {place}: оны қазынашылықтың"
        " есебімен салыстырыңыз",
        "выплата {key}: {status}; SHA-256 всего отчета {sha256}, место {place}: сравните с отчетом"
        " казначейства",
        "payment {key}: {status}; the SHA-256 of the whole report is {sha256}, the place {place}:"
        " compare it with the treasury's",
    ),
    "report_unhashed": (
        "{key} төлемі: {status}; ол кезде есептің хеші жазылмаған",
        "выплата {key}: {status}; хеш всего отчета тогда не записывался",
        "payment {key}: {status}; the hash of the whole report was not recorded then",
    ),
    "delivered": (
        "{letter}: {at} жеткізілді",
        "{letter}: доставлено {at}",
        "{letter}: delivered {at}",
    ),
    "bounced": (
        "{letter}: кері қайтты",
        "{letter}: вернулось",
        "{letter}: it came back",
    ),
    "notice_lost": (
        "{id}: іс бұл жеткізу туралы біледі, ал хабарлама мұнда жоқ не басқа",
        "{id}: дело знает об этой доставке, а уведомления здесь нет или оно другое",
        "{id}: the case knows of this delivery, but the notice is not here or another",
    ),
    "undelivered": (
        "жеткізілген хабарлама жоқ",
        "доставленных уведомлений нет",
        "there is no notice that was delivered",
    ),
    "unreported": (
        "қазынашылықтың есебі жоқ",
        "отчетов казначейства нет",
        "there is no report of the treasury",
    ),
    "other_document": (
        "{name}: бұл басқа құжат",
        "{name}: это другой документ",
        "{name}: is another document",
    ),
    "unnamed": (
        "{name}: істе мұндай құжат аталмаған",
        "{name}: в деле такой документ не назван",
        "{name}: the case names no such document",
    ),
    "unlisted": (
        "{name}: тізімде басқаша не жоқ",
        "{name}: в списке документов иначе или нет",
        "{name}: the list of documents has it otherwise or not",
    ),
    "gone": (
        "{name}: құжат істе аталған, бірақ мұнда жоқ (тұлға өшірілген болуы мүмкін)",
        "{name}: документ назван в деле, но его здесь нет (возможно, данные лица стерты)",
        "{name}: the case names it, but it is not here (its person may have been erased)",
    ),
    "other_terms": (
        "оқиғалардағыдай емес",
        "они не те, что в событиях",
        "they are not those of the events",
    ),
    "no_event": (
        "{entry}: оны жасаған оқиға жоқ",
        "{entry}: нет события, которое ее создало",
        "{entry}: no event has made it",
    ),
    "no_head": (
        "содан бері бас жасалмаған",
        "с тех пор вершины еще не было",
        "no head was made since",
    ),
    "no_such_head": (
        "{number}-бас мұнда жоқ",
        "вершины {number} здесь нет",
        "head {number} is not here",
    ),
    "leaf_case": (
        "дәлел басқа іске тиесілі",
        "доказательство относится к другому делу",
        "the proof is of another case",
    ),
    "leaf_event": (
        "басшыда басқа оқиға тұр: оқиға алынған не өзгертілген",
        "в вершине другое событие: событие убрано или изменено",
        "the head has another event: one was left out or changed",
    ),
    "leaf_message": (
        "басшыда басқа хабар тұр",
        "в вершине другое сообщение",
        "the head has another message",
    ),
    "leaf_root": (
        "дәлел бастың түбіріне жеткізбейді",
        "доказательство не ведет к корню вершины",
        "the proof does not lead to the root of the head",
    ),
    "covered": (
        "{number}-бас {at} жасалған, онда {seq} оқиға бар; осында одан кейінгі {more} оқиға бар",
        "вершина {number} от {at} охватывает событий: {seq}; здесь после нее еще: {more}",
        "head {number} of {at} has {seq} events; {more} more are here that no head here proves",
    ),
    "newer": (
        "сізде жаңарақ бас бар ({number}): жаңа дәлел сұраңыз",
        "у вас есть более новая вершина ({number}): запросите новый файл",
        "you kept a newer head ({number}): ask for a new bundle",
    ),
    "head_signature": (
        "{number}-бас: қолтаңба дұрыс емес",
        "вершина {number}: подпись неверна",
        "head {number}: the signature does not hold",
    ),
    "head_previous": (
        "{number}-бас алдыңғысын атамайды",
        "вершина {number} не называет предыдущую",
        "head {number} does not name the one before it",
    ),
    "head_told": (
        "{number}-бас: қол қойылғаннан басқаша көрсетілген",
        "вершина {number}: указано не то, что подписано",
        "head {number}: it is told otherwise than signed",
    ),
    "stray_key": ("артық кілт бар", "есть лишний ключ", "there is a key that signed nothing"),
    "keys": (
        "қол қойған кілт: {kids}; оны порталдың кілтімен салыстырыңыз",
        "подписано ключом: {kids}; сравните его с ключом портала",
        "signed by the key {kids}: compare it with the portal's",
    ),
    "other_head": (
        "{number}-бас сізде басқа",
        "вершина {number} у вас другая",
        "head {number} is another one than yours",
    ),
    "kept_none": (
        "іс кіретін {number}-бас не одан кейінгісі сізде сақталмаған",
        "у вас нет ни вершины {number}, в которую входит дело, ни более новой из этого файла",
        "you kept neither head {number}, which has the case, nor a later one of this bundle",
    ),
    "not_given": (
        "--heads көрсетілмеген",
        "--heads не указано",
        "--heads was not given",
    ),
    "signed": (
        "{name}: дұрыс; сертификат {certificate}",
        "{name}: верна; сертификат {certificate}",
        "{name}: holds; certificate {certificate}",
    ),
    "roots": (
        "сертификаттар мына түбірлерге сүйенеді: {roots}; оларды Ұлттық куәландырушы"
        " орталықтың түбірлерімен салыстырыңыз",
        "сертификаты опираются на корни {roots}; сравните их с корнями Национального"
        " удостоверяющего центра",
        "the certificates rest on the roots {roots}: compare them with those of the national"
        " authority",
    ),
    "other_content": (
        "{name}: басқа құжатқа қойылған",
        "{name}: подписан другой документ",
        "{name}: another document was signed",
    ),
    "bad_signature": (
        "{name}: қолтаңба дұрыс емес",
        "{name}: подпись неверна",
        "{name}: the signature does not hold",
    ),
    "no_certificate": (
        "{name}: қол қойғанның сертификаты жоқ",
        "{name}: нет сертификата подписавшего",
        "{name}: the signer's certificate is not there",
    ),
    "bad_chain": (
        "{name}: сертификаттар тізбегі үзілген",
        "{name}: цепочка сертификатов нарушена",
        "{name}: the chain of certificates does not hold",
    ),
    "other_algorithm": (
        "{name}: бұл алгоритм ({oid}) мұнда тексерілмейді",
        "{name}: этот алгоритм ({oid}) здесь не проверяется",
        "{name}: this algorithm ({oid}) is not checked here",
    ),
    "no_chain": (
        "{name}: қолтаңба мен құжат сәйкес, сертификаттар тізбегі мұнда жоқ; сертификат"
        " {certificate}",
        "{name}: подпись и документ сходятся, цепочки сертификатов здесь нет; сертификат"
        " {certificate}",
        "{name}: it fits the document, but there is no chain of certificates; certificate"
        " {certificate}",
    ),
    "unsigned": (
        "мұнда тексеретін қолтаңба жоқ",
        "подписей для проверки здесь нет",
        "there is no signature here to check",
    ),
}
VERDICTS = {
    True: ("дұрыс", "верно", "holds"),
    False: ("ДҰРЫС ЕМЕС", "НЕВЕРНО", "DOES NOT HOLD"),
    None: ("тексерілмеді", "не проверено", "not checked"),
}
CASE = ("Іс", "Дело", "Case")
DAMAGED = (
    "бұл дәлел файлы емес, немесе ол толық емес",
    "это не файл доказательств, или он не целый",
    "the file is no proof bundle, or not whole",
)
LANGUAGES = ("kk", "ru", "en")
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, struct.error)


class NoBundle(Exception):
    """The file is no bundle, or not whole."""


class Unknown(Exception):
    """An algorithm that cannot be checked here; the text is its identifier."""


class CheckerSays(NamedTuple):
    """A sentence by its code, with what stands in it."""

    code: str
    facts: Row

    def __str__(self) -> str:
        return self.told(LANGUAGES.index("en"))

    def told(self, place: int) -> str:
        return printable(SENTENCES[self.code][place].format(**self.facts))


def say(code: str, **facts: Any) -> CheckerSays:
    return CheckerSays(code, facts)


def printable(text: str) -> str:
    """Nothing in a bundle writes lines of its own among ours."""
    return "".join(one if one.isprintable() else "?" for one in text)


# --- the archive ---


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
            raise NoBundle
        size, path, more = LOCAL.unpack_from(archive, at)[8:]
        begin = at + LOCAL.size + path + more
        name = archive[at + LOCAL.size : at + LOCAL.size + path].decode("utf-8", "replace")
        entries[name] = archive[begin : begin + size]
        at = begin + size
    if not {"manifest.json", "case.json", "events.json"} <= entries.keys():
        raise NoBundle
    return entries


def canonical(value: Any) -> bytes:
    """UTF-8, NFC, members sorted, no white space."""
    return WRITER.encode(normalized(value)).encode()


def normalized(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [normalized(one) for one in value]
    if isinstance(value, dict):
        return {normalized(name): normalized(one) for name, one in value.items()}
    return value


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def manifest_faults(entries: dict[str, bytes], read: Row) -> list[CheckerSays]:
    """It says of every file what is so; all are files of a bundle, written in the one form."""
    told = {
        name: {"bytes": len(content), "sha256": sha256(content)}
        for name, content in entries.items()
        if name != "manifest.json"
    }
    form = FORM_BEFORE if read["manifest"].get("form") == FORM_BEFORE else FORM
    same = entries["manifest.json"] == canonical({"form": form, "files": told})
    found = [] if same else [say("other_list")]
    wanted = {f"{name}.json" for name in (OF_SIDES if is_of_side(read) else OF_OFFICIALS)}
    wanted -= {"reports.json"} if form == FORM_BEFORE else set()
    told_too = {"looks.json"} if is_of_side(read) else MAY_BE_MISSING
    allowed = wanted | {"manifest.json"} | told_too
    names = sorted(name for name in entries if not KEPT.fullmatch(name))
    found += [say("stray", name=name) for name in names if name not in allowed]
    found += [say("missing", name=name) for name in sorted(wanted - entries.keys())]
    for name in names:
        if name in allowed and canonical(json.loads(entries[name])) != entries[name]:
            found.append(say("form", name=name))
    return found


def is_of_side(read: Row) -> bool:
    return "side" in read["case"]


# --- events and messages ---


def members(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """The parts in which an event is hashed."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from members((*path, name), one)
    elif isinstance(value, list) and value and path == ("data", "deadlines"):
        yield from (((*path, number), one) for number, one in enumerate(value))
    else:
        yield path, value


@cache
def place_of(path: Path) -> bytes:
    return canonical(list(path))


def unhex(text: str, size: int) -> bytes:
    """So many bytes, in the one form that they have."""
    content = bytes.fromhex(text)
    if content.hex() != text or len(content) != size:
        raise ValueError("hex")
    return content


def is_told_rightly(event: Row, of_side: bool) -> bool:
    """Whether it has what such a bundle has of an event, and nothing twice."""
    more = event.keys() - LINKED
    if more not in (TOLD if of_side else ({*EVENT, *WRITTEN, "salt"} - LINKED,)):
        return False
    parts = [one for one in event.get("parts", ()) if not isinstance(one, str)]
    places = [tuple(path) for path, _, _ in parts]
    return places == sorted(set(places), key=place_of)


def whole(event: Row) -> Row:
    return {name: event[name] for name in (*EVENT, *WRITTEN)}


def shown(event: Row) -> dict[Path, Any]:
    """What an event tells, by place: all of it, or the parts that are not withheld."""
    if "type" in event:
        return dict(members((), whole(event)))
    return {tuple(one[0]): one[2] for one in event.get("parts", ()) if isinstance(one, list)}


def digests(event: Row) -> list[bytes]:
    """Those of the parts of an event, in the order of their places."""
    if "parts" in event:
        return [
            unhex(one, 32)
            if isinstance(one, str)
            else hashlib.sha256(unhex(one[1], 32) + canonical(one[0]) + canonical(one[2])).digest()
            for one in event["parts"]
        ]
    salt, found = unhex(event["salt"], 16), []
    for path, value in sorted(members((), whole(event)), key=lambda one: place_of(one[0])):
        key = hashlib.sha256(salt + canonical(event["seq"]) + place_of(path)).digest()
        found.append(hashlib.sha256(key + place_of(path) + canonical(value)).digest())
    return found


def hashes_of(event: Row, previous: bytes) -> list[bytes]:
    """Which hashes an event may have; of one from before parts, of which nothing is told: none."""
    if "type" in event and event["salt"] is None:
        old = {name: event[name] for name in EVENT}
        return [hashlib.sha256(previous + canonical(one)).digest() for one in (whole(event), old)]
    if "commitment" in event:
        return [hashlib.sha256(previous + unhex(event["commitment"], 32)).digest()]
    if "type" not in event and "parts" not in event:
        return []
    joined = hashlib.sha256(b"".join(digests(event))).digest()
    return [hashlib.sha256(previous + joined).digest()]


def event_faults(read: Row) -> list[CheckerSays]:
    """Numbers, hashes, and that the last is the one that the case has."""
    case, found, previous = read["case"], [], GENESIS
    of_side, proven = is_of_side(read), False
    for number, one in enumerate(read["events"], 1):
        if one["seq"] != number or unhex(one["previous"], 32) != previous:
            found.append(say("unlinked", seq=number))
        made, possible = unhex(one["hash"], 32), hashes_of(one, previous)
        # Where nothing proves the link, anything could be told of what came before.
        unproven = not possible and (proven or not of_side)
        if (possible and made not in possible) or unproven or not is_told_rightly(one, of_side):
            found.append(say("event_hash", seq=number))
        found += identity_faults(case, number, shown(one), bool(possible))
        previous, proven = made, proven or bool(possible)
    if (len(read["events"]), previous.hex()) != (case["seq"], case["hash"]):
        found.append(say("other_end"))
    return found


def identity_faults(
    case: Row, number: int, told: dict[Path, Any], proves: bool
) -> list[CheckerSays]:
    """An event is of this case, at its place. Whoever is shown a part of the first is shown whose
    case it is.
    """
    case_id, reference = case["case_id"], case["reference"]
    first = proves and number == 1
    found = []
    is_own = told.get(("case_id",), None if first else case_id) == case_id
    if not is_own or told.get(("seq",), number) != number:
        found.append(say("other_case", seq=number))
    if told.get(OF_CASE, None if first else reference) != reference:
        found.append(say("other_reference"))
    return found


def withheld(read: Row) -> tuple[list[CheckerSays], bool]:
    """How much is withheld; and whether the chain proves all of it."""
    events = read["events"]
    hidden = sum(("seq",) not in shown(one) for one in events)
    parts = sum(isinstance(part, str) for one in events for part in one.get("parts", ()))
    found = [say("hidden", events=hidden, parts=parts)]
    old = [one["seq"] for one in events if not hashes_of(one, GENESIS)]
    found += [say("unproven_link", many=len(old), seq=old[-1] + 1)] if old else []
    found += [] if any(OF_CASE in shown(one) for one in events) else [say("own_number")]
    return found, not old


def message_faults(read: Row) -> list[CheckerSays]:
    found, previous = [], GENESIS
    for one in read["messages"]:
        body = {name: value for name, value in one.items() if name != "hash"}
        made = bytes.fromhex(one["hash"])
        fits = made == hashlib.sha256(previous + canonical(body)).digest()
        if not fits or one["case_id"] != read["case"]["case_id"]:
            found.append(say("message_hash", id=one["id"]))
        previous = made
    return found + ([] if previous.hex() == read["case"]["told"] else [say("other_end")])


def report_verdict(read: Row) -> tuple[Any, list[CheckerSays]]:
    """Of each word of the treasury that the case was told, in the order in which it was: the chain
    has how its hash begins, what the case was told of it, and the hash of the whole report.
    """
    held = {one["message_id"]: one for one in read.get("reports", ())}
    said: list[tuple[Any, CheckerSays]] = []
    order = []
    for message in read["messages"]:
        named = REPORTED.fullmatch(message["idempotency_key"])
        if message["name"] == "payment_reported" and named:
            said.append(told_report(message, named, held.get(message["id"])))
            order += [message["id"]] if message["id"] in held else []
    if [one["message_id"] for one in read.get("reports", ())] != order:
        said.append((False, say("form", name="reports.json")))
    verdicts = {holds for holds, _ in said}
    holds = False if False in verdicts else None if None in verdicts else True
    return holds, [one for _, one in said] or [say("unreported")]


def told_report(message: Row, named: Any, entry: Row | None) -> tuple[Any, CheckerSays]:
    """Whether a word of the treasury is the one that a message has told."""
    own, facts = {"id": message["id"]}, message["facts"] or {}
    if entry is None:
        # Bundles of before had none; they could name no report either.
        return (False if "report_sha256" in facts else None), say("report_lost", **own)
    word = entry["word"]
    if entry.keys() != {"message_id", "word"}:
        return False, say("report_word", **own)
    if word is None:
        return None, say("report_gone", **own)
    key, status, begins = named.groups()
    same = all(word[name] == message["data"][name] for name in word.keys() & message["data"].keys())
    as_named = (word["key"], word["status"]) == (key, status)
    if not same or not as_named or not sha256(canonical(word)).startswith(begins):
        return False, say("report_word", **own)
    if "report_sha256" not in facts:
        return None, say("report_unhashed", key=key, status=status)
    whole, place = facts["report_sha256"], facts["place"]
    return True, say("reported", key=key, status=status, sha256=whole, place=place)


def notice_verdict(read: Row) -> tuple[Any, list[CheckerSays]]:
    """Of each delivery that the chain of messages has, that the notice is here, of the same number
    and the same event, and was said to be delivered.
    """
    said: list[tuple[bool, CheckerSays]] = []
    for one in read["messages"]:
        word, data = DELIVERIES.get(one["name"]), one["data"]
        end = f":{word}:{one['case_id']}"
        if word is None or not one["idempotency_key"].endswith(end):
            continue
        channel, _, number = one["idempotency_key"].removesuffix(end).partition(":")
        rows = [
            row
            for row in read["notices"]
            if (row["channel"], row["provider_id"]) == (channel, number)
            and data.get("letter") in (None, row["key"].partition("/")[2])
            and data.get("told") in (None, row["key"].split("/")[1])
        ]
        states = {"DELIVERED"} if word == "DELIVERED" else NOT_REACHED
        if states.isdisjoint(row["state"] for row in rows):
            said.append((False, say("notice_lost", id=one["id"])))
        elif word == "DELIVERED":
            letter = rows[0]["key"].partition("/")[2]
            said.append((True, say("delivered", letter=letter, at=data["on"])))
        else:
            said.append((True, say("bounced", letter=rows[0]["key"].partition("/")[2])))
    holds = all(holds for holds, _ in said) if said else None
    return holds, [one for _, one in said] or [say("undelivered")]


# --- what lies with the events ---


def named_documents(events: list[Row]) -> dict[str, set[str]]:
    """What events name as documents of the case, and as what."""
    found: dict[str, set[str]] = {}

    def name(sha: Any, kind: str) -> None:
        if sha:
            found.setdefault(sha, set()).add(kind)

    for event in events:
        told = shown(event)
        name(told.get((*APPLICATION, "sha256")), "application")
        name(told.get((*APPLICATION, "account", "sha256")), "account")
        name(told.get(("data", "paper", "sha256")), told.get(("data", "paper", "kind"), ""))
        for one in told.get(("data", "documents")) or ():
            name(one["sha256"], "")
        for signature, _ in signed_documents(told):
            name(signature, "signature")
    return found


def signed_documents(told: dict[Path, Any]) -> Iterator[tuple[str, str]]:
    """Which signature is over which document, as an event has it."""
    document = told.get((*APPLICATION, "sha256"))
    account = (told.get((*APPLICATION, "account", name)) for name in ("cms_sha256", "sha256"))
    for path, value in told.items():
        if path[:4] == (*APPLICATION, "signatures") and path[-1] == "cms_sha256" and document:
            yield value, document
    signature, signed = account
    if signature and signed:
        yield signature, signed


def document_faults(
    entries: dict[str, bytes], read: Row
) -> tuple[list[CheckerSays], list[CheckerSays]]:
    """Each is what its name says, the events name it, and the list has it; and what is not here."""
    said, named = canonical(read["events"]).decode(), named_documents(read["events"])
    listed = {one["sha256"]: one["kind"] for one in read["documents"]}
    lists = json.dumps(read["evidence"])
    found, gone = [], []
    for name, content in entries.items():
        if (kept := KEPT.fullmatch(name)) is None:
            continue
        if sha256(content) != kept[2]:
            found.append(say("other_document", name=name))
        elif kept[1] == "revoked":
            found += [] if f"crl:sha256:{kept[2]}" in lists else [say("unnamed", name=name)]
        elif kept[2] not in (named if is_of_side(read) else said):
            found.append(say("unnamed", name=name))
        elif kept[2] not in listed:
            found.append(say("unlisted", name=name))
    for sha, kinds in named.items():
        if sha in listed and not {listed[sha], ""} & kinds:
            found.append(say("unlisted", name=sha))
        elif f"documents/{sha}" not in entries:
            gone.append(say("gone", name=sha))
    found += [say("unlisted", name=sha) for sha in listed if sha not in said]
    return found, gone


def deadline_faults(read: Row) -> list[CheckerSays]:
    """Each certificate stands in an event as it is here."""

    def line(period: int, one: Row) -> bytes:
        at = datetime.fromisoformat(one["expires_at"]).astimezone(UTC).isoformat()
        told = [one[name] for name in ("term", "revision", "last_day", "certificate")]
        return canonical([period, at, *told])

    made = [
        line(told[("period",)], value)
        for told in map(shown, read["events"])
        for path, value in told.items()
        if path[:2] == ("data", "deadlines") and len(path) == 3
    ]
    held = [line(one["period"], one) for one in read["deadlines"]]
    # Of events from before parts a side is told nothing: what they say cannot be compared.
    if is_of_side(read) and not withheld(read)[1]:
        return [] if set(made) <= set(held) else [say("other_terms")]
    return [] if sorted(made) == sorted(held) else [say("other_terms")]


def money_faults(read: Row) -> list[CheckerSays]:
    known = {one["seq"] for one in read["events"]}
    return [
        say("no_event", entry=f"{one['seq']}.{one['place']}")
        for one in read["money"]
        if one["seq"] not in known or one["amount"] <= 0
    ]


# --- heads ---


def inclusion_faults(read: Row, proof: Row, head: Row) -> list[CheckerSays]:
    """The leaf is of this case as it was, and leads to the root that the head has."""
    leaf = unhex(proof["leaf"], LEAF.size)
    case_id, seq, last, told = LEAF.unpack(leaf)
    hashes = [GENESIS.hex(), *(one["hash"] for one in read["events"])]
    said = [GENESIS.hex(), *(one["hash"] for one in read.get("messages", ()))]
    found = []
    if case_id.hex() != read["case"]["case_id"].replace("-", ""):
        found.append(say("leaf_case"))
    if seq >= len(hashes) or hashes[seq] != last.hex():
        found.append(say("leaf_event"))
    if told.hex() not in said and not is_of_side(read):
        found.append(say("leaf_message"))
    made, place = hashlib.sha256(b"\0" + leaf).digest(), proof["place"]
    last_place, beside = head["leaves"] - 1, [unhex(one, 32) for one in proof["path"]]
    inside = 0 <= place <= last_place
    while last_place > 0 and beside:
        if place % 2:
            made = hashlib.sha256(b"\1" + beside.pop(0) + made).digest()
        elif place < last_place:
            made = hashlib.sha256(b"\1" + made + beside.pop(0)).digest()
        place, last_place = place // 2, last_place // 2
    if made.hex() != head["root"] or beside or not inside:
        found.append(say("leaf_root"))
    return found


def unpadded(text: str) -> bytes:
    """Of base64 in the one form that it has."""
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(content).decode().rstrip("=") != text:
        raise ValueError("base64")
    return content


@cache
def rsa_fits(n: int, e: int, digest: str, content: bytes, signature: bytes) -> bool:
    """A signature of RSA, PKCS#1 v1.5."""
    size = (n.bit_length() + 7) // 8
    hashed = PREFIXES[digest] + hashlib.new(digest, content).digest()
    padded = b"\0\1" + b"\xff" * (size - len(hashed) - 3) + b"\0" + hashed
    if not 256 <= size <= 2048 or len(signature) != size:
        return False
    return pow(int.from_bytes(signature), e, n).to_bytes(size) == padded


def signed(jws: str, keys: dict[str, Row]) -> Row | None:
    """What a head says, if its signature holds (RS256)."""
    header, payload, signature = jws.split(".")
    named = json.loads(unpadded(header))
    key = keys.get(named.get("kid"))
    if named.get("alg") != "RS256" or key is None:
        return None
    thumb = hashlib.sha256(canonical({name: key[name] for name in ("e", "kty", "n")})).digest()
    if base64.urlsafe_b64encode(thumb).decode().rstrip("=") != named["kid"]:
        return None
    n, e = (int.from_bytes(unpadded(key[name])) for name in ("n", "e"))
    if n.bit_length() < 3072 or e < 65537:
        return None
    if not rsa_fits(n, e, "sha256", f"{header}.{payload}".encode(), unpadded(signature)):
        return None
    found: Row = {**json.loads(unpadded(payload)), "kid": named["kid"]}
    return found


def head_faults(told: Row) -> tuple[list[CheckerSays], dict[int, Row]]:
    """Each is signed and names the one before it; what they say, by number."""
    keys = {one["kid"]: one for one in told["keys"]}
    found, said, before = [], {}, None
    for one in told["heads"]:
        head = signed(one["jws"], keys)
        if head is None or head["number"] != one["number"]:
            found.append(say("head_signature", number=one["number"]))
            continue
        if before is not None and (head["number"], head["previous"]) != before:
            found.append(say("head_previous", number=one["number"]))
        if head["made_at"] != one["made_at"] or one.keys() != {"number", "made_at", "jws"}:
            found.append(say("head_told", number=one["number"]))
        before = head["number"] + 1, sha256(one["jws"].encode())
        said[head["number"]] = head
    if {one["kid"] for one in said.values()} != keys.keys() or len(keys) != len(told["keys"]):
        found.append(say("stray_key"))
    return found, said


def published_faults(read: Row, published: dict[int, str]) -> list[CheckerSays]:
    """They are those that somebody kept, and one of these is as young as the one with the case."""
    held = {one["number"]: one["jws"] for one in read["heads"]["heads"]}
    both = sorted(held.keys() & published.keys())
    found = [say("other_head", number=n) for n in both if held[n] != published[n]]
    number = read["proof"]["head"] if read["proof"] else 0
    return found or ([] if both and both[-1] >= number else [say("kept_none", number=number)])


def later(read: Row, heads: dict[int, Row], published: dict[int, str] | None) -> list[CheckerSays]:
    """Until when the case is proven: of what came then nobody can know from here."""
    proof = read["proof"]
    if proof is None or proof["head"] not in heads:
        return [say("no_head")]
    seq = LEAF.unpack(unhex(proof["leaf"], LEAF.size))[1]
    at, more = heads[proof["head"]]["made_at"], len(read["events"]) - seq
    found = [say("covered", number=proof["head"], at=at, seq=seq, more=more)]
    newest = max(published or {0: ""})
    return found + ([say("newer", number=newest)] if newest > max(heads) else [])


# --- electronic signatures ---


class Der(NamedTuple):
    """A value of ASN.1: its tag, what is in it, and its bytes as a whole."""

    tag: int
    content: bytes
    raw: bytes

    @property
    def parts(self) -> "list[Der]":
        return list(ders(self.content))

    @property
    def hex(self) -> str:
        return self.content.hex()


def ders(content: bytes) -> Iterator[Der]:
    at = 0
    while at < len(content):
        tag, length, begin = content[at], content[at + 1], at + 2
        if length == 0x80 or tag & 0x1F == 0x1F:
            raise Unknown("BER")
        if length > 0x80:
            begin += length - 0x80
            length = int.from_bytes(content[at + 2 : begin])
        if begin + length > len(content):
            raise ValueError("DER is not whole")
        yield Der(tag, content[begin : begin + length], content[at : begin + length])
        at = begin + length


def der(content: bytes) -> Der:
    found = list(ders(content))
    if len(found) != 1:
        raise ValueError("not one value of DER")
    return found[0]


class SignerCertificate:
    """What of a certificate is needed to check a signature by its key, or its own."""

    def __init__(self, raw: bytes) -> None:
        body, algorithm, signature = der(raw).parts
        parts = [one for one in body.parts if one.tag != 0xA0]
        self.raw, self.body, self.signature = raw, body.raw, signature.content[1:]
        self.algorithm = algorithm.parts[0].hex
        self.serial, self.issuer, self.subject = parts[0].content, parts[2].raw, parts[4].raw
        self.since, self.until = (instant(one) for one in parts[3].parts)
        self.key = parts[5]
        extensions = [one for part in parts if part.tag == 0xA3 for one in part.parts[0].parts]
        told = [one.parts for one in extensions]
        constraints = [one[-1].content for one in told if one[0].hex == AUTHORITY]
        self.authority = any(
            [(one.tag, one.content) for one in der(found).parts][:1] == [(1, b"\xff")]
            for found in constraints
        )

    def signs(self, digest: str, content: bytes, signature: bytes) -> bool:
        """Whether a signature was made by its key. Unknown where that is of another kind."""
        algorithm, bits = self.key.parts
        kind, *more = [one.hex for one in algorithm.parts]
        if kind == RSA:
            n, e = (int.from_bytes(one.content) for one in der(bits.content[1:]).parts)
            return rsa_fits(n, e, digest, content, signature)
        if kind == ELLIPTIC and more[0] in CURVES:
            hashed = hashlib.new(digest, content).digest()
            return ecdsa_fits(more[0], bits.content[1:], hashed, signature)
        raise Unknown(kind)


def instant(one: Der) -> datetime:
    text = one.content.decode("ascii")
    # UTCTime has years of two digits.
    century = ("" if one.tag == 0x18 else "20" if text[:2] < "50" else "19") + text
    return datetime.strptime(century, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


Point = tuple[int, int] | None


def added(p: int, one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % p == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, p) if one == other else (v - y) * pow(u - x, -1, p)
    w = (slope * slope - x - u) % p
    return w, (slope * (x - w) - y) % p


def times(p: int, number: int, point: Point) -> Point:
    found: Point = None
    for bit in f"{number:b}":
        found = added(p, found, found)
        found = added(p, found, point) if bit == "1" else found
    return found


@cache
def ecdsa_fits(curve: str, key: bytes, hashed: bytes, signature: bytes) -> bool:
    p, b, order, base = CURVES[curve]
    size = (p.bit_length() + 7) // 8
    if key[0] != 4 or len(key) != 2 * size + 1:
        raise Unknown(curve)
    x, y = int.from_bytes(key[1 : size + 1]), int.from_bytes(key[size + 1 :])
    r, s = (int.from_bytes(one.content) for one in der(signature).parts)
    if (y * y - x**3 + 3 * x - b) % p or not (0 < r < order and 0 < s < order):
        return False
    short = int.from_bytes(hashed) >> max(0, len(hashed) * 8 - order.bit_length())
    back = pow(s, -1, order)
    one = times(p, short * back % order, base)
    point = added(p, one, times(p, r * back % order, (x, y)))
    return point is not None and point[0] % order == r


def hash_named(oid: str) -> str:
    if oid not in HASHES:
        raise Unknown(oid)
    return HASHES[oid]


def signer_of(cms: bytes, content: bytes) -> SignerCertificate | str:
    """The certificate whose key has signed the content; else the code of what is wrong."""
    data = der(cms).parts[1].parts[0].parts
    signers = data[-1].parts
    if len(signers) != 1:
        return "bad_signature"
    _, named, digest_algorithm, attributes, algorithm, signature = signers[0].parts[:6]
    if attributes.tag != 0xA0 or algorithm.parts[0].hex == RSA_PSS:
        raise Unknown(algorithm.parts[0].hex)
    digest = hash_named(digest_algorithm.parts[0].hex)
    told = [one.parts for one in attributes.parts]
    said = [one[1].parts[0].content for one in told if one[0].hex == CONTENT_DIGEST]
    if said != [hashlib.new(digest, content).digest()]:
        return "other_content"
    carried = [one for part in data if part.tag == 0xA0 for one in part.parts]
    issuer, serial = named.parts
    for one in map(SignerCertificate, (found.raw for found in carried)):
        if (one.issuer, one.serial) == (issuer.raw, serial.content):
            whole_set = b"\x31" + attributes.raw[1:]
            fits = one.signs(digest, whole_set, signature.content)
            return one if fits else "bad_signature"
    return "no_certificate"


def chain_holds(chain: list[SignerCertificate], at: datetime) -> bool:
    """From the root, which signs itself, each has signed the next and was valid then."""
    for issuer, one in zip([chain[0], *chain], chain, strict=False):
        if one.issuer != issuer.subject or not issuer.authority or not one.since <= at <= one.until:
            return False
        if not issuer.signs(hash_named(one.algorithm), one.body, one.signature):
            return False
    return True


def told_signature(
    name: str, cms: bytes, content: bytes, evidence: list[Row], roots: set[str]
) -> tuple[Any, CheckerSays]:
    """Whether one signature over one document holds, and what there is to say of it; the `roots` on
    which it rests.
    """
    try:
        signer = signer_of(cms, content)
        if isinstance(signer, str):
            return False, say(signer, name=name)
        own = {"name": name, "certificate": sha256(signer.raw)}
        kept = [one for one in evidence if one["signature"] == sha256(cms)]
        for one in kept:
            kept_chain = map(base64.urlsafe_b64decode, one["verdict"]["certificates"])
            chain = [SignerCertificate(raw) for raw in kept_chain]
            if not chain:
                continue
            at = datetime.fromisoformat(one["at"])
            if chain[-1].raw != signer.raw or not chain_holds(chain, at):
                return False, say("bad_chain", name=name)
            roots.add(sha256(chain[0].raw))
            return True, say("signed", **own)
        return None, say("no_chain", **own)
    except Unknown as unknown:
        return None, say("other_algorithm", name=name, oid=str(unknown))


def signature_verdict(entries: dict[str, bytes], read: Row) -> tuple[Any, list[CheckerSays]]:
    """Of each signature that the events name, over the document that they name with it."""
    pairs = {pair for event in read["events"] for pair in signed_documents(shown(event))}
    found: list[tuple[Any, CheckerSays]] = []
    roots: set[str] = set()
    for signature, document in sorted(pairs):
        cms, content = (entries.get(f"documents/{one}") for one in (signature, document))
        if cms is None or content is None:
            found.append((None, say("gone", name=signature)))
        else:
            found.append(told_signature(signature, cms, content, read["evidence"], roots))
    verdicts = {holds for holds, _ in found}
    said = [one for _, one in found] or [say("unsigned")]
    said += [say("roots", roots=", ".join(sorted(roots)))] if roots else []
    return False if False in verdicts else True if verdicts == {True} else None, said


# --- all of it ---

Checked = list[tuple[str, Any, list[CheckerSays]]]


def checked(archive: bytes, published: dict[int, str] | None = None) -> Checked:
    """What was looked at, whether it holds (None: it cannot be checked here), and what to say."""
    entries = unzipped(archive)
    try:
        read: Row = {
            name.removesuffix(".json"): json.loads(content)
            for name, content in entries.items()
            if name.endswith(".json")
        }
        case = read["case"]
        assert NUMBER.fullmatch(case["reference"])
        assert CASE_ID.fullmatch(case["case_id"])
    except (*BROKEN, RecursionError, AssertionError):
        raise NoBundle from None
    found: Checked = []

    def tell(name: str, look: Callable[[], tuple[Any, list[CheckerSays]]]) -> None:
        try:
            holds, said = look()
        except (*BROKEN, RecursionError, Unknown) as error:
            holds, said = False, [say("unreadable", kind=type(error).__name__)]
        found.append((name, holds, said))

    def prove(name: str, look: Callable[[], list[CheckerSays]], holds: Any = True) -> None:
        def proven() -> tuple[Any, list[CheckerSays]]:
            faults = look()
            return (False if faults else holds), faults

        tell(name, proven)

    def documents() -> tuple[Any, list[CheckerSays]]:
        faults, gone = document_faults(entries, read)
        return False if faults else None if gone else True, faults or gone

    heads: dict[int, Row] = {}

    def signed_heads() -> tuple[Any, list[CheckerSays]]:
        faults, said = head_faults(read["heads"])
        heads.update(said)
        kids = ", ".join(sorted({one["kid"] for one in said.values()}))
        return (False, faults) if faults else (True, [say("keys", kids=kids)] if kids else [])

    def inclusion() -> tuple[Any, list[CheckerSays]]:
        proof = read["proof"]
        if proof is None:
            return None, [say("no_head")]
        if proof["head"] not in heads:
            return False, [say("no_such_head", number=proof["head"])]
        faults = inclusion_faults(read, proof, heads[proof["head"]])
        return not faults, faults

    prove("archive", lambda: [] if zipped(entries) == archive else [say("other_archive")])
    prove("manifest", lambda: manifest_faults(entries, read))
    prove("events", lambda: event_faults(read))
    if is_of_side(read):
        tell("withheld", lambda: (None, withheld(read)[0]))
    else:
        prove("messages", lambda: message_faults(read))
    tell("documents", documents)
    prove("deadlines", lambda: deadline_faults(read))
    if not is_of_side(read):
        tell("reports", lambda: report_verdict(read))
        tell("notices", lambda: notice_verdict(read))
        prove("money", lambda: money_faults(read), None)
    tell("signatures", lambda: signature_verdict(entries, read))
    found.append(("revocation", None, []))
    tell("heads", signed_heads)
    tell("inclusion", inclusion)
    if published is None:
        found.append(("published", None, [say("not_given")]))
    else:
        prove("published", lambda: published_faults(read, published))
    tell("later", lambda: (None, later(read, heads, published)))
    found.append(("own_word", None, []))
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
    place = LANGUAGES.index(language)
    try:
        published = None
        if "--heads" in given:
            with open(given["--heads"], "rb") as file:
                published = {one["number"]: one["jws"] for one in json.load(file)["heads"]}
        with open(files[0], "rb") as file:
            archive = file.read()
    except (OSError, *BROKEN) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        found = checked(archive, published)
    except NoBundle:
        sys.stderr.write(f"{DAMAGED[place]}\n")
        return 2
    wrong = any(holds is False for _, holds, _ in found)
    case = json.loads(unzipped(archive)["case.json"])
    if "--json" in arguments:
        rows = [
            {
                "what": name,
                "holds": holds,
                "said": [{"code": one.code, **one.facts} for one in said],
            }
            for name, holds, said in found
        ]
        told = {"case": case["reference"], "holds": not wrong, "checks": rows}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 1 if wrong else 0
    sys.stdout.write(f"{CASE[place]} {case['reference']} ({case['case_id']})\n")
    for name, holds, said in found:
        sys.stdout.write(f"{VERDICTS[holds][place]}: {TEXTS[name][place]}\n")
        sys.stdout.write("".join(f"    {one.told(place)}\n" for one in said))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

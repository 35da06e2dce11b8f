"""Files that hurt whoever reads them, and their harmless brothers; `odd_files` makes any number.

python -m tests.support.hostile_files DIR COUNT SEED
"""

from __future__ import annotations

import io
import random
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PIL import Image
from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, pdf_name
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

_PAGES = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"


def pdf(catalog: bytes = b"", *more: bytes, size: int | None = None) -> bytes:
    """A PDF of one empty page; `catalog`: further entries; `more`: objects from number 4 on."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>", _PAGES, _PAGE, *more]
    return of_objects(objects, size=size)


def of_objects(objects: list[bytes], trailer: bytes = b"", size: int | None = None) -> bytes:
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1 if size is None else size
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (count, trailer))
    out.write(b"startxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


def stream(head: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)


def with_xref_stream(entries: bytes, *, kind: bytes = b"/Type /XRef", table: int = 5) -> bytes:
    """Its table is a stream (ISO 32000-2, 7.5.8); `entries`: what it says of itself."""
    out, places = io.BytesIO(), [0]
    out.write(b"%PDF-1.5\n")
    for number, content in enumerate((b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE), 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    places.append(start)
    rows = b"".join(struct.pack(">BHB", place > 0, place, 0) for place in places[:table])
    head = kind + b" /W [1 2 1] /Root 1 0 R /Filter /FlateDecode " + entries
    out.write(b"4 0 obj\n%s\nendobj\n" % stream(head, zlib.compress(rows)))
    out.write(b"startxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


def with_object_stream(packed: bytes, number: int = 4) -> bytes:
    """Page 3 lies in an object stream (ISO 32000-2, 7.5.7), or is said to."""
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n")
    places = []
    for at, content in (
        (1, b"<< /Type /Catalog /Pages 2 0 R >>"),
        (2, _PAGES),
        (4, stream(b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", packed)),
    ):  # fmt: skip
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (at, content))
    start = out.tell()
    rows = [(0, 0, 0), (1, places[0], 0), (1, places[1], 0), (2, number, 0), (1, places[2], 0),
            (1, start, 0)]  # fmt: skip
    table = b"".join(struct.pack(">BHB", *row) for row in rows)
    head = b"/Type /XRef /Size 6 /W [1 2 1] /Root 1 0 R"
    out.write(b"5 0 obj\n%s\nendobj\n" % stream(head, table))
    out.write(b"startxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


def tree_of(name: bytes, deep: int, wide: int, leaf: bytes) -> list[bytes]:
    """Nodes from number 4 on, each naming the next one `wide` times."""
    nodes = [
        b"<< /T (f%d) %s [%s] >>" % (at, name, b" ".join([b"%d 0 R" % (5 + at)] * wide))
        for at in range(deep)
    ]
    return [*nodes, leaf]


_FILE = (
    b"<< /Type /Filespec /F (a.xml) /UF (a.xml) /EF << /F 6 0 R >> >>",
    stream(b"/Type /EmbeddedFile", b"<x/>"),
)


def attached(*, kids: bool) -> bytes:
    """One attachment, named directly or by way of /Kids as Ghostscript and Acrobat write it."""
    names = b"<< /Names [(a) 5 0 R] >>"
    if not kids:
        return pdf(b"/Names << /EmbeddedFiles 4 0 R >>", names, *_FILE)
    tree = b"<< /Kids [7 0 R] >>"
    inner = b"<< /Limits [(a) (a)] /Names [(a) 5 0 R] >>"
    return pdf(b"/Names << /EmbeddedFiles 4 0 R >>", tree, *_FILE, inner)


def locked(password: str) -> bytes:
    writer = PdfFileWriter(stream_xrefs=False)
    box = ArrayObject(map(NumberObject, (0, 0, 9, 9)))
    contents = writer.add_object(DictionaryObject({pdf_name("/X"): NumberObject(1)}))
    writer.insert_page(PageObject(contents=contents, media_box=box))
    writer.encrypt(owner_pass="chủ", user_pass=password)  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def endless() -> bytes:
    """A number that no look at the bytes finds: only a limit of time helps."""
    return with_xref_stream(b"/S#69ze 300000000000000")


HOSTILE_PDFS: Mapping[str, Callable[[], bytes]] = {
    "endless": endless,
    "size": lambda: with_xref_stream(b"/Size 300000000000000"),
    "size of millions": lambda: with_xref_stream(b"/Size 50000000"),
    "index": lambda: with_xref_stream(b"/Size 5 /Index [0 300000000000000]"),
    "no type": lambda: with_xref_stream(b"/Size 5", kind=b""),
    "itself before": lambda: with_xref_stream(b"/Size 5 /Prev 205"),
    "fields": lambda: pdf(
        b"/AcroForm << /Fields [4 0 R] >>", *tree_of(b"/Kids", 12, 10, b"<< /T (z) /FT /Tx >>")
    ),
    "names": lambda: pdf(
        b"/Names << /EmbeddedFiles 4 0 R >>", *tree_of(b"/Kids", 7, 30, b"<< /Names [(a) 3 0 R] >>")
    ),
    "names in a circle": lambda: pdf(
        b"/Names << /EmbeddedFiles 4 0 R >>", b"<< /Kids [4 0 R 4 0 R] >>"
    ),
    "pages in a circle": lambda: of_objects(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"]
    ),
    "tables in a circle": lambda: of_objects(
        [b"<< /Type /Catalog /Pages 2 0 R >>", _PAGES, _PAGE], b"/Prev 200"
    ),
    "length": lambda: pdf(b"", b"<< /Length 4 0 R >>\nstream\nx\nendstream"),
    "object": lambda: of_objects([b"1 0 R", _PAGES, _PAGE]),
    "arrays": lambda: pdf(b"/X " + b"[" * 200_000 + b"]" * 200_000),
    "no root": lambda: of_objects([b"(a)", _PAGES, _PAGE]),
    "torn stream": lambda: with_object_stream(zlib.compress(b"3 0 " + _PAGE)[:-9]),
    "no stream": lambda: with_object_stream(zlib.compress(b"3 0 " + _PAGE), number=2),
    "stream of itself": lambda: with_object_stream(zlib.compress(b"3 0 " + _PAGE), number=3),
    "behind the end": lambda: pdf().replace(b"startxref\n", b"startxref\n9"),
    "bomb": lambda: pdf(
        b"/Names << /EmbeddedFiles 4 0 R >>",
        b"<< /Names [(a) 5 0 R] >>",
        _FILE[0],
        stream(b"/Filter [/FlateDecode /FlateDecode]", _twice(400)),
    ),
}
HARMLESS_PDFS: Mapping[str, Callable[[], bytes]] = {
    "empty": pdf,
    "names": lambda: attached(kids=False),
    "kids": lambda: attached(kids=True),
    "one less": lambda: pdf(b"", b"<< /A 1 >>", size=4),
    "password": lambda: locked("kín"),
    "no password needed": lambda: locked(""),
}


def _twice(megabytes: int) -> bytes:
    packer, piece = zlib.compressobj(9), bytes(1024 * 1024)
    inner = b"".join([*(packer.compress(piece) for _ in range(megabytes)), packer.flush()])
    return zlib.compress(inner, 9)


def zipped(*entries: tuple[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, packing)
    data = out.getvalue()
    return data if all(name for name, _ in entries) else _nameless(data)


def _nameless(data: bytes) -> bytes:
    """The one entry `x`, its name gone in both places."""
    head = data[:26] + b"\0\0" + data[28:30] + data[31:]
    at = head.index(b"PK\x01\x02")
    entry = head[at : at + 28] + b"\0\0" + head[at + 30 : at + 46] + head[at + 47 :]
    whole = bytearray(head[:at] + entry)
    end = whole.index(b"PK\x05\x06")
    struct.pack_into("<II", whole, end + 12, end - at, at)
    return bytes(whole)


HOSTILE_ZIPS: Mapping[str, Callable[[], bytes]] = {
    "no name": lambda: zipped(("", b"<x/>")),
    "bomb": lambda: zipped(("a.xml", bytes(40 * 1024 * 1024))),
    "lzma": lambda: zipped(("a.xml", b"<x/>"), packing=zipfile.ZIP_LZMA),
    "torn": lambda: zipped(("a.xml", b"<x/>"))[:-9],
    "a hostile view": lambda: zipped(("a.pdf", endless()), ("b.xml", b"<x/>")),
    "a bad view": lambda: zipped(("a.pdf", HOSTILE_PDFS["no type"]()), ("b.xml", b"<x/>")),
}


def _png(width: int, height: int) -> bytes:
    """A picture that claims to be so large."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", body), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )


def _picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(out, kind)
    return out.getvalue()


HOSTILE_PICTURES: Mapping[str, Callable[[], bytes]] = {
    "wide": lambda: _png(60_000, 60_000),
    "just allowed": lambda: _png(8000, 8000),
    "torn": lambda: _picture("JPEG")[:-40],
    "circle": lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "bmp": lambda: _picture("BMP")[:30],
    "webp": lambda: _picture("WEBP")[:40],
}


def odd_files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents: every kind once, then damaged ones; the same for the same seed."""
    groups = (
        ("pdf", HOSTILE_PDFS), ("pdf", HARMLESS_PDFS), ("zip", HOSTILE_ZIPS),
        ("png", HOSTILE_PICTURES),
    )  # fmt: skip
    made = [(ending, make()) for ending, group in groups for make in group.values()]
    chance = random.Random(seed)
    for number in range(count):
        ending, data = made[number % len(made)]
        name = f"{number:04}.{'xml' if ending == 'png' else ending}"
        yield name, data if number < len(made) else _damaged(data, chance)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes turned, numbers made larger, pieces repeated or cut out."""
    changed = bytearray(data[:200_000])
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(8, max(9, len(changed)))
        match chance.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                changed[at:at] = changed[at : at + chance.randrange(1, 60)]
            case 2:
                del changed[at : at + chance.randrange(1, 30)]
            case _:
                digits = [p for p, byte in enumerate(changed) if 48 <= byte <= 57] or [at]
                place = chance.choice(digits)
                changed[place:place] = str(chance.randrange(10**9)).encode()
    return bytes(changed)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in odd_files(int(sys.argv[2]), int(sys.argv[3])):
        (folder / name).write_bytes(content)

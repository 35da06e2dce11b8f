"""Finding QR codes in photographs and scans."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import zxingcpp
from PIL import Image

from app.signing.pdf.objects import open_pdf, resolved

MOST_PIXELS = 64_000_000
"""A4 at 700 dpi; more is refused before it is unpacked. In colour that is 256 MB of memory."""
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_MOST_PAGES = 40
_MOST_PICTURES = 40
_ALL_PIXELS = 3 * MOST_PIXELS
"""Of one PDF: a page can name the same picture a hundred thousand times."""
_LARGEST_SIDE = 6000
_SMALL_SIDE = 1800


def codes_in_picture(data: bytes) -> list[str]:
    """Texts of the QR codes in a picture. Raises ValueError for what is no usable picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF", "BMP", "WEBP")) as it:
                if it.width * it.height > MOST_PIXELS:
                    raise ValueError("too many pixels")
                it.draft("L", it.size)
                picture = it.convert("L")
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises all sorts on hostile files
        raise ValueError(type(error).__name__) from error
    return codes_in(picture)


def codes_in_pdf(data: bytes) -> list[str]:
    """Texts of the QR codes in the pictures of a scanned PDF's first pages.

    Raises ValueError where its pages cannot be read and no code was found.
    """
    found: dict[str, None] = {}
    left = _ALL_PIXELS
    try:
        for picture in islice(_pictures(data), _MOST_PICTURES):
            left -= picture.width * picture.height
            if left < 0:
                break
            found.update(dict.fromkeys(codes_in(picture)))
    except MemoryError:
        raise
    except Exception as error:  # pyHanko raises all sorts on hostile files
        if not found:
            raise ValueError(type(error).__name__) from error
    return list(found)


def codes_in(picture: Image.Image) -> list[str]:
    """Texts of its QR codes; the picture is made larger for small print in coarse scans."""
    side = max(picture.size)
    if side > _LARGEST_SIDE:
        picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    found = dict.fromkeys(_read(picture))
    if len(found) < 2:
        factor = 3 if side < _SMALL_SIDE else 2
        if side * factor <= _LARGEST_SIDE:
            larger = picture.resize(
                (picture.width * factor, picture.height * factor), Image.Resampling.BICUBIC
            )
            found.update(dict.fromkeys(_read(larger)))
    return list(found)


def _read(picture: Image.Image) -> Iterator[str]:
    for code in zxingcpp.read_barcodes(picture, formats=_QR):
        yield code.text


def _pictures(data: bytes) -> Iterator[Image.Image]:
    """Raises what pyHanko raises for pages that cannot be read."""
    reader = open_pdf(data, strict=False)
    pages = min(int(reader.root["/Pages"]["/Count"]), _MOST_PAGES)
    for number in range(pages):
        page = resolved(reader.find_page_for_modification(number)[0])
        resources = resolved(page.get("/Resources", {}))
        for item in resolved(resources.get("/XObject", {})).values():
            picture = _picture(item)
            if picture is not None:
                yield picture


def _picture(item: Any) -> Image.Image | None:
    """None for what is no picture, or none that can be read: it does not hide the others."""
    try:
        return _decoded(resolved(item))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - pyHanko and Pillow raise all sorts
        return None


def _decoded(item: Any) -> Image.Image | None:
    if item.get("/Subtype") != "/Image":
        return None
    width, height = int(item["/Width"]), int(item["/Height"])
    if not 0 < width * height <= MOST_PIXELS:
        return None
    coded = item.get("/Filter")
    names = [coded] if isinstance(coded, str) else list(coded or [])
    if names == ["/DCTDecode"]:
        with Image.open(io.BytesIO(item.encoded_data), formats=("JPEG",)) as opened:
            if opened.size != (width, height):
                return None
            opened.draft("L", opened.size)
            return opened.convert("L")
    if names == ["/FlateDecode"]:
        predicted = "/DecodeParms" in item
        return (_from_png if predicted else _raw)(item, width, height)
    return None


def _from_png(item: Any, width: int, height: int) -> Image.Image | None:
    """A stream with PNG's predictors (ISO 32000-1, 7.4.4.4) is the data of a PNG file."""
    parameters = item["/DecodeParms"]
    colors = {1: 0, 3: 2}.get(int(parameters.get("/Colors", 1)))
    if int(parameters.get("/Predictor", 1)) < 10 or colors is None:
        return None
    depth = int(item.get("/BitsPerComponent", 8))
    header = struct.pack(">IIBBBBB", width, height, depth, colors, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", item.encoded_data), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
        return opened.convert("L")


def _raw(item: Any, width: int, height: int) -> Image.Image | None:
    modes = {("/DeviceGray", 8): ("L", 1), ("/DeviceRGB", 8): ("RGB", 3)}
    found = modes.get((str(item.get("/ColorSpace")), int(item.get("/BitsPerComponent", 8))))
    if found is None:
        return None
    mode, channels = found
    size = width * height * channels
    pixels = zlib.decompressobj().decompress(item.encoded_data, size)
    if len(pixels) != size:
        return None
    return Image.frombytes(mode, (width, height), pixels).convert("L")

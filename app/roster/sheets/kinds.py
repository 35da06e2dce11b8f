"""What a file really is, told by its content; a name proves nothing."""

from __future__ import annotations

import errno
import io
import re
import zipfile
from enum import StrEnum
from pathlib import Path

from app.errors import SheetTooLarge, SheetUnreadable

MAX_FILE_BYTES = 64 << 20
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
_RESAVE = "Hãy mở tệp bằng Excel, chọn Lưu thành (Save As), kiểu Excel Workbook (.xlsx)"
_AGAIN = f"{_RESAVE}, rồi chọn tệp mới đó."
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*"
    r"<(?:!doctype\s+html|html|head|body|table|meta|style|div|font)\b",
    re.I | re.S,
)
_MHT = re.compile(r"\A\s*(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:mime-version|x-mimeole):", re.I)


class FileKind(StrEnum):
    XLSX = "xlsx"
    XLS = "xls"
    ENCRYPTED = "encrypted"
    TEXT = "text"


_OTHERS = (
    (
        b"%PDF",
        "Đây là tệp PDF, chỉ mang tên bảng tính. Hãy xin tệp Excel gốc, "
        "hoặc chép bảng trong đó sang Excel rồi lưu thành .xlsx.",
    ),
    (b"{\\rtf", "Đây là tệp văn bản RTF. Hãy chép bảng trong đó sang Excel rồi lưu thành .xlsx."),
    (b"Rar!", "Đây là tệp nén RAR. Hãy giải nén rồi chọn tệp bảng tính ở bên trong."),
    (b"7z\xbc\xaf", "Đây là tệp nén 7z. Hãy giải nén rồi chọn tệp bảng tính ở bên trong."),
    (b"\x1f\x8b", "Đây là tệp nén gzip. Hãy giải nén rồi chọn tệp bảng tính ở bên trong."),
    (b"\x89PNG", "Đây là tệp ảnh, không phải bảng tính. Hãy xin tệp Excel gốc."),
    (b"\xff\xd8\xff", "Đây là tệp ảnh, không phải bảng tính. Hãy xin tệp Excel gốc."),
    (b"MZ", "Đây là một chương trình, không phải bảng tính. Đừng mở nó; hãy xin lại tệp Excel."),
    (b"SQLite format 3", "Đây là tệp cơ sở dữ liệu, không phải bảng tính. Hãy chọn tệp Excel."),
)
_XLSB = f"Tệp là bảng tính nhị phân (.xlsb), chương trình chưa đọc được. {_AGAIN}"
_ODS = (
    "Tệp là bảng tính LibreOffice (.ods). Hãy mở nó, lưu thành kiểu Excel .xlsx rồi chọn tệp mới."
)
_WORD = "Đây là tệp văn bản Word. Hãy chép bảng trong đó sang Excel rồi lưu thành .xlsx."
_SLIDES = "Đây là tệp trình chiếu PowerPoint, không phải bảng tính. Hãy xin tệp Excel gốc."
_NUMBERS = "Đây là tệp Numbers của máy Apple. Hãy xuất (Export) ra Excel rồi chọn tệp .xlsx đó."
_ZIP = "Đây là tệp nén .zip. Hãy giải nén rồi chọn tệp bảng tính ở bên trong."
_LOCK = (
    "Đây là tệp khóa tạm của Excel (tên bắt đầu bằng ~$), không chứa danh sách. "
    "Hãy chọn tệp cùng tên không có ~$."
)
_WEB = f"Tệp này thật ra là trang web (HTML), chỉ mang tên bảng tính. {_AGAIN}"
_MHT_WORDS = f"Tệp này thật ra là trang web lưu trữ (MHT), chỉ mang tên bảng tính. {_AGAIN}"
_XML_SHEET = f"Tệp này là bảng tính XML kiểu Excel 2003. {_AGAIN}"


def read_file(path: Path) -> bytes:
    """The whole of a foreign file. Raises SheetUnreadable, SheetTooLarge (params: reason)."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise SheetTooLarge(f"{size} bytes", reason="Tệp lớn hơn 64 MB.")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SheetUnreadable(str(error.errno), reason=disk_words(error)) from error
    if not data:
        raise SheetUnreadable("empty file", reason="Tệp rỗng, không có gì ở trong.")
    return data


def disk_words(error: OSError) -> str:
    """Why a file cannot be read, and what to do, for the ordinary failures of disks."""
    known = {
        errno.ENOENT: "Không còn tệp này: USB đã rút, hoặc tệp đã bị đổi tên hay dời chỗ. "
        "Hãy chọn lại tệp.",
        errno.EACCES: "Không có quyền đọc tệp này, hoặc chương trình khác đang giữ nó. "
        "Hãy đóng Excel rồi thử lại.",
        errno.EISDIR: "Đây là thư mục. Hãy chọn một tệp bảng tính ở bên trong.",
        errno.ENAMETOOLONG: "Đường dẫn của tệp quá dài. Hãy chép tệp ra Desktop rồi chọn lại.",
    }
    known |= {errno.EPERM: known[errno.EACCES], errno.ENOTDIR: known[errno.ENOENT]}
    usual = (
        "Ổ đĩa hoặc USB không đọc được tệp. "
        "Hãy rút ra cắm lại, hoặc chép tệp sang máy rồi chọn lại."
    )
    return known.get(error.errno or 0, usual)


def kind_of(data: bytes, name: str) -> FileKind:
    """Judge by content, not by name. Raises SheetUnreadable (params: reason)."""
    if name.startswith("~$") or _is_lock(data):
        raise SheetUnreadable("lock file", reason=_LOCK)
    if data.startswith(b"PK"):
        return _kind_of_zip(data)
    if data.startswith(_OLE2):
        return _kind_of_ole2(data)
    if data.startswith(_BARE_BIFF):
        return FileKind.XLS
    for head, words in _OTHERS:
        if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(head):
            raise SheetUnreadable(head.decode("latin-1"), reason=words)
    if not data.strip(b"\0"):
        words = "Tệp chỉ còn toàn số 0: bản chép bị hỏng. Hãy chép lại từ máy có tệp gốc."
        raise SheetUnreadable("zeros", reason=words)
    _refuse_markup(data)
    return FileKind.TEXT


def _is_lock(data: bytes) -> bool:
    """Excel's owner file: a length, the user's name, padding; 165 bytes, 54 in old programs."""
    length = data[0]
    return (
        54 <= len(data) <= 200
        and 0 < length <= 53
        and data[1 : 1 + length].strip() != b""
        and not data[1 + length : 54].strip(b" \0")
    )


def _refuse_markup(data: bytes) -> None:
    head = data[:65_536]
    if b"\0" in head[:200]:
        head = head.replace(b"\0", b"").replace(b"\xff\xfe", b"").replace(b"\xfe\xff", b"")
    text = head.decode("utf-8-sig", "replace").lstrip("\ufeff")
    if "urn:schemas-microsoft-com:office:spreadsheet" in text or "Excel.Sheet" in text[:400]:
        raise SheetUnreadable("SpreadsheetML 2003", reason=_XML_SHEET)
    if _HTML.match(text):
        raise SheetUnreadable("HTML", reason=_WEB)
    if _MHT.match(text[:4096]):
        raise SheetUnreadable("MHT", reason=_MHT_WORDS)
    if text.lstrip().startswith("<?xml"):
        raise SheetUnreadable("XML", reason=f"Đây là tệp XML, không phải bảng tính. {_AGAIN}")


def _kind_of_zip(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = [name.replace("\\", "/").lower() for name in package.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return FileKind.XLSX  # torn: the guard has the words
    if words := _other_zip(names):
        raise SheetUnreadable("zip of another kind", reason=words)
    return FileKind.XLSX


def _other_zip(names: list[str]) -> str:
    for is_so, words in (
        (lambda name: name.endswith("workbook.bin"), _XLSB),
        (lambda name: name == "content.xml", _ODS),
        (lambda name: name.startswith("word/"), _WORD),
        (lambda name: name.startswith("ppt/"), _SLIDES),
        (lambda name: name.endswith(".iwa"), _NUMBERS),
        (lambda name: name.endswith((".xlsx", ".xls", ".csv")), _ZIP),
    ):
        if any(map(is_so, names)):
            return words
    return ""


def _kind_of_ole2(data: bytes) -> FileKind:
    """Stream names are compared without case, as OLE2 does."""
    upper = data.upper()

    def has(name: str) -> bool:
        return name.upper().encode("utf-16-le") in upper

    if has("EncryptedPackage"):
        return FileKind.ENCRYPTED
    if has("Workbook") or has("Book"):
        return FileKind.XLS
    if has("WordDocument"):
        raise SheetUnreadable("Word document", reason=_WORD)
    raise SheetUnreadable("OLE2 without workbook", reason="Tệp không phải là bảng tính.")

"""The XSD that the table of names means, with each element's words; shipped in `resources/schemas`.

`python -m app.transcript.schema FILE` writes it again after the table has changed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from app.transcript import kinds, names
from app.transcript.layout import AppliesTo, Field, Group, Node, Repeated, RequiredWhen

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified"
    version="{version}">
  <xs:annotation>
    <xs:documentation xml:lang="vi">Lược đồ học bạ số của Hocba, phiên bản {version}. Mỗi tệp là
học bạ của một học sinh trong một năm học, một phiên bản. Phần tử không có giá trị thì vắng mặt,
không để trống. Chữ dạng NFC, mã hóa UTF-8. Cột danh mục là tên cột trong danh mục dữ liệu ngành
giáo dục gửi Trung tâm dữ liệu quốc gia.</xs:documentation>
  </xs:annotation>
"""

_SLOT = """  <xs:complexType name="ChoKy">
    <xs:annotation><xs:documentation xml:lang="vi">Chỗ đặt chữ ký số; trống khi chưa ký.
Chữ ký nằm ngoài phần nó ký.</xs:documentation></xs:annotation>
    <xs:sequence>
      <xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="skip"
          minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>
  </xs:complexType>
  <xs:complexType name="ChoKyGVBM">
    <xs:complexContent><xs:extension base="ChoKy">
      <xs:attribute name="Id" type="xs:NCName" use="required"/>
    </xs:extension></xs:complexContent>
  </xs:complexType>
"""

_IDS = {
    "IdDuLieu": names.DATA_ID,
    "IdThongTin": names.INFO_ID,
    "IdChoKyGVBM": names.TEACHER_SLOTS_ID,
    "IdChoKyCBQL": names.PRINCIPAL_ID,
}

_ROOT = """  <xs:element name="HOC_BA">
    <xs:complexType>
      <xs:sequence>
        <xs:element name="DU_LIEU_HOC_BA">
          <xs:annotation><xs:documentation xml:lang="vi">Toàn bộ dữ liệu học bạ; hiệu trưởng và
nhà trường ký phần này.</xs:documentation></xs:annotation>
          <xs:complexType>
            <xs:sequence>
{info}
              <xs:element name="DANH_SACH_THONG_TIN_KY">
                <xs:annotation><xs:documentation xml:lang="vi">Chỗ ký của giáo viên. Mỗi GVBM ký
DIEM_TONG_KET của mình; GVCN ký THONG_TIN_HOC_BA.</xs:documentation></xs:annotation>
                <xs:complexType><xs:sequence>
                  <xs:element name="DANH_SACH_GVBM" minOccurs="0"><xs:complexType>
                    <xs:sequence>
                      <xs:element name="GVBM" type="ChoKyGVBM" maxOccurs="unbounded"/>
                    </xs:sequence>
                    <xs:attribute name="Id" type="IdChoKyGVBM" use="required"/>
                  </xs:complexType></xs:element>
                  <xs:element name="GVCN" type="ChoKy"/>
                </xs:sequence></xs:complexType>
              </xs:element>
{issue}
            </xs:sequence>
            <xs:attribute name="Id" type="IdDuLieu" use="required"/>
          </xs:complexType>
        </xs:element>
        <xs:element name="PHAT_HANH_HOC_BA">
          <xs:annotation><xs:documentation xml:lang="vi">Chỗ ký của cán bộ quản lý (hiệu trưởng) và
của nhà trường; cả hai ký phần DU_LIEU_HOC_BA.</xs:documentation></xs:annotation>
          <xs:complexType><xs:sequence>
            <xs:element name="CBQL"><xs:complexType>
              <xs:complexContent><xs:extension base="ChoKy">
                <xs:attribute name="Id" type="IdChoKyCBQL" use="required"/>
              </xs:extension></xs:complexContent>
            </xs:complexType></xs:element>
            <xs:element name="KY_PHAT_HANH" type="ChoKy"/>
          </xs:sequence></xs:complexType>
        </xs:element>
      </xs:sequence>
      <xs:attribute name="phienBan" type="xs:string" use="required" fixed="{version}"/>
    </xs:complexType>
    <xs:key name="GiaoVien">
      <xs:selector
          xpath="DU_LIEU_HOC_BA/THONG_TIN_HOC_BA/BANG_DIEM/DIEM_TONG_KET/DANH_SACH_GVBM/GVBM"/>
      <xs:field xpath="@Id"/>
    </xs:key>
    <xs:key name="ChoKyGiaoVien">
      <xs:selector xpath="DU_LIEU_HOC_BA/DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"/>
      <xs:field xpath="@Id"/>
    </xs:key>
    <xs:keyref name="ChoKyCoGiaoVien" refer="GiaoVien">
      <xs:selector xpath="DU_LIEU_HOC_BA/DANH_SACH_THONG_TIN_KY/DANH_SACH_GVBM/GVBM"/>
      <xs:field xpath="@Id"/>
    </xs:keyref>
    <xs:keyref name="GiaoVienCoChoKy" refer="ChoKyGiaoVien">
      <xs:selector
          xpath="DU_LIEU_HOC_BA/THONG_TIN_HOC_BA/BANG_DIEM/DIEM_TONG_KET/DANH_SACH_GVBM/GVBM"/>
      <xs:field xpath="@Id"/>
    </xs:keyref>
    <xs:key name="MonHoc">
      <xs:selector xpath="DU_LIEU_HOC_BA/THONG_TIN_HOC_BA/BANG_DIEM/DIEM_TONG_KET"/>
      <xs:field xpath="MA_MON_HOC"/>
    </xs:key>
  </xs:element>
</xs:schema>
"""

_ONLY = {
    AppliesTo.PRIMARY: " Chỉ có ở tiểu học.",
    AppliesTo.SECONDARY: " Chỉ có ở THCS, THPT.",
    AppliesTo.BOTH: "",
}
_INFO_TERM = "Thông tin học bạ; giáo viên chủ nhiệm ký phần này."


def render() -> bytes:
    """The schema as UTF-8 bytes; the same table gives the same bytes."""
    info = Group(names.INFO, "", object, _INFO_TERM, names.INFO_PARTS, required=True)
    parts = [_HEAD.format(version=names.VERSION)]
    parts += [_simple_type(kind) for kind in kinds.KINDS]
    parts += [_id_type(name, value) for name, value in _IDS.items()]
    parts.append(_SLOT)
    parts.append(
        _ROOT.format(
            info=_group(info, 14, "IdThongTin"),
            issue=_group(names.ISSUE, 14),
            version=names.VERSION,
        )
    )
    return "".join(parts).encode()


def _simple_type(kind: kinds.ValueType) -> str:
    facet = ("pattern", kind.pattern) if kind.pattern else ("minLength", "1")
    return (
        f'  <xs:simpleType name="{kind.name}"><xs:restriction base="{kind.base}">'
        f'<xs:{facet[0]} value="{facet[1]}"/></xs:restriction></xs:simpleType>\n'
    )


def _id_type(name: str, value: str) -> str:
    return (
        f'  <xs:simpleType name="{name}"><xs:restriction base="xs:ID">'
        f'<xs:enumeration value="{value}"/></xs:restriction></xs:simpleType>\n'
    )


def _words(node: Node, extra: str = "") -> str:
    text = f"{node.term}.{_ONLY[node.on]}{extra}"
    return (
        f'<xs:annotation><xs:documentation xml:lang="vi">{escape(text)}'
        "</xs:documentation></xs:annotation>"
    )


def _element(node: Node, pad: str) -> str:
    if isinstance(node, Field):
        return _leaf(node, pad)
    return _group(node, len(pad)) if isinstance(node, Group) else _rows(node, len(pad))


def _leaf(leaf: Field, pad: str, optional: bool | None = None) -> str:
    column = f" Cột danh mục: {leaf.column}." if leaf.column else " Ngoài danh mục."
    unit = f" Đơn vị: {leaf.unit}." if leaf.unit else ""
    to_issue = " Phải có khi phát hành." if leaf.need is RequiredWhen.TO_ISSUE else ""
    optional = leaf.need is not RequiredWhen.ALWAYS if optional is None else optional
    least = ' minOccurs="0"' if optional else ""
    words = _words(leaf, column + unit + to_issue)
    name = quoteattr(leaf.tag)
    if not leaf.length or leaf.kind.base != "xs:string":
        return f'{pad}<xs:element name={name} type="{leaf.kind.name}"{least}>{words}</xs:element>'
    return (
        f"{pad}<xs:element name={name}{least}>{words}<xs:simpleType>"
        f'<xs:restriction base="{leaf.kind.name}"><xs:maxLength value="{leaf.length}"/>'
        "</xs:restriction></xs:simpleType></xs:element>"
    )


def _parts(parts: tuple[Node, ...], pad: str) -> str:
    """A sequence; neighbours that share an attribute are alternatives (three birth dates)."""
    lines: list[str] = []
    place = 0
    while place < len(parts):
        run = [parts[place]]
        while place + len(run) < len(parts) and _alternatives(run[0], parts[place + len(run)]):
            run.append(parts[place + len(run)])
        if len(run) > 1:
            choices = [_leaf(leaf, pad + "  ", False) for leaf in run if isinstance(leaf, Field)]
            lines += [f"{pad}<xs:choice>", *choices, f"{pad}</xs:choice>"]
        else:
            lines.append(_element(run[0], pad))
        place += len(run)
    return "\n".join(lines)


def _alternatives(one: Node, other: Node) -> bool:
    return isinstance(one, Field) and isinstance(other, Field) and one.attr == other.attr


def _group(group: Group, width: int, id_type: str = "") -> str:
    pad = " " * width
    least = "" if group.required else ' minOccurs="0"'
    identity = f'<xs:attribute name="Id" type="{id_type}" use="required"/>' if id_type else ""
    return (
        f"{pad}<xs:element name={quoteattr(group.tag)}{least}>{_words(group)}"
        f"<xs:complexType><xs:sequence>\n{_parts(group.parts, pad + '  ')}\n"
        f"{pad}</xs:sequence>{identity}</xs:complexType></xs:element>"
    )


def _rows(rows: Repeated, width: int) -> str:
    pad = " " * width
    least = "" if rows.required else ' minOccurs="0"'
    kind = "xs:ID" if rows.signed else "xs:NCName"
    identity = f'<xs:attribute name="Id" type="{kind}" use="required"/>' if rows.make_id else ""
    return (
        f"{pad}<xs:element name={quoteattr(rows.tag)}{least}>{_words(rows)}"
        "<xs:complexType><xs:sequence>\n"
        f'{pad}  <xs:element name={quoteattr(rows.item)} maxOccurs="unbounded">'
        f"<xs:complexType><xs:sequence>\n{_parts(rows.parts, pad + '    ')}\n"
        f"{pad}  </xs:sequence>{identity}</xs:complexType></xs:element>\n"
        f"{pad}</xs:sequence></xs:complexType></xs:element>"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(render())

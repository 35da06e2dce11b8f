"""`hocba roster`: what importing a pupil list would do, without doing it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from app.cli import words
from app.cli.opening import Access, takes_workspace
from app.cli.opening import school_year as check_school_year
from app.errors import AppError
from app.profile.permissions import Act
from app.roster.column_choice import column_letter
from app.roster.columns import ColumnMapping, profiles
from app.roster.enrolling import Enrolled
from app.roster.plan import CellPlace, RosterPlan
from app.roster.roster_import import read_sheets
from app.roster.sheet_out import write_refused

_SHOWN = 12


@click.command("roster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="In kết quả dạng JSON.")
@click.option("--school-year", default="", help="Năm học, ví dụ 2026-2027.")
@click.option("--class", "class_name", default="", help="Tên lớp, nếu tệp không có cột lớp.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Tệp JSON ghép cột đã lưu (tên trường → cột).",
)
@click.option(
    "--refused", type=click.Path(path_type=Path), help="Ghi các dòng bị trả lại ra tệp .xlsx mới."
)
@click.option("--apply", "is_applied", is_flag=True, help="Nhập thật vào --workspace.")
@takes_workspace(required=False)
def command(
    file: Path,
    as_json: bool,
    school_year: str,
    class_name: str,
    mapping: Path | None,
    refused: Path | None,
    is_applied: bool,
    access: Access | None,
) -> None:
    """Xem trước việc nhập danh sách học sinh từ tệp FILE (.xlsx, .xlsm, .xls, .csv, .tsv).

    Chỉ ghi vào dữ liệu của trường khi có --apply; những gì còn phải hỏi được giữ như trong tệp.
    Mã thoát 1 nếu không đọc được tệp hoặc không được phép nhập.
    """
    check_school_year(school_year)
    if is_applied != (access is not None):
        raise click.UsageError("--apply và --workspace đi cùng nhau.")
    if refused and refused.exists():  # never the sheet itself, nor work done in an earlier one
        raise click.BadParameter(f"đã có tệp “{refused.name}”.", param_hint="--refused")
    try:
        columns = ColumnMapping.from_json(_text(mapping)) if mapping else None
        plan = read_sheets(
            file, school_year, mapping=columns, class_name=class_name, results=access is None
        )
        if refused:
            write_refused(refused, plan)
        done = None if access is None else _apply(plan, access)
    except AppError as error:
        _fail(error, as_json)
    if as_json:
        applied = {} if done is None else {"applied": _applied(done)}
        click.echo(json.dumps({**as_data(plan), **applied}, ensure_ascii=False, indent=1))
        for note in plan.notes:
            click.echo(note, err=True)
    else:
        click.echo(_summary(plan, done))


def _apply(plan: RosterPlan, access: Access) -> Enrolled:
    """Raises NotEntitled for who may not, and what opening raises."""
    with access.opened() as services:
        store = services.workspace.here()
        store.authorship.require(Act.EDIT_PUPILS)
        services.enrolling.back_up()
        with store.write():
            done = services.enrolling.apply(plan, services.enrolling.changes(plan))
            store.roster_operations.record()
        return done


def _applied(done: Enrolled) -> dict[str, Any]:
    return {
        "added": done.added,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "moved": done.moved,
        "left": done.left,
        "held": [
            {
                "row": held.where.row,
                "name": held.name,
                "class": held.class_name,
                "reason": held.reason,
            }
            for held in done.held
        ],
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""  # said by from_json: not a mapping


def _fail(error: AppError, as_json: bool) -> None:
    reason, message = str(error.params.get("reason", "")), words.of(error)
    if reason not in message:
        message = f"{reason}\n{message}"
    if as_json:
        answer = {"error": {"code": error.code, "message": message}}
        click.echo(json.dumps(answer, ensure_ascii=False))
    click.echo(message, err=True)
    sys.exit(1)


def as_data(plan: RosterPlan) -> dict[str, Any]:
    """The plan as plain data: the shape that `--json` prints."""
    several = len(plan.captions) > 1

    def at(where: CellPlace) -> dict[str, Any]:
        return {"row": where.row, **({"sheet": where.sheet} if several else {})}

    return {
        "columns": dict(plan.columns),
        "kept": len(plan.kept),
        "repaired": [
            {**at(r.where), "field": r.field, "from": r.before, "to": r.after, "why": r.why}
            for r in plan.repaired
        ],
        "asked": [
            {
                **at(q.where),
                "field": q.field,
                "found": q.found,
                "suggestion": q.suggestion,
                "why": q.why,
            }
            for q in plan.asked
        ],
        "gone": [
            {
                **at(g.pupil.where),
                "name": g.pupil.student.full_name,
                "class": g.pupil.class_name,
                "status": g.status_text,
            }
            for g in plan.gone
        ],
        "refused": [{**at(r.where), "reason": r.reason} for r in plan.refused],
        "classes": plan.classes,
        **_more(plan, at),
    }


def _more(plan: RosterPlan, at: Callable[[CellPlace], dict[str, Any]]) -> dict[str, Any]:
    """What not every sheet has; a part that is empty is left out.

    `not_kept`: columns whose values go nowhere, and why;
    `results`: columns of marks and results with their area and slot in the gradebook; `pupils`:
    what such a sheet says of each, by "area|slot".
    """
    pupils = {pupil.where: pupil for pupil in plan.kept}
    more: dict[str, Any] = {
        "not_kept": [
            {
                "sheet": c.sheet,
                "column": column_letter(c.column),
                "caption": c.caption,
                "filled": c.filled,
                "why": c.why,
            }
            for c in plan.not_kept
        ],
        "results": [
            {
                "sheet": sheet.sheet,
                "column": column_letter(c.column),
                "area": c.area,
                "slot": c.slot,
                "label": c.label,
                **({"why": c.why} if c.why else {}),
            }
            for sheet in plan.results
            for c in sheet.columns
        ],
        "pupils": [
            {
                **at(where),
                "name": pupils[where].student.full_name,
                "moet_id": pupils[where].student.moet_id,
                "class": pupils[where].class_name,
                "values": {
                    f"{c.area}|{c.slot}": values[c.column]
                    for c in sheet.columns
                    if c.slot and c.column in values
                },
            }
            for sheet in plan.results
            for where, values in sheet.values.items()
            if where in pupils
        ],
    }
    return {name: part for name, part in more.items() if part}


def _summary(plan: RosterPlan, done: Enrolled | None) -> str:
    layout = f" ({plan.layout})" if plan.layout else ""
    labels = {name: about.label for name, about in profiles().fields.items()}
    columns = ", ".join(labels[name] for name in plan.columns)
    classes = ", ".join(f"{name}: {count}" for name, count in plan.classes.items())
    lines = [
        f"Danh sách học sinh năm học {plan.school_year}{layout}",
        f"Cột nhận ra: {columns}",
        f"Giữ {len(plan.kept)} em trong {len(plan.classes)} lớp: {classes}",
    ]
    lines += _part("Sửa chắc chắn", [
        (r.where, f"{labels[r.field]}: “{r.before}” → “{r.after}” ({r.why})") for r in plan.repaired
    ])  # fmt: skip
    lines += _part("Cần hỏi lại", [
        (q.where, f"{labels[q.field]}: {q.why}") for q in plan.asked
    ])  # fmt: skip
    lines += _part("Không còn học", [
        (g.pupil.where, f"{g.pupil.student.full_name}, lớp {g.pupil.class_name}: {g.status_text}")
        for g in plan.gone
    ])  # fmt: skip
    lines += _part("Trả lại", [(r.where, r.reason) for r in plan.refused])
    lines += _results(plan)
    lines += [f"Lưu ý: {note}" for note in plan.notes]
    return "\n".join([*lines, _ending(done)])


def _ending(done: Enrolled | None) -> str:
    if done is None:
        return "Chưa có gì được ghi: đây là bản xem trước."
    return (
        f"Đã nhập: {done.added} em mới, {done.changed} em có thay đổi, {done.moved} em chuyển lớp, "
        f"{done.left} em không còn học, {len(done.held)} dòng giữ lại vì lớp đã khóa."
    )


def _results(plan: RosterPlan) -> list[str]:
    written = [c.label for sheet in plan.results for c in sheet.columns if c.written]
    lines = [f"Kết quả nhận ra: {'; '.join(dict.fromkeys(written))}"] if written else []
    kept_out = [c for c in plan.not_kept if c.filled]
    if kept_out:
        lines.append(f"Cột có dữ liệu mà chương trình không giữ: {len(kept_out)}")
        lines += [
            f"  cột {column_letter(c.column)} “{c.caption}” ({c.filled} dòng): {c.why}"
            for c in kept_out
        ]
    return lines


def _part(title: str, items: list[tuple[CellPlace, str]]) -> list[str]:
    lines = [f"{title}: {len(items)}"]
    lines += [f"  dòng {where.row}: {text}" for where, text in items[:_SHOWN]]
    if len(items) > _SHOWN:
        lines.append(f"  … và {len(items) - _SHOWN} mục nữa (xem đủ bằng --json)")
    return lines

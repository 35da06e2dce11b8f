"""Headless commands. Each is a module of this package, loaded only when it is called."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence

import click

from app import __version__, log
from app.cli import vietnamese, words
from app.errors import AppError

vietnamese.speak()

COMMANDS = {
    "window": "mở cửa sổ chương trình (mặc định)",
    "practice": "chế độ thực hành: trường tưởng tượng, token và trạm Sở ngay trên máy này",
    "assess": "tính kết quả từ tệp JSON Lines theo Thông tư 22/2021 và 27/2020",
    "school": "trường mới, kết nạp người và máy, tình hình",
    "roster": "xem trước hoặc nhập một danh sách học sinh",
    "marks": "nhập bảng điểm vào sổ điểm",
    "handover": "bàn giao giữa các máy của trường, bằng USB",
    "verify": "kiểm tra học bạ đã ký: XML, PDF, ảnh chụp, gói dữ liệu, cả thư mục",
    "doctor": "khám token, trình điều khiển và chứng thư số",
    "report": "ghi gói chẩn đoán để gửi cho người hỗ trợ",
    "sync": "gửi học bạ đang chờ và nhận biên nhận, qua mạng hoặc bằng USB",
    "update": "cập nhật Hocba từ USB hoặc thư mục, không cần mạng",
    "backup": "sao lưu kho dữ liệu sang một thư mục, đã kiểm cả kho lẫn bản sao",
    "restore": "khôi phục kho dữ liệu từ một bản sao lưu",
    "check": "kiểm kho dữ liệu và các bản sao lưu có bị hỏng không",
    "department": "trạm tiếp nhận của Sở GD&ĐT",
}

_ELSEWHERE = {"handover": "school.handover", "marks": "school.marks"}
"""Commands whose module does not bear their name."""

CHILDREN = frozenset(
    {
        "app.roster.sheets.grids",
        "app.signing.keys.cng_worker",
        "app.signing.keys.practice_tokens",
        "app.signing.keys.token_worker",
        "app.verification.apart_worker",
    }
)
"""Modules that the program runs in processes of their own, by `-m MODULE`."""


class _Commands(click.Group):
    """Knows all names at once, imports only the module that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"app.cli.{_ELSEWHERE.get(name, name)}")
        command: click.Command = module.command
        return vietnamese.name_parts(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Lệnh"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Hocba: học bạ số cho trường ít hoặc không có mạng. Không có lệnh nào: mở cửa sổ.",
)
@click.version_option(__version__, prog_name="hocba")
@click.pass_context
def hocba(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        window = hocba.get_command(context, "window")
        assert window is not None
        context.invoke(window)


vietnamese.name_parts(hocba)


def run(arguments: Sequence[str]) -> int:
    """0 done, 1 failed, 2 wrong usage; an expected error is words, never a traceback."""
    if child := _child(arguments):
        sys.argv = [child, *arguments[2:]]
        runpy.run_module(child, run_name="__main__", alter_sys=True)
        return 0
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    with log.kept_as(_role(arguments)):
        log.started()
        with log.timed("ended"):
            return _answer(list(arguments))


def _answer(arguments: list[str]) -> int:
    """The exit code of a command, whose errors are told and logged."""
    try:
        result = hocba.main(arguments, prog_name="hocba", standalone_mode=False)
    except click.exceptions.Abort:
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:  # nobody at a school can read a traceback
        if log.debugging():
            raise
        note = log.problem if isinstance(error, AppError) else log.incident
        note("command.failed", error)
        click.echo(words.of(error), err=True)
        return 1
    return result if isinstance(result, int) else 0


def _role(arguments: Sequence[str]) -> str:
    """The kind of process for the log: the command that is called; none is the window."""
    return next((each for each in arguments if each in COMMANDS), "window")


def _child(arguments: Sequence[str]) -> str:
    """The module that a frozen program is asked to run, as an interpreter would; empty: none."""
    asked = arguments[1] if len(arguments) > 1 and arguments[0] == "-m" else ""
    return asked if asked in CHILDREN else ""

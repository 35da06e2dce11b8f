"""What click itself says, in Vietnamese.

click looks its words up with gettext, whose language comes from the environment and whose
catalogues are binary files. A table put in the lookup's place speaks Vietnamese on every machine;
the tests find each word that a newer click would add.
"""

from __future__ import annotations

import types

import click

WORDS = {
    "Usage:": "Cách dùng:",
    "Options": "Tùy chọn",
    "Commands": "Lệnh",
    "Positional arguments": "Đối số",
    "Show this message and exit.": "In hướng dẫn này rồi thoát.",
    "Show the version and exit.": "In phiên bản rồi thoát.",
    "%(prog)s, version %(version)s": "%(prog)s, phiên bản %(version)s",
    "Try '{command} {option}' for help.": "Xem hướng dẫn: {command} {option}",
    "Error: {message}": "Lỗi: {message}",
    "Invalid value: {message}": "Giá trị không hợp lệ: {message}",
    "Invalid value for {param_hint}: {message}": "Giá trị không hợp lệ ở {param_hint}: {message}",
    "Missing argument": "Thiếu đối số",
    "Missing option": "Thiếu tùy chọn",
    "Missing parameter": "Thiếu tham số",
    "Missing parameter: {param_name}": "Thiếu tham số: {param_name}",
    "Missing command.": "Thiếu lệnh.",
    "No such option {name!r}.": "Không có tùy chọn “{name}”.",
    "No such command {name!r}.": "Không có lệnh “{name}”.",
    "Did you mean {possibility}?": "Có phải ý bạn là {possibility}?",
    "(Did you mean one of: {possibilities}?)": "(Có phải ý bạn là: {possibilities}?)",
    "Got unexpected extra argument ({args})": "Thừa đối số ({args})",
    "Got unexpected extra arguments ({args})": "Thừa đối số ({args})",
    "Option {name!r} does not take a value.": "Tùy chọn “{name}” không nhận giá trị.",
    "Option {name!r} requires an argument.": "Tùy chọn “{name}” cần một giá trị.",
    "Option {name!r} requires {nargs} arguments.": "Tùy chọn “{name}” cần {nargs} giá trị.",
    "Argument {name!r} takes {nargs} values.": "Đối số “{name}” cần {nargs} giá trị.",
    "{value!r} is not {choice}.": "“{value}” không phải {choice}.",
    "{value!r} is not one of {choices}.": "“{value}” không thuộc: {choices}.",
    "{value!r} is not a valid {number_type}.": "“{value}” không phải số hợp lệ.",
    "{value} is not in the range {range}.": "{value} nằm ngoài khoảng {range}.",
    "{name} {filename!r} does not exist.": "không có “{filename}”.",
    "{name} {filename!r} is a file.": "“{filename}” là một tệp.",
    "{name} {filename!r} is a directory.": "“{filename}” là một thư mục.",
    "{name} {filename!r} is not readable.": "không đọc được “{filename}”.",
    "{name} {filename!r} is not writable.": "không ghi được “{filename}”.",
    "Could not open file {filename!r}: {message}": "Không mở được tệp “{filename}”: {message}",
    "required": "bắt buộc",
    "default: {default}": "mặc định: {default}",
    "env var: {var}": "biến môi trường: {var}",
    "(dynamic)": "(tự tính)",
    "deprecated": "sắp bỏ",
    "unknown error": "lỗi không rõ",
    "Aborted!": "Đã dừng.",
    "Repeat for confirmation": "Nhập lại để xác nhận",
    "Error: The two entered values do not match.": "Lỗi: hai lần nhập không giống nhau.",
    "Error: invalid input": "Lỗi: không hợp lệ",
    "Do you want to continue?": "Tiếp tục?",
    "Press any key to continue...": "Bấm một phím để tiếp tục...",
}

TYPES = {
    "text": "CHỮ",
    "integer": "SỐ",
    "integer range": "SỐ",
    "float": "SỐ",
    "path": "ĐƯỜNG_DẪN",
    "file": "TỆP",
    "filename": "TỆP",
    "directory": "THƯ_MỤC",
}


def _one(message: str) -> str:
    return WORDS.get(message, message)


def _counted(one: str, many: str, count: int) -> str:
    return _one(one if count == 1 else many)


def speak() -> None:
    """Every message of click comes from `WORDS` from now on."""
    for module in vars(click).values():
        if isinstance(module, types.ModuleType) and module.__name__.startswith("click."):
            for name, lookup in (("_", _one), ("ngettext", _counted)):
                if hasattr(module, name):
                    setattr(module, name, lookup)


def name_parts(command: click.Command) -> click.Command:
    """The same command, the placeholders of its usage line and options in Vietnamese."""
    command.options_metavar = "[TÙY CHỌN]"
    for param in command.params:
        if isinstance(param, click.Option) and param.metavar is None and not param.is_flag:
            param.metavar = TYPES.get(param.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "LỆNH [ĐỐI SỐ]..."
        for child in command.commands.values():
            name_parts(child)
    return command

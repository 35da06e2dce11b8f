"""Foreign spreadsheets of every kind as plain rows of cells."""

from app.roster.sheets.cells import Cell, Respelling, Sheet, SheetRow, Workbook, shown
from app.roster.sheets.workbook import read_workbook

__all__ = ["Cell", "Respelling", "Sheet", "SheetRow", "Workbook", "read_workbook", "shown"]

"""How does it reach a colleague without a network? A pupil's whole history as one sealed file.

See FORMAT.md for the file, byte by byte.
"""

from app.handover.extract import Extract, Extracts
from app.handover.history import History, HistoryFile, HistoryPaper
from app.handover.transfer import ImportedHistory, PupilTransfer

__all__ = [
    "Extract",
    "Extracts",
    "History",
    "HistoryFile",
    "HistoryPaper",
    "ImportedHistory",
    "PupilTransfer",
]

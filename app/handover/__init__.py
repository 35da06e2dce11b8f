"""How does it reach a colleague without a network? A pupil's whole history as one sealed file.

See FORMAT.md for the file, byte by byte.
"""

from app.handover.extract import Extract, Extracts
from app.handover.history import History, HistoryFile, Paper
from app.handover.transfer import Imported, Transfer

__all__ = ["Extract", "Extracts", "History", "HistoryFile", "Imported", "Paper", "Transfer"]

"""Dialogs, only for a PIN, a passphrase and what cannot be undone."""

from app.ui.dialogs.confirm import ConfirmDialog
from app.ui.dialogs.key_file import KeyFileDialog
from app.ui.dialogs.passphrase import NewWorkspaceDialog, PassphraseDialog
from app.ui.dialogs.pin import PinDialog
from app.ui.dialogs.service import DialogService

__all__ = [
    "ConfirmDialog",
    "DialogService",
    "KeyFileDialog",
    "NewWorkspaceDialog",
    "PassphraseDialog",
    "PinDialog",
]

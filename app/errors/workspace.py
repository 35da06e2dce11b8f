"""The school's workspace, its keys and its copies."""

from __future__ import annotations

from app.errors.base import AppError


class WorkspaceError(AppError):
    code = "workspace.error"


class WrongPassphrase(WorkspaceError):
    code = "workspace.wrong_passphrase"


class WorkspaceMissing(WorkspaceError):
    """Neither a workspace nor anything of one is there."""

    code = "workspace.missing"


class WorkspaceDamaged(WorkspaceError):
    """The file is torn, empty, gone from beside its keys, or does not say what was written."""

    code = "workspace.damaged"


class KeyringMissing(WorkspaceDamaged):
    """The workspace was copied without the file of keys beside it. params: file."""

    code = "workspace.keyring_missing"


class KeyringDamaged(WorkspaceDamaged):
    """The file of keys is torn, or the entry of a person in it. params: file."""

    code = "workspace.keyring_damaged"


class AuditBroken(WorkspaceDamaged):
    """An entry of the audit log was changed, removed or slipped in. params: entry."""

    code = "workspace.audit_broken"


class KeyChanged(WorkspaceError):
    """Another window gave the workspace a new data key after this connection was opened."""

    code = "workspace.key_changed"


class WorkspaceTooNew(WorkspaceError):
    """A newer program wrote this file; we do not touch what we cannot know."""

    code = "workspace.too_new"


class WorkspaceBusy(WorkspaceError):
    code = "workspace.busy"


class PassphraseTooWeak(WorkspaceError):
    code = "workspace.weak_passphrase"


class BackupDamaged(WorkspaceError):
    """A copy is torn, incomplete, or not what was proven when it was made. params: file."""

    code = "backup.damaged"


class BackupOfAnother(WorkspaceError):
    """A copy of another workspace than the one whose place it should take. params: file."""

    code = "backup.of_another"

"""Every error we expect. `code` picks the words the user reads (`ui/messages.py`)."""

from __future__ import annotations

from app.errors.base import AppError as AppError
from app.errors.base import Cancelled as Cancelled
from app.errors.delivery import CertificateOutOfDate as CertificateOutOfDate
from app.errors.delivery import CertificateWrong as CertificateWrong
from app.errors.delivery import DeclarationInvalid as DeclarationInvalid
from app.errors.delivery import DeliveryError as DeliveryError
from app.errors.delivery import DeviceRefused as DeviceRefused
from app.errors.delivery import EnrolmentInvalid as EnrolmentInvalid
from app.errors.delivery import ForwardReportInvalid as ForwardReportInvalid
from app.errors.delivery import HistoryError as HistoryError
from app.errors.delivery import HistoryLocked as HistoryLocked
from app.errors.delivery import HistoryPupilUnclear as HistoryPupilUnclear
from app.errors.delivery import ItemRefused as ItemRefused
from app.errors.delivery import NetworkDown as NetworkDown
from app.errors.delivery import NotEnrolled as NotEnrolled
from app.errors.delivery import NotWithdrawable as NotWithdrawable
from app.errors.delivery import ObjectMissing as ObjectMissing
from app.errors.delivery import ObjectStoreError as ObjectStoreError
from app.errors.delivery import ObjectStoreMissing as ObjectStoreMissing
from app.errors.delivery import ObjectStoreRefused as ObjectStoreRefused
from app.errors.delivery import ObjectStoreUnreachable as ObjectStoreUnreachable
from app.errors.delivery import OfficialInvalid as OfficialInvalid
from app.errors.delivery import PackInvalid as PackInvalid
from app.errors.delivery import ParcelError as ParcelError
from app.errors.delivery import ParcelNotForUs as ParcelNotForUs
from app.errors.delivery import ParcelTampered as ParcelTampered
from app.errors.delivery import ParcelTooLarge as ParcelTooLarge
from app.errors.delivery import ParcelTorn as ParcelTorn
from app.errors.delivery import ProxyFailed as ProxyFailed
from app.errors.delivery import ProxyInvalid as ProxyInvalid
from app.errors.delivery import ProxyWantsLogin as ProxyWantsLogin
from app.errors.delivery import PublicationInvalid as PublicationInvalid
from app.errors.delivery import PublicationOld as PublicationOld
from app.errors.delivery import PublicationWithdrawn as PublicationWithdrawn
from app.errors.delivery import QuarantineRefused as QuarantineRefused
from app.errors.delivery import ReceiptInvalid as ReceiptInvalid
from app.errors.delivery import RecordDamaged as RecordDamaged
from app.errors.delivery import RootInvalid as RootInvalid
from app.errors.delivery import StationBusy as StationBusy
from app.errors.delivery import StationFolderInvalid as StationFolderInvalid
from app.errors.delivery import StationKeyInvalid as StationKeyInvalid
from app.errors.delivery import StationNotInstalled as StationNotInstalled
from app.errors.delivery import StationSilent as StationSilent
from app.errors.delivery import StationTooOld as StationTooOld
from app.errors.delivery import StationWrong as StationWrong
from app.errors.delivery import StickDiffers as StickDiffers
from app.errors.delivery import StickError as StickError
from app.errors.delivery import StickFull as StickFull
from app.errors.disk import DiskFull as DiskFull
from app.errors.disk import DiskReadOnly as DiskReadOnly
from app.errors.disk import DiskTrouble as DiskTrouble
from app.errors.disk import FileDenied as FileDenied
from app.errors.disk import FileInUse as FileInUse
from app.errors.disk import NameUnusable as NameUnusable
from app.errors.disk import PlaceGone as PlaceGone
from app.errors.disk import disk_error as disk_error
from app.errors.sharing import AdmissionInvalid as AdmissionInvalid
from app.errors.sharing import CardInvalid as CardInvalid
from app.errors.sharing import ClassUnknown as ClassUnknown
from app.errors.sharing import HandoverListMissing as HandoverListMissing
from app.errors.sharing import HandoverOfAnotherSchool as HandoverOfAnotherSchool
from app.errors.sharing import HandoverSenderUnknown as HandoverSenderUnknown
from app.errors.sharing import HandoverUnreadable as HandoverUnreadable
from app.errors.sharing import MachineRemoved as MachineRemoved
from app.errors.sharing import MembershipError as MembershipError
from app.errors.sharing import NotAMember as NotAMember
from app.errors.sharing import NotEntitled as NotEntitled
from app.errors.sharing import PersonUnknown as PersonUnknown
from app.errors.sharing import SubjectUnknown as SubjectUnknown
from app.errors.updates import UpdateDamaged as UpdateDamaged
from app.errors.updates import UpdateError as UpdateError
from app.errors.updates import UpdateExpired as UpdateExpired
from app.errors.updates import UpdateForged as UpdateForged
from app.errors.updates import UpdateKeyInvalid as UpdateKeyInvalid
from app.errors.updates import UpdateMissing as UpdateMissing
from app.errors.updates import UpdateOlder as UpdateOlder
from app.errors.updates import UpdateRootInvalid as UpdateRootInvalid
from app.errors.updates import UpdateRootUnknown as UpdateRootUnknown
from app.errors.updates import UpdateUnreadable as UpdateUnreadable
from app.errors.workspace import AuditBroken as AuditBroken
from app.errors.workspace import BackupDamaged as BackupDamaged
from app.errors.workspace import BackupOfAnother as BackupOfAnother
from app.errors.workspace import KeyChanged as KeyChanged
from app.errors.workspace import KeyringDamaged as KeyringDamaged
from app.errors.workspace import KeyringMissing as KeyringMissing
from app.errors.workspace import PassphraseTooWeak as PassphraseTooWeak
from app.errors.workspace import WorkspaceBusy as WorkspaceBusy
from app.errors.workspace import WorkspaceDamaged as WorkspaceDamaged
from app.errors.workspace import WorkspaceError as WorkspaceError
from app.errors.workspace import WorkspaceMissing as WorkspaceMissing
from app.errors.workspace import WorkspaceTooNew as WorkspaceTooNew
from app.errors.workspace import WrongPassphrase as WrongPassphrase

# --- roster and sheets ----------------------------------------------------------------------


class SheetError(AppError):
    code = "sheet.error"


class SheetUnreadable(SheetError):
    """Torn, not a sheet at all, or of a kind we do not know."""

    code = "sheet.unreadable"


class SheetEncrypted(SheetError):
    code = "sheet.encrypted"


class SheetTooLarge(SheetError):
    code = "sheet.too_large"


class SheetHeaderMissing(SheetError):
    """No row looks like a header. params: wanted (column names we looked for)."""

    code = "sheet.header_missing"


class ColumnMappingInvalid(SheetError):
    """A saved choice of columns that is torn or names what we do not know. params: reason."""

    code = "sheet.mapping_invalid"


class ImportNotUndoable(SheetError):
    """Something was done after the import: taking it back would lose that."""

    code = "sheet.import_not_undoable"


# --- profiles and rules ---------------------------------------------------------------------


class ProfileError(AppError):
    """params: file, line, field, reason."""

    code = "profile.invalid"


class ProfileMissing(ProfileError):
    """No profile covers a school year and grade. params: school_year, grade."""

    code = "profile.missing"


class AssessmentInputError(AppError):
    """A mark or an assessment input is not valid. params: field, reason, suggestion (may be "")."""

    code = "assessment.invalid_input"


# --- transcripts ----------------------------------------------------------------------------


class TranscriptError(AppError):
    code = "transcript.error"


class TranscriptIncomplete(TranscriptError):
    """params: problems (list of str for the user)."""

    code = "transcript.incomplete"


class TranscriptLocked(TranscriptError):
    code = "transcript.locked"


class CellClosed(TranscriptError):
    """A cell of the gradebook that is not open for this pupil. params: pupil, reason."""

    code = "gradebook.cell_closed"


class TranscriptInvalid(TranscriptError):
    """The XML breaks the schema. params: line, reason."""

    code = "transcript.invalid"


class TranscriptUnsafe(TranscriptError):
    """DTD, entity, oversized or otherwise hostile XML."""

    code = "transcript.unsafe"


class TranscriptVersionUnknown(TranscriptError):
    code = "transcript.version_unknown"


class MoveNotAllowed(TranscriptError):
    """A state change the table of states does not know. params: from_state, to_state."""

    code = "transcript.move_not_allowed"


class CorrectionNotAllowed(TranscriptError):
    """params: reason."""

    code = "transcript.correction_not_allowed"


class RenderFailed(TranscriptError):
    code = "transcript.render_failed"


# --- signing --------------------------------------------------------------------------------


class SigningFailure(AppError):
    code = "signing.error"


class TokenError(SigningFailure):
    """The token or its driver said no."""

    code = "token.error"


class DriverUnusable(TokenError):
    """params: driver, reason."""

    code = "token.driver_unusable"


class DriverCrashed(TokenError):
    code = "token.driver_crashed"


class DriverHangs(TokenError):
    code = "token.driver_hangs"


class TokenMissing(TokenError):
    code = "token.missing"


class TokenRemoved(TokenError):
    code = "token.removed"


class PinIncorrect(TokenError):
    code = "token.pin_incorrect"


class PinLocked(TokenError):
    code = "token.pin_locked"


class KeyIdle(TokenError):
    """The open key was left alone for too long and was closed; the PIN is asked for again."""

    code = "token.key_idle"


class TokenDeclined(TokenError):
    """The token's own window or keypad was closed without a yes."""

    code = "token.declined"


class KeyMissing(TokenError):
    """The token holds no private key for the chosen certificate."""

    code = "token.key_missing"


class KeyFileUnreadable(SigningFailure):
    """A file is torn, too large, or no PKCS#12 file with a key that we use."""

    code = "signing.key_file_unreadable"


class KeyPasswordIncorrect(KeyFileUnreadable):
    code = "signing.key_password_incorrect"


class KeyFileMissing(KeyFileUnreadable):
    """A PKCS#12 file is not where it was, or another one lies there. params: file."""

    code = "signing.key_file_missing"


class CertificateUnfit(SigningFailure):
    """Expired, not yet valid, wrong usage or too weak. params: reason."""

    code = "signing.certificate_unfit"


class WrongSigner(SigningFailure):
    """The certificate is not that of the person or school the role demands.

    params: role, expected, found.
    """

    code = "signing.wrong_signer"


class RoleNotDue(SigningFailure):
    """A role before this one has not signed yet. params: role, missing."""

    code = "signing.role_not_due"


class AlreadySigned(SigningFailure):
    code = "signing.already_signed"


class SlotClosed(SigningFailure):
    """A later signature covers this slot: signing here would break it. params: role, by."""

    code = "signing.slot_closed"


class SignatureBroken(SigningFailure):
    """A record carries a signature that does not hold. params: role."""

    code = "signing.signature_broken"


class RecordDiffers(SigningFailure):
    """What came back says something else than the record that was saved."""

    code = "signing.record_differs"


class RecordUnknown(SigningFailure):
    """A signed record that this workspace does not have."""

    code = "signing.record_unknown"


class VersionClosed(SigningFailure):
    """A version that is superseded, cancelled or recalled takes no signature any more."""

    code = "signing.version_closed"


class EvidenceInvalid(SigningFailure):
    """A time-stamp or revocation answer that is torn, for something else, or not trusted."""

    code = "signing.evidence_invalid"


class RegisterInvalid(SigningFailure):
    """A batch register that is torn, forged or no register at all."""

    code = "signing.register_invalid"


class PaperCodeInvalid(SigningFailure):
    """A QR code that is torn, altered or not ours."""

    code = "signing.paper_code_invalid"

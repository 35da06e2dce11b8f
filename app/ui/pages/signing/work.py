"""The signing itself, and looking at records before it. No widgets."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from app.errors import AppError
from app.model.signing import ExpectedSigner, SignerRole
from app.model.transcript import TranscriptHead
from app.services import Services
from app.signing.batch.pace import PaceMeter, SigningPace
from app.signing.batch.signing_batch import BatchReport, Pause
from app.signing.keys.key_choice import KeyChoice
from app.signing.trust.certificates import fingerprint
from app.store import Store
from app.transcript.view import preview
from app.work import WorkContext

_PREVIEW_PPI = 84
_PACES = "signing.pace"
SAMPLE = 10


def act_words(records: int, unsealed: int) -> str:
    if not records and unsealed:
        return f"Đóng dấu {unsealed} bản xem PDF"
    return f"Ký {records} học bạ"


@dataclass(frozen=True, slots=True)
class SigningJob:
    heads: tuple[TranscriptHead, ...]
    signer: ExpectedSigner
    key: KeyChoice
    unsealed: int = 0
    """Views of records issued before that are still to be made."""

    @property
    def act(self) -> str:
        """What the button says, without whose name."""
        return act_words(len(self.heads), self.unsealed)

    @property
    def views(self) -> int:
        """How many views the school's key will seal after the records."""
        issuing = self.signer.role is SignerRole.SCHOOL
        return len(self.heads) + self.unsealed if issuing else 0

    def seconds(self, paces: Mapping[str, SigningPace]) -> float | None:
        """How long it takes at the pace of this key; None while nobody can know."""
        pace = paces.get(fingerprint(self.key.certificate), SigningPace())
        return pace.seconds(len(self.heads), self.views)


@dataclass(frozen=True, slots=True)
class SigningOutcome:
    """What became of a job. `sealed`: PDF views made; `stopped_by`: why it ended early."""

    report: BatchReport
    sealed: int = 0
    stopped_by: AppError | None = None


def sign(
    services: Services, job: SigningJob, pin: str, pause: Pause, context: WorkContext
) -> SigningOutcome:
    """Sign with one opening of the key; the school's key then seals the views.

    Raises what opening the key raises (PinIncorrect, PinLocked, TokenMissing …), and KeyIdle where
    it came too late for the PIN; the rest is in the outcome. The PIN is tried once.
    """
    store, key_id = services.workspace.here(), fingerprint(job.key.certificate)
    pause.wait(context)
    meter = PaceMeter(known_paces(store).get(key_id, SigningPace()), pause, context, job.views)
    try:
        with job.key.open(pin) as key:
            report = BatchReport((), 0, 0.0)
            if job.heads:
                told = meter.records("đang ký")
                report = services.signing.sign(job.heads, job.signer.role, key, told, pause)
            if job.signer.role is not SignerRole.SCHOOL or report.stopped_by is not None:
                return SigningOutcome(report, stopped_by=report.stopped_by)
            unsealed = services.signing.unsealed()
            try:
                told = meter.views("đóng dấu bản xem PDF")
                return SigningOutcome(report, services.signing.seal(unsealed, key, told, pause))
            except AppError as error:  # the signatures are safe; the views are made next time
                left = len(services.signing.unsealed())
                return SigningOutcome(report, len(unsealed) - left, error)
    finally:
        _keep_pace(store, key_id, meter.pace)


def known_paces(store: Store) -> dict[str, SigningPace]:
    """By the certificate's fingerprint."""
    return {key: SigningPace(**kept) for key, kept in store.settings.get(_PACES, {}).items()}


def _keep_pace(store: Store, key_id: str, pace: SigningPace) -> None:
    paces = known_paces(store)
    if paces.get(key_id, SigningPace()) != pace:
        store.settings.set(_PACES, {k: asdict(p) for k, p in (paces | {key_id: pace}).items()})


def pages(services: Services, heads: Sequence[TranscriptHead]) -> list[tuple[str, list[bytes]]]:
    """(pupil's name, pages as PNG) of each record, rendered from its exact XML."""
    return [
        (
            f"{head.full_name} · {head.section_name}",
            preview(services.records.get(head).xml, ppi=_PREVIEW_PPI),
        )
        for head in heads
    ]


def sample(heads: Sequence[TranscriptHead]) -> list[TranscriptHead]:
    """At most SAMPLE of them, chosen by chance."""
    return random.SystemRandom().sample(list(heads), min(SAMPLE, len(heads)))

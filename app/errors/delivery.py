"""Parcels, pupils' histories, delivery and the department's station."""

from __future__ import annotations

from app.errors.base import AppError


class ParcelError(AppError):
    code = "parcel.error"


class ParcelTorn(ParcelError):
    code = "parcel.torn"


class ParcelNotForUs(ParcelError):
    code = "parcel.not_for_us"


class ParcelTampered(ParcelError):
    code = "parcel.tampered"


class ParcelTooLarge(ParcelError):
    code = "parcel.too_large"


class HistoryError(AppError):
    """A pupil's history file that cannot be used. params: reason."""

    code = "history.invalid"


class HistoryLocked(HistoryError):
    """The passphrase or the key does not open it."""

    code = "history.locked"


class HistoryPupilUnclear(HistoryError):
    """Nobody at this school, or more than one, is clearly the pupil. params: candidates."""

    code = "history.pupil_unclear"


class DeliveryError(AppError):
    code = "delivery.error"


class NetworkDown(DeliveryError):
    """Nothing will get through now: stop and try later."""

    code = "delivery.network_down"


class ProxyFailed(NetworkDown):
    """The school's proxy cannot be reached or does not let us through."""

    code = "delivery.proxy_failed"


class ProxyWantsLogin(ProxyFailed):
    """The proxy wants a name and password, or does not take the ones it got."""

    code = "delivery.proxy_login"


class ProxyInvalid(DeliveryError):
    """An address that is none of a proxy."""

    code = "delivery.proxy_invalid"


class StationWrong(DeliveryError):
    """What answers is not the department's station (captive portal, wrong certificate)."""

    code = "delivery.wrong_station"


class CertificateWrong(StationWrong):
    """Its certificate is not from the authority that the enrolment names, or of another address."""

    code = "delivery.wrong_certificate"


class CertificateOutOfDate(StationWrong):
    """By this machine's clock, which may itself be what is wrong."""

    code = "delivery.certificate_dates"


class DeviceRefused(DeliveryError):
    code = "delivery.device_refused"


class ItemRefused(DeliveryError):
    """The station refuses this parcel or record; the rest may go. params: reason."""

    code = "delivery.item_refused"


class ReceiptInvalid(DeliveryError):
    code = "delivery.receipt_invalid"


class NotEnrolled(DeliveryError):
    code = "delivery.not_enrolled"


class StationNotInstalled(DeliveryError):
    """This copy of the program has no department's station to practise with."""

    code = "delivery.station_not_installed"


class EnrolmentInvalid(DeliveryError):
    """An enrolment file or request that is torn, forged or for another machine."""

    code = "delivery.enrolment_invalid"


class DeclarationInvalid(DeliveryError):
    """A school's declaration that is torn, forged or makes no sense."""

    code = "delivery.declaration_invalid"


class StationBusy(NetworkDown):
    """The station answers, but cannot take anything now (full disk, restart)."""

    code = "delivery.station_busy"


class StationSilent(NetworkDown):
    """The network carries, but nobody answers at the station's address: it is switched off."""

    code = "delivery.station_silent"


class StationFolderInvalid(AppError):
    """A station's folder is missing, taken or torn."""

    code = "station.folder_invalid"


class StationTooOld(AppError):
    """A newer program has written in this station's database; we do not touch it."""

    code = "station.too_old"


class ObjectStoreError(AppError):
    """The store of the station's records cannot be used."""

    code = "station.objects"


class ObjectStoreUnreachable(ObjectStoreError):
    code = "station.objects_unreachable"


class ObjectStoreRefused(ObjectStoreError):
    """Credentials are missing or wrong, or have no right to write."""

    code = "station.objects_refused"


class ObjectStoreMissing(ObjectStoreError):
    """The bucket does not exist."""

    code = "station.objects_missing"


class ObjectMissing(ObjectStoreError):
    """An object that a row names is not there, or shorter than it was."""

    code = "station.object_missing"


class RecordDamaged(AppError):
    """The station's own copy of a record is not what was received."""

    code = "station.record_damaged"


class ForwardReportInvalid(DeliveryError):
    """A report to the next station that does not hold, or not for this parcel. params: reason."""

    code = "delivery.report_invalid"


class StationKeyInvalid(AppError):
    """A key that the station's settings name and that cannot be used. params: key, reason."""

    code = "station.key_invalid"


class OfficialInvalid(AppError):
    """A log-in name, password or client that the station does not take."""

    code = "station.official_invalid"


class QuarantineRefused(AppError):
    """A record version that cannot be set aside or put back. `reason`: absent, taken."""

    code = "station.quarantine_refused"


class PublicationInvalid(DeliveryError):
    """Something said to be the department's that is torn, forged or for another school."""

    code = "publication.invalid"


class PublicationOld(PublicationInvalid):
    """A rule pack or trust list that is not newer than what is there. params: version, held."""

    code = "publication.old"


class PublicationWithdrawn(PublicationInvalid):
    """The department has taken it back."""

    code = "publication.withdrawn"


class NotWithdrawable(DeliveryError):
    """Nothing was published under this number, or it was withdrawn. params: number, reason."""

    code = "publication.not_withdrawable"


class PackInvalid(PublicationInvalid):
    """A rule pack or trust list that cannot be used. params: file, line, reason."""

    code = "publication.pack_invalid"


class RootInvalid(AppError):
    """A file that holds no certificate of an authority that can be trusted. params: reason."""

    code = "trust.root_invalid"


class StickError(AppError):
    """A stick that was pulled out, is write-protected or worn out."""

    code = "stick.trouble"


class StickFull(StickError):
    code = "stick.full"


class StickDiffers(StickError):
    """What was read back is not what was written: the stick is broken."""

    code = "stick.differs"

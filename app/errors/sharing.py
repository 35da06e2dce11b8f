"""One school on several machines: members, roles, hand-over."""

from __future__ import annotations

from app.errors.base import AppError


class MembershipError(AppError):
    """A card, an admission or a list that cannot be used. params: reason."""

    code = "membership.error"


class NotEntitled(AppError):
    """The person's roles do not allow it. params: act, person, owners."""

    code = "membership.not_entitled"


class NotAMember(MembershipError):
    """This machine belongs to no school yet."""

    code = "membership.not_a_member"


class MachineRemoved(MembershipError):
    """The school has taken this machine off its list."""

    code = "membership.machine_removed"


class PersonUnknown(MembershipError):
    """Nobody of that name, or nobody with a machine. params: person, known."""

    code = "membership.person_unknown"


class CardInvalid(MembershipError):
    code = "membership.card_invalid"


class AdmissionInvalid(MembershipError):
    """params: reason."""

    code = "membership.admission_invalid"


class ClassUnknown(AppError):
    """params: name, known."""

    code = "roster.class_unknown"


class SubjectUnknown(AppError):
    """params: name, known."""

    code = "roster.subject_unknown"


class HandoverOfAnotherSchool(AppError):
    """A hand-over parcel of another school."""

    code = "handover.another_school"


class HandoverSenderUnknown(AppError):
    """A hand-over parcel of a machine that no list known here names."""

    code = "handover.sender_unknown"


class HandoverListMissing(AppError):
    """A hand-over parcel that rests on a newer list than the one known here."""

    code = "handover.list_missing"


class HandoverUnreadable(AppError):
    """A file of hand-over that the system does not let us read."""

    code = "handover.unreadable"

"""Steps of a request about a record: ask, look, decide; and looking at older versions."""

from __future__ import annotations

from app.model.transcript import RequestKind, RequestState, TranscriptHead
from app.ui.pages.records import data as records_data
from app.ui.pages.records.change_requests import data as life_data
from app.ui.pages.records.change_requests.data import (
    ChangeDraft,
    Correctable,
    OpenRequest,
    RequestReview,
)
from app.ui.pages.records.change_requests.form import RequestForm
from app.ui.pages.records.change_requests.review import RequestList, ReviewView
from app.ui.pages.records.change_requests.version import VersionView
from app.ui.pages.records.data import PupilRecord
from app.ui.pages.records.view import RecordsPageActions


class ChangeRequestActions(RecordsPageActions):
    def ask(self, who: PupilRecord, kind: RequestKind) -> None:
        """Open the form for a request about the record that is shown."""
        if who.head is not None:
            head = who.head
            self.work(
                lambda _: life_data.load_correctable(self.face.services, head),
                lambda what: self._show_form(what, kind),
            )

    def show_requests(self) -> None:
        self.work(lambda _: life_data.open_requests(self.face.services), self._show_list)

    def show_request(self, who: PupilRecord) -> None:
        """The open request about this record."""
        if who.request is not None and who.head is not None:
            self.review(OpenRequest(who.request, who.head))

    def review(self, what: OpenRequest) -> None:
        self.work(lambda _: life_data.load_review(self.face.services, what), self._show_review)

    def show_version(self, head: TranscriptHead) -> None:
        """Any version as it was, with what it changed."""
        self.work(lambda _: records_data.load_version(self.face.services, head), self._show_version)

    # --- steps ------------------------------------------------------------------------------

    def _show_form(self, what: Correctable, kind: RequestKind) -> None:
        form = RequestForm(what, kind)
        form.back_wanted.connect(self.face.home)
        form.asked.connect(lambda wish: self._ask(form, what, wish))
        self.face.panel.show_step(form)

    def _ask(self, form: RequestForm, what: Correctable, wish: ChangeDraft) -> None:
        form.banner.hide()
        self.work(
            lambda _: life_data.ask(self.face.services, what, wish),
            lambda _: self._asked(what.head.full_name),
            banner=form.banner,
        )

    def _asked(self, name: str) -> None:
        self.face.say(
            f"Đã gửi đề nghị cho học bạ của {name}.",
            "Người thứ hai xem và quyết định ở nút “Chờ duyệt”. Học bạ hiện tại chưa thay đổi.",
        )
        self._finish()

    def _show_list(self, found: tuple[OpenRequest, ...]) -> None:
        shown = RequestList(found)
        shown.back_wanted.connect(self.face.home)
        shown.chosen.connect(self.review)
        self.face.panel.show_step(shown)

    def _show_review(self, review: RequestReview) -> None:
        view = ReviewView(review)
        what = review.open
        view.back_wanted.connect(self.face.home)
        view.approve_wanted.connect(lambda by: self._approve(view, what, by))
        view.refuse_wanted.connect(lambda by, why: self._refuse(view, what, by, why))
        self.face.panel.show_step(view)

    def _show_version(self, version: records_data.VersionDetail) -> None:
        view = VersionView(version)
        view.back_wanted.connect(self.face.home)
        self.face.panel.show_step(view)

    # --- decisions --------------------------------------------------------------------------

    def _approve(self, view: ReviewView, what: OpenRequest, by: str) -> None:
        view.banner.hide()
        self.work(
            lambda _: self.face.services.life.approve(what.request, by),
            lambda head: self._approved(what, head),
            banner=view.banner,
        )

    def _refuse(self, view: ReviewView, what: OpenRequest, by: str, why: str) -> None:
        view.banner.hide()
        self.work(
            lambda _: self.face.services.life.refuse(what.request, by, why),
            lambda decided: self._refused(what, decided.state),
            banner=view.banner,
        )

    def _approved(self, what: OpenRequest, head: TranscriptHead) -> None:
        name = what.head.full_name
        if what.request.kind is RequestKind.CANCEL:
            self.face.say(f"Đã hủy học bạ của {name}.", "Học bạ đã hủy vẫn xem được.")
        else:
            self.face.say(
                f"Đã lập phiên bản {head.version} của học bạ {name}.",
                "Việc tiếp theo là ký số. Phiên bản cũ vẫn xem và kiểm tra được.",
            )
        self._finish()

    def _refused(self, what: OpenRequest, state: RequestState) -> None:
        assert state is RequestState.REFUSED
        self.face.say(
            f"Đã từ chối đề nghị về học bạ của {what.head.full_name}.", "Học bạ giữ nguyên."
        )
        self._finish()

    def _finish(self) -> None:
        self.face.panel.leave_step()
        self.face.reload()

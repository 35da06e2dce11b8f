"""The one table: our model <-> XML elements <-> the ministry's reporting catalogue.

An official schema takes the place of ours by changing this table (and `resources/schemas/`);
signing, parcels and views know only the Ids and slots below. Lengths are the wider of the two
catalogue tables, because the narrower ones cannot hold names in use ('Giáo dục quốc phòng và an
ninh' in 20 characters). Names marked in the ministry's public tools: DU_LIEU_HOC_BA, DIEM_TONG_KET,
DANH_SACH_GVBM, GVBM, DANH_SACH_THONG_TIN_KY, GVCN, PHAT_HANH_HOC_BA, CBQL, KY_PHAT_HANH; the rest
is a proposal in the same style.
"""

from __future__ import annotations

from app.model import record as model
from app.model.people import AdministrativePlace
from app.transcript import kinds as k
from app.transcript.layout import AppliesTo, Field, Group, Node, Repeated, RequiredWhen

VERSION = "1.0"

ROOT = "HOC_BA"
DATA, DATA_ID = "DU_LIEU_HOC_BA", "data"
INFO, INFO_ID = "THONG_TIN_HOC_BA", "thongtinhocba"
SLOTS = "DANH_SACH_THONG_TIN_KY"
TEACHER_SLOTS, TEACHER_SLOTS_ID = "DANH_SACH_GVBM", "chukygvbm"
TEACHER = "GVBM"
HOMEROOM = "GVCN"
RELEASE = "PHAT_HANH_HOC_BA"
PRINCIPAL, PRINCIPAL_ID = "CBQL", "chukycbql"
SCHOOL = "KY_PHAT_HANH"

_LOCK, _ISSUE = RequiredWhen.ALWAYS, RequiredWhen.TO_ISSUE
_PRIMARY, _SECONDARY = AppliesTo.PRIMARY, AppliesTo.SECONDARY


def subject_id(row: model.SubjectRow) -> str:
    """XML Id of the subject's line in the table of results: 'diem_15'."""
    return f"diem_{row.code}"


def teacher_id(row: model.SubjectRow, number: int) -> str:
    """`number` counts the subject's teachers from 1."""
    return f"gv_{row.code}_{number}"


def _place(tag: str, attr: str, term: str, column: str) -> Group:
    return Group(
        tag,
        attr,
        AdministrativePlace,
        term,
        (
            Field(
                "CHI_TIET",
                "text",
                k.TEXT,
                term,
                f"{column}_diachichitiet",
                250,
                RequiredWhen.WANTED,
            ),
            Field("MA_XA", "commune_code", k.CODE, "Mã xã, phường", f"{column}_maxa", 5),
            Field("MA_TINH", "province_code", k.CODE, "Mã tỉnh, thành phố", f"{column}_matinh", 2),
        ),
    )


def _relative(tag: str, attr: str, term: str, column: str) -> Group:
    return Group(
        tag,
        attr,
        model.Relative,
        term,
        (
            Field("HO_VA_TEN", "full_name", k.TEXT, f"Họ và tên {term}", f"hoten{column}", 150),
            Field(
                "NGHE_NGHIEP",
                "occupation",
                k.TEXT,
                f"Nghề nghiệp {term}",
                f"nghenghiep{column}",
                150,
                on=_SECONDARY,
            ),
        ),
    )


def _trait(tag: str, attr: str, term: str, column: str) -> Field:
    return Field(tag, attr, k.TRAIT_LEVEL, term, column, on=_PRIMARY)


def _levels(tag: str, attr: str, term: str, columns: tuple[str, str, str, str]) -> Group:
    names = (
        ("HOC_KY_1", "semester1", "học kỳ I"),
        ("HOC_KY_2", "semester2", "học kỳ II"),
        ("CA_NAM", "year", "cả năm"),
        ("DANH_GIA_LAI", "after", "sau đánh giá lại hoặc rèn luyện trong hè"),
    )
    parts = tuple(
        Field(name, field, k.LEVEL, f"{term} {when}", column, on=_SECONDARY)
        for (name, field, when), column in zip(names, columns, strict=True)
    )
    return Group(tag, attr, model.TermLevels, term, parts, on=_SECONDARY)


# A table reads best as one: a line per field.
# fmt: off

COMMON = Group(
    "TT_CHUNG", "common", model.RecordHead, "Thông tin chung",
    (
        Field("MA_DINH_DANH_HOC_BA", "record_id", k.UUID, "Mã định danh học bạ",
             "madinhdanhhocba", 36, _LOCK),
        Field("PHIEN_BAN", "version", k.VERSION, "Phiên bản", "phienbanthongtinhocba", 0, _LOCK),
        Field("THONG_TU", "circular", k.TEXT, "Thông tư", "thongtu", 30, _LOCK),
        Field("NAM_HOC", "school_year", k.SCHOOL_YEAR, "Năm học", "namhoc", 9, _LOCK),
        Field("MA_CAP_HOC", "level", k.SCHOOL_LEVEL, "Mã cấp học", "macaphoc", 2, _LOCK),
        Field("SO_SO_DANG_BO", "register_no", k.TEXT, "Số sổ đăng bộ", "sosodangbo", 50),
        Field("TRICH_LUC", "from_paper", k.FLAG, "Trích lục từ học bạ giấy", "trichluc", 0, _LOCK),
        Field("NGAY_TAO", "created_on", k.DATE, "Ngày tạo học bạ", "ngaytao", 10, _LOCK),
        Field("MA_HO_SO_SUOT_DOI", "lifelong_id", k.CODE, "Mã hồ sơ học tập suốt đời", length=50),
        Field("HO_SO_QUY_DINH", "profile_id", k.TEXT, "Hồ sơ quy định đã dùng", length=100),
        Group(
            "DINH_CHINH", "correction", model.Correction, "Đính chính",
            (
                Field("PHIEN_BAN_BI_THAY", "replaces", k.VERSION, "Phiên bản được thay thế",
                     need=_LOCK),
                Field("LY_DO", "reason", k.TEXT, "Lý do đính chính", "", 2000, _LOCK),
                Field("LOAI", "kind", k.CODE, "Loại đính chính", "", 20, _LOCK),
                Field("NGUOI_DE_NGHI", "asked_by", k.TEXT, "Người đề nghị", length=150),
                Field("NGUOI_DUYET", "approved_by", k.TEXT, "Người phê duyệt", length=150),
            ),
        ),
    ),
    required=True,
)

RECORD_SCHOOL = Group(
    "TRUONG", "school", model.RecordSchool, "Trường",
    (
        Field("MA_SO_GD", "department_code", k.CODE, "Mã Sở GDĐT", "masogd", 20, _LOCK),
        Field("TEN_SO_GD", "department_name", k.TEXT, "Tên Sở GDĐT", "tensogd", 150, _LOCK),
        Field("MA_TRUONG", "code", k.CODE, "Mã trường", "matruong", 20, _LOCK),
        Field("TEN_TRUONG", "name", k.TEXT, "Tên trường", "tentruong", 200, _LOCK),
        Field("TEN_XA", "commune", k.TEXT, "Xã, phường của trường", "thongtintruong_diachi_tenxa",
             150, _LOCK),
        Field("TEN_HUYEN", "district", k.TEXT, "Huyện của trường", "tenhuyen", 250),
        Field("TEN_TINH", "province", k.TEXT, "Tỉnh của trường", "thongtintruong_diachi_tentinh",
             150, _LOCK),
        Field("MA_XA", "commune_code", k.CODE, "Mã xã của trường", "thongtintruong_diachi_maxa", 5),
        Field("MA_TINH", "province_code", k.CODE, "Mã tỉnh của trường",
             "thongtintruong_diachi_matinh", 2, _LOCK),
        Field("DIEM_TRUONG", "campus", k.TEXT, "Điểm trường", "madiemtruong", 150),
        Field("MA_SO_THUE", "tax_code", k.CODE, "Mã số thuế của trường", "", 14),
    ),
    required=True,
)

PUPIL = Group(
    "HOC_SINH", "pupil", model.RecordPupil, "Học sinh",
    (
        Field("MA_HOC_SINH", "code", k.CODE, "Mã học sinh", "mahocsinh", 50, _LOCK),
        Field("SO_DINH_DANH", "personal_id", k.PERSONAL_ID, "Số định danh cá nhân", "sodinhdanh",
             12, _ISSUE),
        Field("HO_VA_TEN", "full_name", k.TEXT, "Họ và tên học sinh", "hovaten", 150, _LOCK),
        Field("GIOI_TINH", "sex", k.SEX, "Giới tính", "gioitinh", 1, _LOCK),
        Field("NGAY_SINH", "birth_date", k.BIRTH_DAY, "Ngày sinh", "ngaythangnamsinh", 10,
             need=_LOCK ),
        Field("THANG_NAM_SINH", "birth_date", k.BIRTH_MONTH, "Tháng năm sinh", "thangnamsinh", 7,
             need=_LOCK),
        Field("NAM_SINH", "birth_date", k.BIRTH_YEAR, "Năm sinh", "namsinh", 4, need=_LOCK),
        Field("DAN_TOC", "ethnicity_code", k.CODE, "Mã dân tộc", "dantoc", 3, _ISSUE),
        Field("TEN_DAN_TOC", "ethnicity", k.TEXT, "Dân tộc", length=50),
        Field("QUOC_TICH", "nationality", k.CODE, "Quốc tịch", "quoctich", 3, _LOCK),
        Field("DOI_TUONG_CHINH_SACH", "policy_group", k.TEXT, "Đối tượng chính sách",
             "doituongchinhsach", 250),
        Field("KHUYET_TAT_KHONG_DANH_GIA", "not_assessed", k.FLAG,
             "Học sinh khuyết tật không đánh giá", "cokhuyettatkhongdanhgia", 0, _LOCK),
        _place("NOI_SINH", "birthplace", "Nơi sinh", "noisinh"),
        _place("QUE_QUAN", "hometown", "Quê quán", "quequan"),
        _place("NOI_O_HIEN_NAY", "residence", "Nơi ở hiện nay", "noiohiennay"),
        _relative("CHA", "father", "cha", "cha"),
        _relative("ME", "mother", "mẹ", "me"),
        _relative("NGUOI_GIAM_HO", "guardian", "người giám hộ", "nguoigiamho"),
    ),
    required=True,
)

SECTION = Group(
    "LOP", "section", model.RecordClass, "Lớp",
    (
        Field("MA_KHOI", "grade", k.GRADE, "Mã khối", "makhoi", 2, _LOCK),
        Field("TEN_LOP", "name", k.TEXT, "Tên lớp", "tenlop", 150, _LOCK),
        Field("GVCN_TEN", "homeroom_name", k.TEXT, "Tên GVCN", "tengvcn", 150, _LOCK),
        Field("GVCN_SO_DINH_DANH", "homeroom_personal_id", k.PERSONAL_ID,
             "Số định danh cá nhân của GVCN", "soddcngvcn", 12, _ISSUE),
    ),
    required=True,
)

EARLIER = Repeated(
    "DANH_SACH_QUA_TRINH", "earlier_years", model.EarlierYear, "Quá trình học tập",
    "QUA_TRINH",
    (
        Field("NAM_HOC", "school_year", k.SCHOOL_YEAR, "Năm học", "namhoc", 9, _LOCK),
        Field("TEN_LOP", "class_name", k.TEXT, "Tên lớp", "tenlop", 150, _LOCK),
        Field("TEN_TRUONG", "school_name", k.TEXT, "Tên trường", "tentruong", 250, _LOCK),
        Field("TEN_TINH", "province", k.TEXT, "Tên tỉnh", "tentinh", 150, _LOCK),
        Field("NGAY_CHUYEN_DEN", "arrived_on", k.DATE, "Ngày chuyển đến", "ngaytrangthaichuyenden"),
    ),
)

SUBJECTS = Repeated(
    "BANG_DIEM", "subjects", model.SubjectRow, "Kết quả các môn học và hoạt động giáo dục",
    "DIEM_TONG_KET",
    (
        Field("MA_MON_HOC", "code", k.CODE, "Mã môn học", "mamonhoc", 15, _LOCK),
        Field("TEN_MON_HOC", "name", k.TEXT, "Tên môn học", "tenmonhoc", 100, _LOCK),
        Field("MUC_DAT_DUOC", "level", k.SUBJECT_LEVEL, "Mức đạt được", "mucdatduoc", on=_PRIMARY),
        Field("DIEM_KTDK", "test", k.MARK, "Điểm kiểm tra định kỳ cuối năm", "diemkiemtradinhky",
             on=_PRIMARY, unit="thang điểm 10"),
        Field("HOC_KY_1", "semester1", k.MARK, "Điểm học kỳ I", "diemhocky1",
             on=_SECONDARY, unit="thang điểm 10"),
        Field("HOC_KY_2", "semester2", k.MARK, "Điểm học kỳ II", "diemhocky2",
             on=_SECONDARY, unit="thang điểm 10"),
        Field("CA_NAM", "year", k.MARK, "Điểm cả năm", "diemcanam",
             on=_SECONDARY, unit="thang điểm 10"),
        Field("DANH_GIA_LAI", "reassessed", k.MARK, "Điểm đánh giá lại", "diemkttralai",
             on=_SECONDARY, unit="thang điểm 10"),
        Field("CHUYEN_DE_HOC_KY_1", "topics1", k.MARKS, "Kết quả cụm chuyên đề học kỳ I",
             length=40, on=_SECONDARY),
        Field("CHUYEN_DE_HOC_KY_2", "topics2", k.MARKS, "Kết quả cụm chuyên đề học kỳ II",
             length=40, on=_SECONDARY),
        Field("YEU_CAU", "demands", k.DEMANDS, "Yêu cầu đối với học sinh khuyết tật"),
        Group(
            "MIEN_THUC_HANH", "exemption", model.PracticalExemption, "Miễn học phần thực hành",
            (
                Field("TU_NGAY", "starts_on", k.DATE, "Miễn thực hành từ ngày"),
                Field("DEN_NGAY", "ends_on", k.DATE, "Miễn thực hành đến ngày"),
                Field("SO_QUYET_DINH", "decision", k.TEXT, "Số quyết định miễn thực hành",
                     length=100),
            ),
            on=_SECONDARY,
        ),
        Field("NHAN_XET", "comment", k.TEXT, "Nhận xét môn học", "nxetmonhoc", 2000),
        Repeated(
            "DANH_SACH_GVBM", "teachers", model.SubjectTeacher, "Giáo viên bộ môn", "GVBM",
            (
                Field("HO_VA_TEN", "full_name", k.TEXT, "Tên giáo viên bộ môn", "gvbm", 150, _LOCK),
                Field("SO_DINH_DANH", "personal_id", k.PERSONAL_ID,
                     "Số định danh cá nhân của giáo viên bộ môn", "soddcngvbm", 12, _ISSUE),
            ),
            make_id=lambda row, _, number: teacher_id(row, number),
            on=_SECONDARY,
        ),
    ),
    make_id=lambda _, row, __: subject_id(row),
    signed=True,
    required=True,
)

YEAR: tuple[Node, ...] = (
    Group(
        "SUC_KHOE", "health", model.Health, "Sức khỏe",
        (
            Field("CHIEU_CAO", "height_cm", k.DECIMAL, "Chiều cao", "chieucao",
                 on=_PRIMARY, unit="cm"),
            Field("CAN_NANG", "weight_kg", k.DECIMAL, "Cân nặng", "cannang",
                 on=_PRIMARY, unit="kg"),
        ),
        on=_PRIMARY,
    ),
    Group(
        "CHUYEN_CAN", "attendance", model.Attendance, "Chuyên cần",
        (
            Field("NGHI_CO_PHEP", "excused", k.COUNT, "Số buổi nghỉ có phép", "nghicophep",
                 on=_PRIMARY, unit="buổi"),
            Field("NGHI_KHONG_PHEP", "unexcused", k.COUNT, "Số buổi nghỉ không phép",
                 "nghikhongphep", on=_PRIMARY, unit="buổi"),
            Field("SO_BUOI_NGHI", "total", k.COUNT, "Tổng số buổi nghỉ học cả năm", "sobuoinghi",
                 on=_SECONDARY, unit="buổi"),
        ),
    ),
    SUBJECTS,
    Group(
        "PHAM_CHAT", "qualities", model.Qualities, "Những phẩm chất chủ yếu",
        (
            _trait("YEU_NUOC", "patriotism", "Yêu nước", "phamchatyeunuoc"),
            _trait("NHAN_AI", "kindness", "Nhân ái", "phamchatnhanai"),
            _trait("CHAM_CHI", "diligence", "Chăm chỉ", "phamchatchamchi"),
            _trait("TRUNG_THUC", "honesty", "Trung thực", "phamchattrungthuc"),
            _trait("TRACH_NHIEM", "responsibility", "Trách nhiệm", "phamchattrachnhiem"),
            Field("NHAN_XET", "comment", k.TEXT, "Nhận xét phẩm chất", "nxetphamchat", 2000,
                 on=_PRIMARY),
        ),
        on=_PRIMARY,
    ),
    Group(
        "NANG_LUC_CHUNG", "general", model.GeneralCompetences, "Những năng lực chung",
        (
            _trait("TU_CHU_TU_HOC", "autonomy", "Tự chủ và tự học", "nangluctuhoc"),
            _trait("GIAO_TIEP_HOP_TAC", "communication", "Giao tiếp và hợp tác", "nanglucgiaotiep"),
            _trait("GQVD_SANG_TAO", "problem_solving", "Giải quyết vấn đề và sáng tạo",
                   "nanglucgiaiquyet"),
            Field("NHAN_XET", "comment", k.TEXT, "Nhận xét năng lực chung", "nxetnanglucchung",
                 2000, on=_PRIMARY),
        ),
        on=_PRIMARY,
    ),
    Group(
        "NANG_LUC_DAC_THU", "specific", model.SpecificCompetences, "Những năng lực đặc thù",
        (
            _trait("NGON_NGU", "language", "Ngôn ngữ", "nanglucngonngu"),
            _trait("TINH_TOAN", "calculation", "Tính toán", "nangluctinhtoan"),
            _trait("KHOA_HOC", "science", "Khoa học", "nangluckhoahoc"),
            _trait("CONG_NGHE", "technology", "Công nghệ", "nangluccongnghe"),
            _trait("TIN_HOC", "informatics", "Tin học", "nangluctinhoc"),
            _trait("THAM_MI", "aesthetics", "Thẩm mĩ", "nanglucthammi"),
            _trait("THE_CHAT", "physical", "Thể chất", "nanglucthechat"),
            Field("NHAN_XET", "comment", k.TEXT, "Nhận xét năng lực đặc thù", "nxetnanglucdacthu",
                 2000, on=_PRIMARY),
        ),
        on=_PRIMARY,
    ),
    _levels("KET_QUA_HOC_TAP", "learning", "Kết quả học tập",
            ("hocky1", "hocky2", "canam", "kqhoctaplai")),
    _levels("KET_QUA_REN_LUYEN", "conduct", "Kết quả rèn luyện",
            ("renluyenhocky1", "renluyenhocky2", "renluyencanam", "renluyenlai")),
    Repeated(
        "DANH_SACH_CHUNG_CHI", "certificates", model.Certificate, "Chứng chỉ", "CHUNG_CHI",
        (
            Field("TEN", "name", k.TEXT, "Tên chứng chỉ", "tenchungchi", 150, _LOCK),
            Field("LOAI", "kind", k.TEXT, "Loại chứng chỉ", "loaichungchi", 500),
        ),
        on=_SECONDARY,
    ),
    Group(
        "TONG_KET", "summary", model.YearSummary, "Tổng kết năm học",
        (
            Field("XEP_LOAI", "overall", k.TEXT, "Kết quả xếp loại", "xeploai", 50, on=_PRIMARY),
            Field("DUOC_LEN_LOP", "promoted", k.FLAG, "Được lên lớp", "duoclenlop"),
            Field("NOI_DUNG_DUOC_LEN_LOP", "promotion_text", k.TEXT, "Nội dung được lên lớp",
                 "ndungduoclenlop", 150, on=_SECONDARY),
            Field("HOAN_THANH_CT_LOP_HOC", "completed_grade", k.FLAG,
                 "Đã hoàn thành chương trình lớp học", "dahthanhctrinhlophoc", on=_PRIMARY),
            Field("HOAN_THANH_CT_TIEU_HOC", "completed_primary", k.FLAG,
                 "Đã hoàn thành chương trình tiểu học", "dahthanhctrinhtieuhoc", on=_PRIMARY),
            Field("NOI_DUNG_HOAN_THANH", "completion_text", k.TEXT,
                 "Nội dung hoàn thành chương trình lớp học", "ndunghoanthanh", 2000),
            Field("KET_QUA_CUOC_THI", "competitions", k.TEXT, "Kết quả tham gia các cuộc thi",
                 "kquathamgiacuocthi", 2000, on=_SECONDARY),
            Field("NOI_DUNG_REN_LUYEN_HE", "summer_training", k.TEXT,
                 "Nội dung kết quả rèn luyện trong hè", "ndungkquarenluyen", 2000, on=_SECONDARY),
            Field("KHEN_THUONG", "award", k.TEXT, "Nội dung khen thưởng", "ndungkhenthuong", 2000),
            Field("KHEN_THUONG_DOT_XUAT", "award_unplanned", k.TEXT,
                 "Nội dung khen thưởng đột xuất", "ndungkhenthuongdotxuat", 2000),
            Field("NHAN_XET_GVCN", "homeroom_comment", k.TEXT, "Nhận xét của GVCN", "nxetgvcn",
                 2000),
            Group(
                "QUYET_DINH_LEN_LOP", "decision", model.PromotionRecord,
                "Quyết định của nhà trường về lên lớp",
                (
                    Field("SO_QUYET_DINH", "number", k.TEXT, "Số quyết định", length=100),
                    Field("LY_DO", "reason", k.TEXT, "Lý do quyết định", length=2000),
                    Field("NGUOI_QUYET_DINH", "taken_by", k.TEXT, "Người quyết định", length=200),
                ),
            ),
        ),
        required=True,
    ),
)

INFO_PARTS: tuple[Node, ...] = (COMMON, RECORD_SCHOOL, PUPIL, SECTION, EARLIER, *YEAR)
"""Inside THONG_TIN_HOC_BA: what the homeroom teacher signs."""

ISSUE = Group(
    "TT_PHAT_HANH", "issue", model.IssueStatement, "Thông tin phát hành, do hiệu trưởng ký",
    (
        Group(
            "GIAM_HIEU", "", model.IssueStatement, "Giám hiệu ký học bạ",
            (
                Field("HO_VA_TEN", "principal_name", k.TEXT, "Tên giám hiệu ký học bạ",
                     "tengiamhieu", 150, _LOCK),
                Field("SO_DINH_DANH", "principal_personal_id", k.PERSONAL_ID,
                     "Số định danh cá nhân của giám hiệu ký học bạ", "soddcngiamhieu", 12, _ISSUE),
                Field("CHUC_VU", "principal_title", k.TEXT, "Chức vụ giám hiệu ký học bạ",
                     "chucvugiamhieu", 150, _LOCK),
                Field("CAN_CU_KY_THAY", "delegation", k.TEXT, "Căn cứ ký thay hiệu trưởng",
                     length=250),
            ),
            required=True,
        ),
        Field("DIA_DANH", "place", k.TEXT, "Địa danh phát hành học bạ", "diadanhphathanh", 150,
             _LOCK),
        Field("NGAY_KY_PHAT_HANH", "issued_on", k.DATE, "Ngày phát hành học bạ", "ngaykyphathanh",
             10, _LOCK),
        Group(
            "XAC_NHAN_HOAN_THANH", "completion", model.Completion,
            "Hiệu trưởng xác nhận hoàn thành chương trình cấp học (lớp 5, lớp 9)",
            (
                Field("CAP_HOC", "level", k.SCHOOL_LEVEL, "Cấp học được xác nhận", "", 2, _LOCK),
                Field("NOI_DUNG", "text", k.TEXT, "Nội dung xác nhận", "", 500, _LOCK),
            ),
        ),
    ),
    required=True,
)
# fmt: on


def trait_terms(tag: str) -> tuple[tuple[str, str], ...]:
    """(attribute, Vietnamese term) of each quality or competence in the group `tag`."""
    group = next(node for node in YEAR if node.tag == tag)
    assert isinstance(group, Group)
    return tuple(
        (leaf.attr, leaf.term)
        for leaf in group.parts
        if isinstance(leaf, Field) and leaf.kind is k.TRAIT_LEVEL
    )

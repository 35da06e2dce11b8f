"""The workspace's schema, one dated step after another. Steps are never edited, only added."""

from __future__ import annotations

import hashlib
import json
import uuid

from sqlite_utils import Database, Migrations

from app.store.sharing import history

schema = Migrations("workspace")


def _tables(db: Database, *statements: str) -> None:
    for statement in statements:
        db.execute(statement)


@schema(name="0001_people")
def create_people(db: Database) -> None:
    _tables(
        db,
        "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        "CREATE TABLE secret (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
        "CREATE TABLE staff (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT",
        """CREATE TABLE class_section (
            id TEXT PRIMARY KEY,
            school_year TEXT NOT NULL,
            grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 12),
            name TEXT NOT NULL,
            homeroom_teacher_id TEXT NOT NULL DEFAULT '',
            campus TEXT NOT NULL DEFAULT '',
            locked_at TEXT NOT NULL DEFAULT '',
            locked_by TEXT NOT NULL DEFAULT '',
            UNIQUE (school_year, name)
        ) STRICT""",
        """CREATE TABLE student (
            id TEXT PRIMARY KEY,
            full_name TEXT NOT NULL,
            birth_date TEXT NOT NULL,
            moet_id TEXT NOT NULL DEFAULT '',
            personal_id TEXT NOT NULL DEFAULT '',
            folded_name TEXT NOT NULL,
            data TEXT NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX student_moet_id ON student (moet_id) WHERE moet_id <> ''",
        "CREATE UNIQUE INDEX student_personal_id ON student (personal_id) WHERE personal_id <> ''",
        "CREATE INDEX student_folded_name ON student (folded_name)",
        """CREATE TABLE enrollment (
            section_id TEXT NOT NULL REFERENCES class_section (id),
            student_id TEXT NOT NULL REFERENCES student (id),
            number INTEGER NOT NULL,
            status TEXT NOT NULL,
            register_no TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (section_id, student_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX enrollment_student ON enrollment (student_id)",
        """CREATE TABLE teaching_assignment (
            section_id TEXT NOT NULL REFERENCES class_section (id),
            subject TEXT NOT NULL,
            teacher_id TEXT NOT NULL REFERENCES staff (id),
            PRIMARY KEY (section_id, subject, teacher_id)
        ) STRICT, WITHOUT ROWID""",
    )


@schema(name="0002_gradebook")
def create_gradebook(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE gradebook_cell (
            section_id TEXT NOT NULL REFERENCES class_section (id),
            student_id TEXT NOT NULL REFERENCES student (id),
            area TEXT NOT NULL,
            slot TEXT NOT NULL,
            value TEXT NOT NULL CHECK (value <> ''),
            PRIMARY KEY (section_id, student_id, area, slot)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE gradebook_change (
            id INTEGER PRIMARY KEY,
            section_id TEXT NOT NULL,
            student_id TEXT NOT NULL,
            area TEXT NOT NULL,
            slot TEXT NOT NULL,
            before TEXT,
            after TEXT,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX gradebook_change_student ON gradebook_change (student_id, id)",
    )


@schema(name="0003_transcripts")
def create_transcripts(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE transcript (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version > 0),
            student_id TEXT NOT NULL REFERENCES student (id),
            section_id TEXT NOT NULL REFERENCES class_section (id),
            school_year TEXT NOT NULL,
            state TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            issued_at TEXT NOT NULL DEFAULT '',
            xml BLOB NOT NULL,
            PRIMARY KEY (record_id, version)
        ) STRICT""",
        "CREATE INDEX transcript_section ON transcript (section_id, student_id)",
        "CREATE INDEX transcript_state ON transcript (state)",
        """CREATE TABLE transcript_view (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            xml_sha256 TEXT NOT NULL,
            pdf BLOB NOT NULL,
            PRIMARY KEY (record_id, version)
        ) STRICT""",
        """CREATE TABLE signature (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            slot TEXT NOT NULL,
            role TEXT NOT NULL,
            batch_id TEXT NOT NULL,
            certificate_sha256 TEXT NOT NULL,
            signed_at TEXT NOT NULL,
            sha256_before TEXT NOT NULL,
            sha256_after TEXT NOT NULL,
            PRIMARY KEY (record_id, version, slot)
        ) STRICT""",
        """CREATE TABLE signing_batch (
            id TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            holder TEXT NOT NULL,
            list_sha256 TEXT NOT NULL,
            record_count INTEGER NOT NULL,
            started_at TEXT NOT NULL,
            ended_at TEXT NOT NULL DEFAULT ''
        ) STRICT""",
    )


@schema(name="0004_delivery")
def create_delivery(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE parcel (
            sha256 TEXT PRIMARY KEY,
            counter INTEGER NOT NULL UNIQUE,
            section_name TEXT NOT NULL,
            item_count INTEGER NOT NULL,
            size INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            payload BLOB
        ) STRICT""",
        """CREATE TABLE outbox_item (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            event TEXT NOT NULL CHECK (event IN ('NEW', 'UPDATE', 'CANCEL')),
            parcel_sha256 TEXT NOT NULL REFERENCES parcel (sha256),
            state TEXT NOT NULL,
            section_name TEXT NOT NULL,
            issued_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_attempt_at TEXT NOT NULL DEFAULT '',
            lease_run TEXT NOT NULL DEFAULT '',
            reason TEXT NOT NULL DEFAULT '',
            PRIMARY KEY (record_id, version)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX outbox_item_state ON outbox_item (state)",
        "CREATE INDEX outbox_item_parcel ON outbox_item (parcel_sha256)",
        """CREATE TABLE receipt (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            stage TEXT NOT NULL,
            station TEXT NOT NULL,
            issued_at TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            token TEXT NOT NULL,
            PRIMARY KEY (record_id, version, stage, station)
        ) STRICT, WITHOUT ROWID""",
    )


@schema(name="0005_audit")
def create_audit(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            who TEXT NOT NULL,
            act TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL DEFAULT '',
            previous TEXT NOT NULL,
            digest TEXT NOT NULL UNIQUE
        ) STRICT""",
        """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
           BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
        """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
           BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
    )


@schema(name="0006_gradebook_note")
def create_gradebook_note(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE gradebook_note (
            section_id TEXT NOT NULL REFERENCES class_section (id),
            student_id TEXT NOT NULL REFERENCES student (id),
            area TEXT NOT NULL,
            slot TEXT NOT NULL,
            text TEXT NOT NULL CHECK (text <> ''),
            written_at TEXT NOT NULL,
            written_by TEXT NOT NULL,
            PRIMARY KEY (section_id, student_id, area, slot)
        ) STRICT, WITHOUT ROWID""",
    )


@schema(name="0007_requests")
def create_requests(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE record_request (
            id TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            reason TEXT NOT NULL,
            asked_by TEXT NOT NULL,
            asked_at TEXT NOT NULL,
            state TEXT NOT NULL,
            decided_by TEXT NOT NULL DEFAULT '',
            decided_at TEXT NOT NULL DEFAULT '',
            made_version INTEGER NOT NULL DEFAULT 0,
            cells TEXT NOT NULL DEFAULT '[]',
            student TEXT NOT NULL DEFAULT '',
            xml BLOB,
            FOREIGN KEY (record_id, version) REFERENCES transcript (record_id, version)
        ) STRICT""",
        """CREATE UNIQUE INDEX record_request_open ON record_request (record_id)
           WHERE state = 'open'""",
    )


@schema(name="0008_foreign_records")
def create_foreign_records(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE foreign_record (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            student_id TEXT NOT NULL REFERENCES student (id),
            school_year TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            imported_at TEXT NOT NULL,
            xml BLOB NOT NULL,
            PRIMARY KEY (record_id, version)
        ) STRICT""",
        "CREATE INDEX foreign_record_student ON foreign_record (student_id, school_year)",
        """CREATE TABLE foreign_paper (
            student_id TEXT NOT NULL REFERENCES student (id),
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            school_name TEXT NOT NULL,
            imported_at TEXT NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (student_id, name, sha256)
        ) STRICT""",
    )


@schema(name="0009_reports")
def create_reports(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE catalogue_report (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            event TEXT NOT NULL CHECK (event IN ('NEW', 'UPDATE', 'CANCEL')),
            reported_at TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX catalogue_report_record ON catalogue_report (record_id)",
    )


@schema(name="0009_signing_evidence")
def create_signing_evidence(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE batch_register (
            batch_id TEXT PRIMARY KEY REFERENCES signing_batch (id),
            signed_at TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT""",
        """CREATE TRIGGER batch_register_no_update BEFORE UPDATE ON batch_register
           BEGIN SELECT RAISE(ABORT, 'registers are append-only'); END""",
        """CREATE TRIGGER batch_register_no_delete BEFORE DELETE ON batch_register
           BEGIN SELECT RAISE(ABORT, 'registers are append-only'); END""",
        """CREATE TABLE record_evidence (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            proven_at TEXT NOT NULL,
            content BLOB NOT NULL,
            PRIMARY KEY (record_id, version, sha256)
        ) STRICT""",
        """CREATE TABLE revocation_list (
            url TEXT PRIMARY KEY,
            fetched_at TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT""",
    )


@schema(name="0010_signing_lists")
def create_signing_lists(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE signing_batch_item (
            batch_id TEXT NOT NULL REFERENCES signing_batch (id),
            place INTEGER NOT NULL,
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            PRIMARY KEY (batch_id, place)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE signing_elsewhere (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            role TEXT NOT NULL,
            signer TEXT NOT NULL,
            saved_at TEXT NOT NULL,
            folder TEXT NOT NULL,
            PRIMARY KEY (record_id, version, role, signer)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX signature_batch ON signature (batch_id)",
    )


@schema(name="0011_publications")
def create_publications(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE publication (
            number INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            version INTEGER NOT NULL,
            title TEXT NOT NULL,
            published_at TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            size INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('wanted', 'kept', 'refused')),
            reason TEXT NOT NULL DEFAULT '',
            read_at TEXT NOT NULL DEFAULT '',
            token TEXT NOT NULL,
            content BLOB NOT NULL
        ) STRICT""",
        "ALTER TABLE class_section ADD COLUMN locked_with TEXT NOT NULL DEFAULT ''",
    )


@schema(name="0012_view_evidence")
def create_view_evidence(db: Database) -> None:
    _tables(
        db,
        "ALTER TABLE record_evidence ADD COLUMN complete INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE view_evidence (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            xml_sha256 TEXT NOT NULL,
            tail BLOB NOT NULL,
            complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
            PRIMARY KEY (record_id, version, xml_sha256)
        ) STRICT""",
    )


@schema(name="0013_copied_parcels")
def create_copied_parcels(db: Database) -> None:
    _tables(db, "ALTER TABLE parcel ADD COLUMN copied_at TEXT NOT NULL DEFAULT ''")


@schema(name="0014_withdrawals")
def create_withdrawals(db: Database) -> None:
    _tables(db, "ALTER TABLE publication ADD COLUMN withdraws INTEGER NOT NULL DEFAULT 0")


@schema(name="0015_exemptions")
def convert_exemptions(db: Database) -> None:
    """'Miễn học' left out a whole subject. It stays so in locked classes; elsewhere the practical
    part of two subjects can be left out from a day to a day, which a person has to enter, and a
    whole subject only for a pupil with a disability.
    """
    practical = "area IN ('GDTC', 'GDQP_AN')"
    open_secondary = (
        "section_id IN (SELECT id FROM class_section WHERE locked_at = '' AND grade > 5)"
    )
    _tables(
        db,
        "INSERT OR IGNORE INTO gradebook_note (section_id, student_id, area, slot, text, "
        "written_at, written_by) SELECT section_id, student_id, area, 'exempt_decision', "
        "'Trước đây ghi Miễn học: hãy ghi từ ngày, đến ngày và số quyết định miễn thực hành; môn "
        "học vẫn phải đủ số lần đánh giá.', '', '' FROM gradebook_cell "
        f"WHERE slot = 'exempt' AND {practical} AND {open_secondary}",
        f"DELETE FROM gradebook_cell WHERE slot = 'exempt' AND {practical} AND {open_secondary}",
        "UPDATE gradebook_cell SET slot = 'demands', value = 'not_assessed' WHERE slot = 'exempt'",
    )


@schema(name="0016_workspace_id")
def name_workspace(db: Database) -> None:
    """Copies of one school made before this step come to the same id: that of its first act."""
    first = db.execute("SELECT digest FROM audit ORDER BY id LIMIT 1").fetchone()
    seed = f"hocba workspace {first[0]}" if first else uuid.uuid4().hex
    identity = hashlib.sha256(seed.encode()).hexdigest()[:32]
    db.execute(
        "INSERT INTO setting (key, value) VALUES ('workspace.id', ?)", [json.dumps(identity)]
    )


@schema(name="0017_pupil_locks")
def create_pupil_locks(db: Database) -> None:
    """From a lock of the class to one of each pupil whose record is in force."""
    _tables(
        db,
        """CREATE TABLE pupil_lock (
            section_id TEXT NOT NULL REFERENCES class_section (id),
            student_id TEXT NOT NULL REFERENCES student (id),
            locked_at TEXT NOT NULL CHECK (locked_at <> ''),
            locked_by TEXT NOT NULL,
            locked_with TEXT NOT NULL,
            PRIMARY KEY (section_id, student_id)
        ) STRICT, WITHOUT ROWID""",
        """INSERT INTO pupil_lock
           SELECT DISTINCT c.id, t.student_id, c.locked_at, c.locked_by, c.locked_with
           FROM class_section c JOIN transcript t ON t.section_id = c.id
           WHERE c.locked_at <> '' AND t.state <> 'cancelled'""",
        "ALTER TABLE class_section DROP COLUMN locked_at",
        "ALTER TABLE class_section DROP COLUMN locked_by",
        "ALTER TABLE class_section DROP COLUMN locked_with",
    )


@schema(name="0018_operations")
def create_operations(db: Database) -> None:
    """The gradebook's history becomes the log of operations; nothing of it is lost."""
    _tables(
        db,
        """CREATE TABLE operation (
            number INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            parent BLOB NOT NULL,
            stream TEXT NOT NULL,
            origin TEXT NOT NULL,
            counter INTEGER NOT NULL,
            hlc INTEGER NOT NULL,
            person TEXT NOT NULL,
            membership INTEGER NOT NULL,
            cause TEXT NOT NULL,
            key TEXT NOT NULL,
            after TEXT,
            replaces BLOB NOT NULL
        ) STRICT""",
        "CREATE INDEX operation_chain ON operation (stream, origin, counter)",
        "CREATE INDEX operation_key ON operation (key, stream)",
        """CREATE TABLE chain_end (
            stream TEXT NOT NULL,
            origin TEXT NOT NULL,
            id BLOB NOT NULL,
            counter INTEGER NOT NULL,
            seal BLOB NOT NULL DEFAULT x'',
            PRIMARY KEY (stream, origin, id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE waiting_segment (
            digest BLOB PRIMARY KEY,
            parent BLOB NOT NULL,
            sender TEXT NOT NULL,
            operations INTEGER NOT NULL,
            content BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX waiting_segment_parent ON waiting_segment (parent)",
        """CREATE TABLE dispute (
            stream TEXT NOT NULL,
            key TEXT NOT NULL,
            is_conflict INTEGER NOT NULL CHECK (is_conflict IN (0, 1)),
            PRIMARY KEY (stream, key)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE membership (
            number INTEGER PRIMARY KEY,
            content BLOB NOT NULL,
            signature BLOB NOT NULL
        ) STRICT""",
        """CREATE TABLE peer (
            machine TEXT PRIMARY KEY,
            ends TEXT NOT NULL DEFAULT '{}',
            membership INTEGER NOT NULL DEFAULT 0,
            last_out TEXT NOT NULL DEFAULT '',
            last_in TEXT NOT NULL DEFAULT ''
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE handover_parcel (
            sha256 TEXT PRIMARY KEY,
            machine TEXT NOT NULL,
            is_out INTEGER NOT NULL CHECK (is_out IN (0, 1)),
            operations INTEGER NOT NULL,
            at TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
    )
    history.into_operations(db)
    db.execute("DROP TABLE gradebook_change")


@schema(name="0019_signatories")
def create_signatories(db: Database) -> None:
    _tables(
        db,
        """CREATE TABLE delegation (
            school_year TEXT PRIMARY KEY,
            staff_id TEXT NOT NULL REFERENCES staff (id),
            number TEXT NOT NULL,
            issued_on TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE signer_change (
            record_id TEXT NOT NULL,
            version INTEGER NOT NULL,
            changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL,
            sha256_before TEXT NOT NULL,
            sha256_after TEXT NOT NULL,
            PRIMARY KEY (record_id, version, sha256_after)
        ) STRICT, WITHOUT ROWID""",
    )


@schema(name="0020_surplus_marks")
def note_surplus_marks(db: Database) -> None:
    """Comment-only subjects have two regular marks a semester. What was entered beyond them stays
    and no longer counts; a note on the second one says so, where the pupil's year is still open.
    """
    _tables(
        db,
        "INSERT OR IGNORE INTO gradebook_note (section_id, student_id, area, slot, text, "
        "written_at, written_by) SELECT c.section_id, c.student_id, c.area, "
        "substr(c.slot, 1, 3) || 'regular2', 'Trước đây còn ghi thêm ĐĐGtx: ' || "
        "group_concat(replace(replace(c.value, 'CD', 'CĐ'), 'D', 'Đ'), ', ') || '. Môn đánh giá "
        "bằng nhận xét chỉ có 2 ĐĐGtx mỗi học kỳ (điều 6) nên các lần này không tính.', '', '' "
        "FROM gradebook_cell c WHERE c.slot IN ('s1.regular3', 's1.regular4', 's2.regular3', "
        "'s2.regular4') AND c.value IN ('D', 'CD') AND NOT EXISTS (SELECT 1 FROM pupil_lock l "
        "WHERE l.section_id = c.section_id AND l.student_id = c.student_id) "
        "GROUP BY c.section_id, c.student_id, c.area, substr(c.slot, 1, 3)",
    )


@schema(name="0021_teaching")
def extend_teaching(db: Database) -> None:
    _tables(
        db,
        "ALTER TABLE teaching_assignment ADD COLUMN semester TEXT NOT NULL DEFAULT '' "
        "CHECK (semester IN ('', '1', '2'))",
        "ALTER TABLE teaching_assignment ADD COLUMN signs INTEGER NOT NULL DEFAULT 1 "
        "CHECK (signs IN (0, 1))",
    )

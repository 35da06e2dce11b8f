"""What somebody who helps from afar needs to know: one report, one file.

It says versions, drivers, tokens, queue lengths, the state of disk and clock, and the log; nothing
of a pupil, a teacher or a path.
"""

from app.diagnostics.bundle import write_bundle
from app.diagnostics.report import SupportReport, SupportSources, brief_report, full_report
from app.diagnostics.report_words import report_text

__all__ = [
    "SupportReport",
    "SupportSources",
    "brief_report",
    "full_report",
    "report_text",
    "write_bundle",
]

"""What is a file worth? Whatever somebody brings: records, views, parcels, histories, folders.

`examine_files` looks at everything; `VerificationContext` says what this machine can check with.
"""

from app.verification.context import VerificationContext
from app.verification.examining import ExaminedFile, examine_files

__all__ = ["ExaminedFile", "VerificationContext", "examine_files"]

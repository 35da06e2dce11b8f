"""What is a file worth? Whatever somebody brings: records, views, parcels, histories, folders.

`examine_files` looks at everything; `Means` says what this machine can check with.
"""

from app.verification.examining import Examined, examine_files
from app.verification.means import Means

__all__ = ["Examined", "Means", "examine_files"]

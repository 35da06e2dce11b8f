"""The receiving station: takes parcels, checks records, answers with signed receipts.

Not part of the desktop program's installer (`pip install hocba[department]`).
"""

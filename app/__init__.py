"""Hocba: digital transcripts (học bạ số) for schools with little or no connectivity.

Packages are the stations of a record's journey, in order. A station may import the
stations before it, never those after; the import contract *is* the data flow:

    roster -> assessment -> transcript -> signing -> parcel
           -> (handover | outbox -> sync) -> receipt
"""

__version__ = "0.1.0"

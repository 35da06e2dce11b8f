"""Signed codes (QR) on printed records: written, found in a picture, and checked."""

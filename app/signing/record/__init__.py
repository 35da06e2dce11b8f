"""Signatures inside a record (XAdES): slots, signing, checking, and evidence beside it."""

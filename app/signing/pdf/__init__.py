"""PDF views of a record: the school's seal (PAdES) and the check of what it covers."""

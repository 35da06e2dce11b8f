"""Who vouches for a record? Signatures made and checked, with keys on tokens or in files."""

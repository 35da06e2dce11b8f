"""Many records, one PIN: who must sign, signing them, and the signed list of what was signed."""

"""Keys that sign: on tokens (PKCS#11, Windows CNG) and in PKCS#12 files."""

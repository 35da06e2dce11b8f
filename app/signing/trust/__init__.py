"""Whom we believe, and since when: authorities, paths, revocation, time-stamps."""

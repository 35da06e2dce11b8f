"""How the program is kept current without a network: TUF over any folder.

`repository` writes (who publishes), `client` reads and verifies (a school), `archive` is the form
in which programs travel, `versions` keeps them side by side and `handing_over` starts the right
one. docs: resources/docs/updates.md.
"""

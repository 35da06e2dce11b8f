#!/usr/bin/env bash
# backup.sh STATION_FOLDER TARGET_FOLDER
#
# A whole copy of a running station: its keys and settings, its database, its records. The database
# comes first: a record's bytes are kept before its row and never change, so every row of the copy
# finds its bytes. What has not come whole yet (uploads) is sent again by the schools.
# The copy holds children's data and the station's keys: TARGET_FOLDER belongs on an encrypted disk.
# An S3 store is backed up where it lies (versioning, replication); see operate.md.
set -euo pipefail
umask 077
[ $# -eq 2 ] || { sed -n '2p' "$0"; exit 2; }
station=$(realpath "$1"); mkdir -p "$2"; target=$(realpath "$2")
setting() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    "$station/station.json" "$1"; }
database=$(setting database)
beside=$target/.under-way; rm -rf "$beside"; mkdir "$beside"
case $database in
postgresql*) pg_dump --format=custom --file="$beside/database.dump" \
    "$(sed 's/^postgresql+psycopg:/postgresql:/' <<<"$database")" ;;
"") python3 - "$station/station.db" "$beside/station.db" <<'PYTHON'
import sqlite3, sys
with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True) as here, sqlite3.connect(sys.argv[2]) as there:
    here.backup(there)
PYTHON
    ;;
*) echo "unknown database: ${database%%:*}" >&2; exit 1 ;;
esac
tar -C "$station" --exclude=./uploads --exclude='./station.db*' --exclude=./address.json \
    --exclude='*.tmp' -cf "$beside/folder.tar" .
(cd "$beside" && sha256sum -- * >SHA256SUMS)
sync -f "$beside"
made=$target/station-$(date -u +%Y%m%dT%H%M%SZ)
mv "$beside" "$made"
# Thirty are kept.
ls -d "$target"/station-* | sort | head -n -30 | xargs -r rm -rf --
echo "$made"

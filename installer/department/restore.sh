#!/usr/bin/env bash
# restore.sh BACKUP NEW_STATION_FOLDER [DATABASE_URL]
#
# Into a new folder and, where the backup has a PostgreSQL dump, a new empty database. Nothing that
# exists is overwritten. Schools go on with what they have: addresses and keys are the same.
set -euo pipefail
umask 077
[ $# -ge 2 ] || { sed -n '2p' "$0"; exit 2; }
backup=$(realpath "$1"); station=$2; database=${3:-}
[ ! -e "$station" ] || { echo "$station is there already" >&2; exit 1; }
(cd "$backup" && sha256sum --quiet --check SHA256SUMS)
if [ -e "$backup/database.dump" ] && [ -z "$database" ]; then
    echo "this backup needs the address of a new, empty PostgreSQL database" >&2; exit 2
fi
beside=$station.restoring; rm -rf "$beside"; mkdir -p "$beside"
tar -C "$beside" -xpf "$backup/folder.tar"
mkdir -p "$beside/uploads"
if [ -e "$backup/database.dump" ]; then
    pg_restore --exit-on-error --single-transaction --no-owner \
        --dbname="$(sed 's/^postgresql+psycopg:/postgresql:/' <<<"$database")" "$backup/database.dump"
    python3 - "$beside/station.json" "$database" <<'PYTHON'
import json, os, sys
path, database = sys.argv[1:]
settings = json.load(open(path, encoding="utf-8")) | {"database": database}
with open(os.open(path + ".tmp", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
    json.dump(settings, file, ensure_ascii=False, indent=1)
os.replace(path + ".tmp", path)
PYTHON
else
    cp "$backup/station.db" "$beside/station.db"
fi
mv "$beside" "$station"
echo "$station"

"""From the first paint to the open window: waiting, first run, passphrase, damage, backups."""

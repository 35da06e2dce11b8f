"""The values that all packages share: people, marks, records, signatures, deliveries. No I/O."""

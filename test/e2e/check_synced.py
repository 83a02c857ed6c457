#!/usr/bin/env python3
"""check_synced.py FILE: every line "NAME SHA256" names a file that must be there with that content; "NAME SHA256 BYTES": that must begin with it; the last line
of a name counts."""
import hashlib, sys

missing = wrong = good = 0
wanted = {}
for line in open(sys.argv[1]):
    if line.endswith("\n"):  # otherwise the writer was killed in the middle of it
        name, digest, *size = line.split()
        wanted[name] = digest, size
for name, (digest, size) in wanted.items():
    try:
        with open(name, "rb") as f:
            same = hashlib.sha256(f.read(*map(int, size))).hexdigest() == digest
    except FileNotFoundError:
        missing += 1
        print("missing:", name)
        continue
    good += same
    wrong += not same
    if not same:
        print("wrong content:", name)
print(f"{good} of {good + wrong + missing} synced files are there")
sys.exit(1 if missing or wrong or good == 0 else 0)

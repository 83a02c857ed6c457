#!/usr/bin/env python3
"""check_synced.py FILE: every line "NAME SHA256" names a file that must be there with that content."""
import hashlib, sys

missing = wrong = good = 0
for line in open(sys.argv[1]):
    if not line.endswith("\n"):
        continue  # the writer was killed in the middle of the line
    name, digest = line.split()
    try:
        with open(name, "rb") as f:
            same = hashlib.sha256(f.read()).hexdigest() == digest
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

#!/usr/bin/env python3
"""table.py RAW.tsv: medians as a Markdown table, with the ratio of SealFS to the best peer, and the targets that it is to meet.

A ratio above 1 is always in favour of SealFS, whether more or less is better. Targets (docs/performance.md):
  metadata and small files with 4 processes: 3 × the best peer; create and cold stat also 35 % of the in-memory sample
  latencies: at most 0.6 × the best peer's (rows that the kernel's cache answers: equal)
  sequential and random throughput: 1.3 × the best peer or 80 % of the store itself, whichever is lower
"""
import statistics, sys
from collections import defaultdict

PEERS = ["moosefs", "gluster", "cephfs"]
ORDER = ["sealfs"] + PEERS + ["memfs", "store"]
CACHED = {"lat.stat, again", "lat.open+read+close, again", "lat.append 4 KiB"}
CEILING = {"md.create.4", "md.stat.4"}
NOISE = 1.1

values, units = defaultdict(list), {}
for line in open(sys.argv[1]):
    system, _, row, value, unit = line.rstrip("\n").split("\t")
    units[row] = unit
    if value != "nan":
        values[row, system].append(float(value))

median = {key: statistics.median(list_) for key, list_ in values.items()}
systems = [s for s in ORDER if any(system == s for _, system in median)]


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def gain(row, other):
    """How many times better SealFS is than another system."""
    ours, theirs = median.get((row, "sealfs")), median.get((row, other))
    if not ours or not theirs:
        return None
    return theirs / ours if units[row] in ("s", "us") else ours / theirs


def judge(row):
    """The target as text and whether it is met, or None where there is none."""
    best = min((g for p in PEERS if (g := gain(row, p))), default=None)
    if row.startswith("md.") and row.endswith(".4"):
        checks = [("3 × peer", best, 3.0)]
        if row in CEILING:
            checks.append(("35 % of memfs", gain(row, "memfs"), 0.35))
    elif row.startswith("lat."):
        checks = [("equal to peer", best, 1 / NOISE)] if row in CACHED else [("0.6 × peer", best, 1 / 0.6)]
    elif row.startswith("fio."):
        store = gain(row, "store")
        return ("1.3 × peer or 80 % of store", None if best is None and store is None else (best or 0) >= 1.3 or (store or 0) >= 0.8)
    else:
        return None
    known = [(g >= limit) for _, g, limit in checks if g is not None]
    return (", ".join(text for text, _, _ in checks), all(known) if known else None)


rows = list(units)
print("| row | unit | " + " | ".join(systems) + " | to best peer | target | |")
print("| --- | --- |" + " ---: |" * len(systems) + " ---: | --- | --- |")
met = missed = 0
for row in rows:
    cells = [number(median[row, s]) if (row, s) in median else "–" for s in systems]
    best = min((g for p in PEERS if (g := gain(row, p))), default=None)
    verdict = judge(row)
    mark = "" if verdict is None or verdict[1] is None else "met" if verdict[1] else "missed"
    met += mark == "met"
    missed += mark == "missed"
    print(f"| {row} | {units[row]} | " + " | ".join(cells) + f" | {f'{best:.2f} ×' if best else '–'} | {verdict[0] if verdict else ''} | {mark} |")
print(f"\n{met} targets met, {missed} missed.")

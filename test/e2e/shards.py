#!/usr/bin/env python3
"""shards.py COMMAND ARGS…: sums over what "sealfs cluster … --output json" prints. Files are outputs of "cluster map" and "cluster nodes".

held MAP                     prints NODE COUNT for each node
least BEFORE AFTER           the shards that had to move from one map to the other, given what each node holds in the end
moved BEFORE AFTER           the shards that did, at least
spread NODES                 prints shards and bytes of each node, and the largest deviation from the mean
of MAP NODE                  the numbers of the shards that a node serves
"""
import json, sys


def load(path):
    with open(path) as f:
        return json.load(f)


def held(m):
    counts = {name: 0 for name in m["nodes"].values()}
    for shard in m["shards"]:
        counts[m["nodes"][str(shard["primary"])]] += 1
    return counts


command, args = sys.argv[1], sys.argv[2:]
if command == "held":
    for name, count in held(load(args[0])).items():
        print(name, count)
elif command == "least":
    before, after = held(load(args[0])), held(load(args[1]))
    print(sum(max(0, count - after.get(name, 0)) for name, count in before.items()))
elif command == "moved":
    before, after = load(args[0]), load(args[1])
    print(sum(a["primary"] != b["primary"] for a, b in zip(before["shards"], after["shards"])))
elif command == "spread":
    nodes = [n for n in load(args[0]) if n["state"] == "live" and not n["drain"]]
    for key in "primaryShards", "shardBytes":
        values = [n[key] for n in nodes]
        mean = sum(values) / len(values)
        worst = max(abs(v - mean) for v in values) / mean if mean else 0
        print(f"{key}: {' '.join(map(str, values))}, largest deviation from the mean {100 * worst:.1f} %")
elif command == "of":
    m = load(args[0])
    print(*[s["shard"] for s in m["shards"] if m["nodes"][str(s["primary"])] == args[1]])
else:
    sys.exit(__doc__)

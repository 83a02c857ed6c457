"""metric_names.py DIRECTORY SCRAPE...: the metrics that the dashboard and the rules in DIRECTORY name are among those that the servers export.

Each SCRAPE is what a server answered to /metrics. Prints what is missing; exit code 1 when anything is. Labels that are selected or grouped by must exist too.
"""
import json
import re
import sys

NAME = re.compile(r"\b(?:sealfs|dotnet|kestrel)_[a-z0-9_]+")
LABELS = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPS = re.compile(r"\b(?:by|on)\s*\(([^)]*)\)")

# Shown only after something happened that does not happen here; the instruments are in storage-node/Checks/Scrubber.cs and storage-node/Replication/ReplicationMetrics.cs.
ONLY_AFTER_AN_EVENT = {"sealfs_scrub_damaged_blocks_total": "a damaged block", "sealfs_node_move_pause_seconds_bucket": "a move"}

# Given by whoever scrapes, and by a histogram.
FROM_OUTSIDE = {"namespace", "job", "pod", "le"}


def expressions(directory):
    dashboard = json.load(open(f"{directory}/dashboard.json"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield f"dashboard, {panel['title']}", target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield f"dashboard, variable {variable['name']}", variable["query"]["query"]
    rules = open(f"{directory}/rules.yaml").read()
    for alert, body in re.findall(r"- alert: (\w+)\n\s+expr: (.*?)\n\s+(?:for|labels):", rules, re.S):
        yield f"rule {alert}", body


def exported(scrapes):
    names, labels = set(), set()
    for path in scrapes:
        for line in open(path):
            if not line.startswith("#") and line.strip():
                names.add(re.split(r"[{ ]", line, maxsplit=1)[0])
                labels.update(LABELS.findall(line))
    return names, labels


def main():
    names, labels = exported(sys.argv[2:])
    problems, count = [], set()
    for where, text in expressions(sys.argv[1]):
        for name in NAME.findall(text):
            count.add(name)
            if name not in names and name not in ONLY_AFTER_AN_EVENT:
                problems.append(f"{where}: nobody exports {name}")
        used = set(LABELS.findall(text)) | {label.strip() for group in GROUPS.findall(text) for label in group.split(",") if label.strip()}
        problems += [f"{where}: nothing has a label {label}" for label in used - labels - FROM_OUTSIDE]
    problems += [f"{name} is exported here: it needs no exception" for name in set(ONLY_AFTER_AN_EVENT) & names]
    print("\n".join(problems) if problems else f"note: {len(count)} metrics are used, {len(names)} are exported")
    return bool(problems)


sys.exit(main())

#!/usr/bin/env bash
# scaling.sh: what a large cluster costs its manager and its clients: planning, sizes of maps, and a real manager with real streams of nodes and clients.
#
#   bench/scaling.sh [--parts plan,map,control] [--shards N] [--nodes N] [--clients N] [--reps N] [--quick]
#
#   --parts  plan: building and rebalancing maps · map: sizes and times of maps and differences · control: heartbeats, sessions and watch streams (default: all)
#   --shards, --nodes, --clients   the cluster of the last two parts and of the second row of the first (default: 10000, 1000, 10000)
#   --reps   repetitions, of which medians are printed (default: 5)
#   --quick  small sizes: for trying the script, not for figures
#
# The control part needs some 12 GB of memory and 2 × clients file descriptors. Everything runs on this machine, so the clients' and nodes' side takes its
# part of the same processors. docs/scaling.md says what the figures mean.
set -eu -o pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
cd "$ROOT"
ulimit -n "$(ulimit -Hn)"
dotnet build bench/scaling/SealFs.Scaling.csproj -c Release -v q --nologo -clp:NoSummary >&2
echo "bench/scaling.sh $*"
echo "$(nproc) processors ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)), $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB," \
  "Linux $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg), $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
exec bench/scaling/bin/Release/net10.0/SealFs.Scaling "$@"

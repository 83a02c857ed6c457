#!/usr/bin/env bash
# compare.sh: SealFS beside its peers, measured in one run on one machine, on one disk.
#
#   bench/compare.sh [--only sealfs,memfs,…] [--rows md,lat,fio,tree] [--reps N] [--cephfs] [--quick] [--out DIR]
#
#   --only   systems: sealfs, moosefs, gluster, cephfs, memfs (the in-memory sample of our FUSE library: the ceiling), store (the disk itself)
#            (default: sealfs,moosefs,gluster,memfs,store)
#   --rows   md: create, cold stat, small-file write, open+read+close, remove, with 1 and 4 processes · lat: single calls · fio: sequential and random
#            · tree: untar, cp -r, grep -r, git add, rm -rf of 5,000 small files (default: all)
#   --reps   repetitions; a repetition starts every system afresh, so that what the machine does meanwhile falls on all alike (default: 3)
#   --cephfs add CephFS
#   --quick  small sizes: for trying the script, not for figures
#   --out    where raw.tsv and the table go (default: .build/bench/DATE)
#
# Needs root (network namespace, loop device, dropping caches) and, once, packages from the distribution. The table has medians, ratios to the best peer, and
# whether the targets of docs/performance.md are met. A ratio below 1.5 means little on a machine that does other things.
set -eu -o pipefail
ROOT=$(cd "$(dirname "$0")/.." && pwd)
PEERS=$ROOT/bench/peers
COMMAND="bench/compare.sh $*"
ONLY=sealfs,moosefs,gluster,memfs,store ROWS=md,lat,fio,tree REPS=3 QUICK="" OUT=$ROOT/.build/bench/$(date -u +%Y%m%d-%H%M%S)
while [ $# -gt 0 ]; do
  case $1 in
    --only) ONLY=$2; shift ;;
    --rows) ROWS=$2; shift ;;
    --reps) REPS=$2; shift ;;
    --cephfs) ONLY=$ONLY,cephfs ;;
    --quick) QUICK=yes ;;
    --out) OUT=$2; shift ;;
    *) sed -n '2,/^set/p' "$0" | grep '^#' | cut -c3-; exit 64 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || { echo "compare.sh needs root" >&2; exit 2; }
export BENCH_DIR=${BENCH_DIR:-/tmp/sealfs-bench}
export GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@localhost GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@localhost GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
if [ -n "$QUICK" ]; then FILES=200 LAT=60 STREAM=32 RANDOM_SECONDS=1 TREE=500; else FILES=2500 LAT=400 STREAM=256 RANDOM_SECONDS=3 TREE=5000; fi
mkdir -p "$OUT" "$BENCH_DIR"
RAW=$OUT/raw.tsv
MOUNT="" SYSTEM=""

has() { case ",$1," in *",$2,"*) true ;; *) false ;; esac; }
say() { echo "[$(date -u +%H:%M:%S)] $*" >&2; }
script_of() { if [ "$1" = store ]; then echo "$PEERS/store-direct.sh"; else echo "$PEERS/$1.sh"; fi; }
emit() { printf '%s\t%s\t%s\t%s\t%s\n' "$SYSTEM" "$REP" "$1" "$2" "$3" >>"$RAW"; }   # row value unit
tear_down() {
  [ -n "$SYSTEM" ] || return 0
  "$(script_of "$SYSTEM")" umount "$MOUNT" >/dev/null 2>&1 || true
  "$(script_of "$SYSTEM")" stop >/dev/null 2>&1 || true
  SYSTEM=""
}
trap 'tear_down; "$PEERS/store.sh" down >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM
cold() { sync; echo 2 >/proc/sys/vm/drop_caches; }
# timed ROW COMMAND…: wall seconds; "nan" when it failed
timed() {
  local row=$1 began; shift
  began=$(date +%s%N)
  if "$@" >>"$OUT/$SYSTEM.log" 2>&1; then emit "$row" "$(awk "BEGIN { printf \"%.3f\", ($(date +%s%N) - $began) / 1e9 }")" s; else emit "$row" nan s; say "$SYSTEM: $row failed, see $OUT/$SYSTEM.log"; fi
}

rows_md() {
  local np
  for np in 1 4; do
    mkdir "$W/md"
    if timeout 300 "$BENCH_DIR/mdload" "$W/md" $np $((FILES * 2 / (np == 1 ? 1 : 2))) 1 >"$BENCH_DIR/md.out" 2>>"$OUT/$SYSTEM.log"; then :; else say "$SYSTEM: mdload failed"; fi
    while IFS=$'\t' read -r phase rate; do emit "md.$phase.$np" "$rate" ops/s; done <"$BENCH_DIR/md.out"
    rm -rf "$W/md"
  done
}
rows_lat() {
  python3 "$ROOT/bench/oplat.py" "$W" $LAT >"$BENCH_DIR/lat.out" 2>>"$OUT/$SYSTEM.log" || say "$SYSTEM: oplat failed"
  while IFS=$'\t' read -r name median _; do emit "lat.$name" "$median" us; done <"$BENCH_DIR/lat.out"
}
rows_fio() {
  local rw jobs bs extra value
  mkdir "$W/fio"
  for row in "write 1 1m" "read 1 1m" "write 4 1m" "read 4 1m" "randwrite 1 4k" "randread 4 4k"; do
    read -r rw jobs bs <<<"$row"
    extra=""
    case $rw in *write) extra="--end_fsync=1" ;; esac
    case $rw in rand*) extra="$extra --runtime=$RANDOM_SECONDS" ;; esac
    timeout 120 fio --name=j --directory="$W/fio" --filename_format='f.$jobnum' --size=$((STREAM / jobs))m --numjobs="$jobs" --rw="$rw" --bs="$bs" --ioengine=psync \
      --invalidate=1 --fallocate=none --randseed=7 --group_reporting --thread --output-format=json $extra >"$BENCH_DIR/fio.out" 2>>"$OUT/$SYSTEM.log" || say "$SYSTEM: fio $row failed"
    value=$(python3 - "$BENCH_DIR/fio.out" "$rw" <<'PY'
import json, sys
try:
    text = open(sys.argv[1]).read()
    job = json.loads(text[text.index("{"):])["jobs"][0]
    side = job["write" if sys.argv[2].endswith("write") else "read"]
    print("nan" if job["error"] else "%.1f" % (side["iops"] if sys.argv[2].startswith("rand") else side["bw_bytes"] / 1048576))
except Exception:
    print("nan")
PY
)
    case $rw in rand*) emit "fio.$rw.$jobs" "$value" IOPS ;; *) emit "fio.$rw.$jobs" "$value" MiB/s ;; esac
  done
  rm -rf "$W/fio"
}
git_add() { git -C "$1" init -q && git -C "$1" config gc.auto 0 && git -C "$1" add .; }
grep_tree() { [ "$(grep -r needle "$1" | wc -l)" -gt 0 ]; }
rows_tree() {
  mkdir "$W/tree"
  timed tree.untar tar xf "$BENCH_DIR/tree.tar" -C "$W/tree"
  cold; timed tree.grep grep_tree "$W/tree"
  timed tree.cp cp -r "$W/tree" "$W/copy"
  timed tree.gitadd git_add "$W/tree"
  timed tree.rm rm -rf "$W/tree" "$W/copy"
}

say "preparing"
for tool in gcc fio git; do command -v $tool >/dev/null || { . "$PEERS/env.sh"; install_packages gcc libc6-dev fio git python3; }; done
gcc -O2 -Wall -o "$BENCH_DIR/mdload" "$ROOT/bench/mdload.c"
python3 "$ROOT/test/e2e/make_tree.py" "$BENCH_DIR/tree.tar" $TREE
"$PEERS/store.sh" up
for s in ${ONLY//,/ }; do "$(script_of "$s")" install || { say "$s cannot be installed; left out"; ONLY=$(echo ",$ONLY," | sed "s/,$s,/,/; s/^,//; s/,$//"); }; done
: >"$RAW"
for REP in $(seq 1 "$REPS"); do
  for s in ${ONLY//,/ }; do
    SYSTEM=$s MOUNT=$BENCH_DIR/mnt-$s
    say "repetition $REP: $s"
    if "$(script_of "$s")" start >>"$OUT/$s.log" 2>&1 && "$(script_of "$s")" mount "$MOUNT" >>"$OUT/$s.log" 2>&1; then
      W=$MOUNT/work
      mkdir "$W"
      for rows in md lat fio tree; do if has "$ROWS" $rows; then rows_$rows; fi; done
      rm -rf "$W"
    else say "$s does not start; see $OUT/$s.log"; fi
    tear_down
    sync
  done
done
{
  echo "# $COMMAND"
  echo "# $(date -u '+%Y-%m-%d %H:%M') UTC, $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
  echo "# revision $(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo unknown), load $(cut -d' ' -f1-3 /proc/loadavg), $REPS repetitions"
  echo
  python3 "$ROOT/bench/table.py" "$RAW"
} | tee "$OUT/table.md"

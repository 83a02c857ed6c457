#!/usr/bin/env bash
# A cluster grows from three nodes to five and shrinks to three others, under fio verify, a metadata load and a walker that knows every byte: no error, no
# wrong byte, no more moved than the shares ask for; evenness and longest pauses are printed.
# time limit: 420
. "$(dirname "$0")/lib.sh"
need fio
start_cluster
mount_volume m test
M=$WORK/m
T=$(seconds 45 240)
FILES=$(seconds 600 2000)
export SEALFS_MANAGER=$MANAGER

cluster() { sealfs cluster "$@" --output json; }
nothing_moves() { cluster moves >"$WORK/moves.json" && python3 -c "import json,sys; sys.exit(len(json.load(open(sys.argv[1]))['moves']))" "$WORK/moves.json"; }
field() { python3 -c "import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$@"; }
moved_bytes() { cluster moves >"$WORK/moves.json"; field "$WORK/moves.json" completedBytes; }
holds() { # NODE LEAST: the node serves that many shards
  cluster map >"$WORK/now.map" && [ "$(python3 "$ROOT/test/e2e/shards.py" of "$WORK/now.map" "$1" | wc -w)" -ge "$2" ]
}
all_bytes() { sealfs volume show test --output json >"$WORK/volume.json"; python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['volume']['usedBytes'])" "$WORK/volume.json"; }
spread() { cluster nodes >"$WORK/nodes.json"; python3 "$ROOT/test/e2e/shards.py" spread "$WORK/nodes.json" | while read -r line; do note "$1: $line"; done; }
# At most 15 % more shards than had to be. Bytes are printed alone, against what so many shards hold on average: what is written meanwhile is copied again, and how much that is depends on the disk.
least_movement() { # BEFORE AFTER BYTES BYTES_HELD WHAT
  local least moved shards
  least=$(python3 "$ROOT/test/e2e/shards.py" least "$1" "$2") moved=$(python3 "$ROOT/test/e2e/shards.py" moved "$1" "$2")
  shards=$(python3 -c "import json,sys; print(len(json.load(open(sys.argv[1]))['shards']))" "$1")
  python3 - "$least" "$moved" "$3" "$4" "$shards" "$5" <<'PY'
import sys
least, moved, copied, held, shards = map(int, sys.argv[1:6])
bound = held * least / shards
print(f"note: {sys.argv[6]}: {moved} shards moved, {least} had to; {copied / 1e6:.1f} MB copied, {bound / 1e6:.1f} MB had to ({100 * copied / bound - 100 if bound else 0:+.1f} %)")
sys.exit(not (moved <= least * 1.15 + 1))
PY
}

mkdir "$M/fio" "$M/walk" "$M/load"; cd "$WORK" || exit 1   # where fio leaves its state
python3 "$ROOT/test/e2e/walker.py" "$M/walk" "$T" "$FILES" 200000 >"$WORK/walk.out" 2>"$WORK/log/walk" & WALK=$!
PIDS+=("$WALK")
check "the tree is made" wait_until 120 grep -q ready "$WORK/walk.out"
head -1 "$WORK/walk.out"
fio --name=v --directory="$M/fio" --size=16m --rw=randwrite --bs=8k --verify=crc32c --verify_fatal=1 --do_verify=1 --ioengine=psync --fsync=64 --time_based --runtime="$T" \
  >"$WORK/log/fio" 2>&1 & FIO=$!
python3 "$ROOT/test/e2e/load.py" "$M/load" "$T" --fsync-log "$WORK/synced" >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
PIDS+=("$FIO" "$LOAD")
# Files that are open and have no name, in many shards: their references and their contents move too, and at the end nothing is left of them.
mkdir "$M/nameless"
python3 - "$M/nameless" "$T" 2>"$WORK/log/nameless" <<'PY' &
import os, sys, time
end, files = time.monotonic() + float(sys.argv[2]), {}
for n in range(200):
    directory = f"{sys.argv[1]}/{n % 40}"
    os.makedirs(directory, exist_ok=True)
    fd = os.open(f"{directory}/{n}", os.O_CREAT | os.O_RDWR)
    files[fd] = b"%d" % n * (1 if n % 2 else 10000)
    os.write(fd, files[fd])
    os.fsync(fd)
    os.unlink(f"{directory}/{n}")
while time.monotonic() < end:
    for fd, data in files.items():
        if os.pread(fd, 1 << 17, 0) != data: sys.exit(f"the content of a file without a name is not there: {data[:10]}")
        os.pwrite(fd, data[:1], 0)
    time.sleep(0.5)
PY
NAMELESS=$!
PIDS+=("$NAMELESS")

echo "# two more nodes"
sleep 2
cluster map >"$WORK/before.map"; bytes_before=$(moved_bytes); held=$(all_bytes)
read -r -a ports <<<"$(free_ports 4)"
for n in 4 5; do
  NODE_PORT[$n]=${ports[$((2 * n - 8))]} NODE_METRICS[$n]=${ports[$((2 * n - 7))]}
  mkdir -p "$WORK/node-$n"; start_node "$n"
done
began=$(now_ms)
check "node-4 gets its share" wait_until 120 holds node-4 50
check "node-5 gets its share" wait_until 120 holds node-5 50
check "the moves end" wait_until 180 nothing_moves
note "growing took $((($(now_ms) - began) / 1000)) s"
cluster map >"$WORK/grown.map"; bytes_grown=$(moved_bytes)
check "no more was moved than had to be" least_movement "$WORK/before.map" "$WORK/grown.map" $((bytes_grown - bytes_before)) "$held" "growing"
spread "after growing"

echo "# two of the first three go"
held=$(all_bytes)
began=$(now_ms)
sealfs cluster drain node-1 --no-wait; sealfs cluster drain node-2 --no-wait
check "a node that holds data is not removed" bash -c "'$SEALFS' cluster remove node-1; [ \$? = 7 ]"
check "node-1 is drained" sealfs cluster drain node-1
check "node-2 is drained" sealfs cluster drain node-2
check "the moves end" wait_until 120 nothing_moves
note "draining took $((($(now_ms) - began) / 1000)) s"
cluster map >"$WORK/drained.map"; bytes_drained=$(moved_bytes)
check "no more was moved than had to be" least_movement "$WORK/grown.map" "$WORK/drained.map" $((bytes_drained - bytes_grown)) "$held" "draining"
spread "after draining"
for n in 1 2; do
  check "node-$n is safe to remove" sealfs cluster safe "node-$n"
  check "node-$n is removed" sealfs cluster remove "node-$n"
  check "the process of node-$n ends by itself" wait_until 30 gone "${NODE_PID[$n]}"
done

wait "$NAMELESS"; nameless_rc=$?
wait "$WALK"; walk_rc=$?
wait "$LOAD"; load_rc=$?
wait "$FIO"; fio_rc=$?
tail -1 "$WORK/walk.out" >"$WORK/walk.json"; cat "$WORK/walk.json" "$WORK/load.json"
nothing_moves
note "longest call: walker $(field "$WORK/walk.json" longest_ms) ms ($(field "$WORK/walk.json" longest_call)), load $(field "$WORK/load.json" longest_ms) ms ($(field "$WORK/load.json" longest_call)); longest pause of a shard: $(field "$WORK/moves.json" longestPauseMs) ms"
check "no error and no wrong byte at the walker" test "$walk_rc" = 0
check "no error at the metadata load" test "$load_rc" = 0
check "no error at fio, every block verified" test "$fio_rc" = 0 || tail -5 "$WORK/log/fio"
check "the files without a name keep their content" test "$nameless_rc" = 0 || tail -3 "$WORK/log/nameless"
nothing_without_a_name() { sealfs fsck test | grep -q ' 0 open without a name'; }
check "nothing is left of them when they are closed" wait_until 30 nothing_without_a_name
check "what was synced is there" python3 "$ROOT/test/e2e/check_synced.py" "$WORK/synced"
check "fsck finds nothing and every checksum right" sealfs fsck test --verify
check "the three that are left are well" cluster_healthy
mount_volume second test
check "both mounts see the same" bash -c "diff <(cd '$M' && find . -type f | sort) <(cd '$WORK/second' && find . -type f | sort)"

echo "# a node is lost for ever"
kill_hard "${NODE_PID[5]}"
type_name() { script -qefc "$SEALFS cluster remove node-5 --force-lose-data --manager $MANAGER" /dev/null <<<"$1" >"$WORK/typed" 2>&1; }
check "without a terminal nothing is lost" bash -c "'$SEALFS' cluster remove node-5 --force-lose-data </dev/null 2>/dev/null; [ \$? = 64 ]"
check "with the wrong name nothing is lost" bash -c "$(declare -f type_name); SEALFS='$SEALFS' MANAGER=$MANAGER WORK='$WORK' type_name node-4; [ \$? = 7 ]"
check "with its name it is removed" type_name node-5
check "the cluster is well without it" wait_until 60 cluster_healthy
check "fsck tells what was lost" bash -c "'$SEALFS' fsck test >'$WORK/lost'; [ \$? = 1 ]"
check "what is new is kept" bash -c "mkdir '$WORK/second/new' && cp '$WORK/load.json' '$WORK/second/new/' && cmp '$WORK/load.json' '$M/new/load.json'"
finish

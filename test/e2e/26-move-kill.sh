#!/usr/bin/env bash
# kill -9 of the source, of the target and of the manager at every step of a move, under a load and a walker that knows every byte: the shard has one owner
# afterwards, nothing is lost, and applications see a pause and no error.
# time limit: 900
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume m test -o op_timeout=120s
M=$WORK/m
export SEALFS_MANAGER=$MANAGER
SOURCE_STEPS="attached page tail snapshot retired handed-over dropping"
TARGET_STEPS="begun page-applied tail-applied verified before-begin-switch after-begin-switch took-over before-complete after-complete served"
MANAGER_STEPS="begun page-applied verified before-begin-switch after-begin-switch took-over before-complete after-complete served"

cluster() { sealfs cluster "$@" --output json; }
nothing_moves() { cluster moves >"$WORK/moves.json" && python3 -c "import json,sys; sys.exit(len(json.load(open(sys.argv[1]))['moves']))" "$WORK/moves.json"; }
field() { python3 -c "import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$@"; }
stopped() { [ "$(sed 's/^.*) //' "/proc/$1/stat" | cut -c1)" = T ]; }
owner() { # SHARD: the node that serves it by the map
  cluster map >"$WORK/map.json" && python3 -c "
import json,sys; m = json.load(open(sys.argv[1])); s = m['shards'][int(sys.argv[2])]; print(m['nodes'][str(s['primary'])], s['learners'])" "$WORK/map.json" "$1"
}
# A directory in a shard of node-1, in which something is written all the time.
busy_directory() {
  local n d
  mkdir -p "$M/busy"
  for n in $(seq 1 200); do
    d=$M/busy/$1.$2.$3.$n; mkdir "$d"
    case $(owner $(($(stat -c %i "$d") >> 44))) in "node-1 []") echo "$d"; return ;; esac
    rmdir "$d"
  done
  return 1
}
write_in() { # DIRECTORY
  python3 - "$1" "$WORK/quiet" <<'PY'
import os, sys
d, n = sys.argv[1], 0
while not os.path.exists(sys.argv[2]):
    n += 1
    data = os.urandom(100 + n % 40000)
    with open(f"{d}/a", "wb") as f: f.write(data)
    os.rename(f"{d}/a", f"{d}/b")
    with open(f"{d}/b", "rb") as f:
        if f.read() != data: sys.exit(f"wrong content in round {n}")
    if os.listdir(d) != ["b"]: sys.exit(f"round {n}: {os.listdir(d)}")
    if n % 8 == 0: os.unlink(f"{d}/b")
PY
}
restart_node() { # N [FAILPOINT]
  stop_softly "${NODE_PID[$1]}" 30
  SEALFS_FAILPOINT=${2:-} start_node "$1"
  wait_until 60 cluster_healthy
}

# One move from node-1 to node-2, with a death in its middle. What a step leaves behind is looked at before the next one.
step() { # ROLE STEP ROUND
  local role=$1 point=move.$2 victim directory shard writer
  case $role in source) victim=1 ;; *) victim=2 ;; esac
  case $role in
    manager) restart_node $victim "$point:stop" ;;
    *) restart_node $victim "$point:exit" ;;
  esac
  directory=$(busy_directory "$@") || { echo "no shard is left to node-1"; return 1; }
  shard=$(($(stat -c %i "$directory") >> 44))
  rm -f "$WORK/quiet"; write_in "$directory" 2>"$WORK/log/writer" & writer=$!
  PIDS+=("$writer")
  # The log's tail is a step only while something is written.
  wait_until 60 test -e "$directory/b" || return 1
  # A node that has just come has not told yet how much room it has.
  wait_until 30 sealfs cluster move "$shard" node-2 || return 1
  if [ "$role" = manager ]; then
    wait_until 60 stopped "${NODE_PID[2]}" || return 1
    kill_hard "$MANAGER_PID"
    kill -CONT "${NODE_PID[2]}"
    sleep 0.5   # the target notices that nobody answers, or goes on without
    start_manager
  else
    wait_until 60 gone "${NODE_PID[$victim]}" || return 1
    start_node $victim
  fi
  wait_until 60 cluster_healthy && wait_until 90 nothing_moves || { cat "$WORK/moves.json"; return 1; }
  touch "$WORK/quiet"
  wait "$writer" || { cat "$WORK/log/writer"; return 1; }
  echo "shard $shard is served by $(owner "$shard")"
  case $(owner "$shard") in "node-1 []" | "node-2 []") ;; *) return 1 ;; esac
  alive "$WALK" && alive "$LOAD"
}

mkdir "$M/walk" "$M/load"
python3 "$ROOT/test/e2e/walker.py" "$M/walk" 3600 120 60000 --until "$WORK/stop" >"$WORK/walk.out" 2>"$WORK/log/walk" & WALK=$!
python3 "$ROOT/test/e2e/load.py" "$M/load" 3600 --pause 0.02 --until "$WORK/stop" --fsync-log "$WORK/synced" >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
PIDS+=("$WALK" "$LOAD")
check "the tree is made" wait_until 120 grep -q ready "$WORK/walk.out"
head -1 "$WORK/walk.out"
for round in $(seq 1 "$(seconds 1 5)"); do
  for s in $SOURCE_STEPS; do check "kill -9 of the source at: $s ($round)" step source "$s" "$round"; done
  check "fsck is clean after the deaths of the source ($round)" fsck_clean test
  for s in $TARGET_STEPS; do check "kill -9 of the target at: $s ($round)" step target "$s" "$round"; done
  check "fsck is clean after the deaths of the target ($round)" fsck_clean test
  for s in $MANAGER_STEPS; do check "kill -9 of the manager with the target at: $s ($round)" step manager "$s" "$round"; done
  check "fsck is clean after the deaths of the manager ($round)" fsck_clean test
done
touch "$WORK/stop"
wait "$WALK"; walk_rc=$?
wait "$LOAD"; load_rc=$?
tail -1 "$WORK/walk.out" >"$WORK/walk.json"; cat "$WORK/walk.json" "$WORK/load.json"
nothing_moves
note "longest call: walker $(field "$WORK/walk.json" longest_ms) ms ($(field "$WORK/walk.json" longest_call)), load $(field "$WORK/load.json" longest_ms) ms ($(field "$WORK/load.json" longest_call))"
check "no error and no wrong byte at the walker" test "$walk_rc" = 0
check "no error at the load" test "$load_rc" = 0
check "what was synced is there" python3 "$ROOT/test/e2e/check_synced.py" "$WORK/synced"
check "fsck finds nothing and every checksum right" sealfs fsck test --verify
finish

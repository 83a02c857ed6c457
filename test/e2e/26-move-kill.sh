#!/usr/bin/env bash
# kill -9 of the source, of the target and of the manager at every step of a move, under a load and a walker that knows every byte: the shard has one owner
# afterwards, nothing is lost, and applications see a pause and no error.
# time limit: 420
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
a_shard_of() { cluster map >"$WORK/map.json" && python3 "$ROOT/test/e2e/shards.py" of "$WORK/map.json" "$1" | tr ' ' '\n' | shuf -n 1 --random-source=<(yes "$1 $2"); }
restart_node() { # N [FAILPOINT]
  stop_softly "${NODE_PID[$1]}" 30
  SEALFS_FAILPOINT=${2:-} start_node "$1"
  wait_until 60 cluster_healthy
}

# One move from node-1 to node-2, with a death in its middle. What a step leaves behind is looked at before the next one.
step() { # ROLE STEP
  local role=$1 point=move.$2 victim shard
  case $role in source) victim=1 ;; *) victim=2 ;; esac
  shard=$(a_shard_of node-1 "$1 $2")
  case $role in
    manager) restart_node $victim "$point:stop" ;;
    *) restart_node $victim "$point:exit" ;;
  esac
  sealfs cluster move "$shard" node-2 >/dev/null || return 1
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
  echo "shard $shard is served by $(owner "$shard")"
  case $(owner "$shard") in "node-1 []" | "node-2 []") ;; *) return 1 ;; esac
  fsck_clean test && alive "$LOAD" && alive "$WALK"
}

mkdir "$M/walk" "$M/load"
python3 "$ROOT/test/e2e/walker.py" "$M/walk" 3600 120 60000 --until "$WORK/stop" >"$WORK/walk.out" 2>"$WORK/log/walk" & WALK=$!
python3 "$ROOT/test/e2e/load.py" "$M/load" 3600 --until "$WORK/stop" --fsync-log "$WORK/synced" >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
PIDS+=("$WALK" "$LOAD")
check "the tree is made" wait_until 120 grep -q ready "$WORK/walk.out"
head -1 "$WORK/walk.out"
for round in $(seq 1 "$(seconds 1 5)"); do
  for s in $SOURCE_STEPS; do check "kill -9 of the source at: $s ($round)" step source "$s"; done
  for s in $TARGET_STEPS; do check "kill -9 of the target at: $s ($round)" step target "$s"; done
  for s in $MANAGER_STEPS; do check "kill -9 of the manager with the target at: $s ($round)" step manager "$s"; done
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

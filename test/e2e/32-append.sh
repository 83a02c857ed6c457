#!/usr/bin/env bash
# O_APPEND from several mounts to one file: every line is there once, whole and in its writer's order, also when nodes and workers are killed in the middle.
# time limit: 600
. "$(dirname "$0")/lib.sh"
start_cluster
mount_volume a test; A=$WORK/a; A_KEEPER=$MOUNT_PID
mount_volume b test; B=$WORK/b; B_KEEPER=$MOUNT_PID
APPEND="python3 $ROOT/test/e2e/append.py"

both() { # FILE THREADS LINES [fsync]: both mounts at once; meanwhile runs $DURING
  local rc=0 a b
  : >"$A/$1" || return 1
  $APPEND write "$A/$1" a "${@:2}" & a=$!
  $APPEND write "$B/$1" b "${@:2}" & b=$!
  PIDS+=("$a" "$b")
  if [ -n "${DURING:-}" ]; then "$DURING" "$a" "$b"; fi
  wait "$a" || rc=1
  wait "$b" || rc=1
  return $rc
}
lines() { both "$@" && $APPEND check "$A/$1" a,b "$2" "$3" && $APPEND check "$B/$1" a,b "$2" "$3"; }
while_node_dies() { # each node is killed once and comes back, while both write
  local n
  for n in 1 2 3; do
    alive "$1" || alive "$2" || break
    kill_hard "${NODE_PID[$n]}"; start_node "$n"
    wait_until 30 cluster_healthy
  done 2>/dev/null
  note "$n nodes were killed"
}
while_worker_dies() { # each worker is killed three times, once its predecessor's successor serves, while both write
  local kills=0 keeper worker round
  for round in 1 2 3; do
    for keeper in "$A_KEEPER" "$B_KEEPER"; do
      alive "$1" || alive "$2" || break 2
      wait_until 20 worker_of "$keeper" >/dev/null
      worker=$(worker_of "$keeper")
      kill -9 "$worker" && kills=$((kills + 1))
      wait_until 20 served "$keeper" "$worker"
    done
  done 2>/dev/null
  note "workers were killed $kills times"
}
served() { # KEEPER WORKER: another worker than this one answers
  local now; now=$(worker_of "$1")
  [ -n "$now" ] && [ "$now" != "$2" ] && stat "$A/plain" "$B/plain" >/dev/null
}
N=$(seconds 2000 20000)
check "4 threads on each of two mounts, $N lines each" lines plain 4 "$N"
check "with an fsync after each line" lines synced 4 150 fsync
DURING=while_node_dies check "while nodes are killed" lines nodes 4 300 fsync
DURING=while_worker_dies check "while workers are killed" lines workers 4 300 fsync
DURING=while_worker_dies check "while workers are killed, without fsync" lines workers2 4 $((4 * N))
direct() { # past the page cache, and by O_SYNC
  python3 - "$A/direct" "$B/direct" <<'PY'
import os, sys, threading
def work(path, name, flags):
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | flags)
    for i in range(150): os.write(fd, b"%s %04d\n" % (name, i))
    os.close(fd)
threads = [threading.Thread(target=work, args=(path, name, flags)) for path, name, flags in
           ((sys.argv[1], b"a-direct", os.O_DIRECT), (sys.argv[2], b"b-direct", os.O_DIRECT), (sys.argv[1], b"a-sync", os.O_SYNC), (sys.argv[2], b"b-plain", 0))]
for t in threads: t.start()
for t in threads: t.join()
got = open(sys.argv[1], "rb").read().split(b"\n")[:-1]
for name in (b"a-direct", b"b-direct", b"a-sync", b"b-plain"):
    assert [l for l in got if l.startswith(name + b" ")] == [b"%s %04d" % (name, i) for i in range(150)], name
assert len(got) == 600, len(got)
PY
}
check "with O_DIRECT and with O_SYNC" direct
own() { # what a program appends it can read at once by the same mount, and where it was put
  python3 - "$A/own" "$B/own" <<'PY'
import os, sys
a = os.open(sys.argv[1], os.O_RDWR | os.O_APPEND | os.O_CREAT)
b = os.open(sys.argv[2], os.O_RDWR | os.O_APPEND)
for i in range(50):
    os.write(a, b"a %d\n" % i); os.write(b, b"b %d\n" % i)
    if i % 3 == 0: os.fsync(a); os.fsync(b)
    assert b"a %d\n" % i in open(sys.argv[1], "rb").read(), i
    assert b"b %d\n" % i in open(sys.argv[2], "rb").read(), i
assert sorted(open(sys.argv[1], "rb").read().split()) == sorted(open(sys.argv[2], "rb").read().split())
PY
}
check "a mount reads what it has appended" own
killed() { # the keeper and the worker of one mount die in the middle: what the other one writes is whole
  : >"$A/killed"
  $APPEND write "$A/killed" a 2 2000 & local a=$!
  $APPEND write "$B/killed" b 2 20000 2>/dev/null & local b=$!
  wait_until 20 test -s "$A/killed"
  local worker; worker=$(worker_of "$B_KEEPER")
  kill -9 "$B_KEEPER" "$worker"
  umount -l "$B" 2>/dev/null
  wait "$a" || return 1
  wait "$b"
  LOST=b $APPEND check "$A/killed" a,b 2 2000 holes
}
check "another client dies in the middle" killed
check "fsck is clean" fsck_clean test
finish

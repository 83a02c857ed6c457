#!/usr/bin/env bash
# kill -9 of the mount's worker every second, under fio verify and a metadata load: no error at an application, and the longest pause is printed.
# time limit: 120
. "$(dirname "$0")/lib.sh"
need fio
start_cluster
mount_volume m test
M=$WORK/m
T=$(seconds 15 60)
KILLS=$WORK/kills
killer() {
  local n=0 worker end=$(($(now_ms) + T * 1000)) next=$(($(now_ms) + 1000))
  while [ "$(now_ms)" -lt "$end" ]; do
    if [ "$(now_ms)" -ge "$next" ]; then
      worker=$(worker_of "$MOUNT_PID")
      [ -n "$worker" ] && kill -9 "$worker" && n=$((n + 1)) && next=$((next + 1000))
    fi
    sleep 0.02
  done
  echo "$n" >"$KILLS"
}
mkdir "$M/fio"; cd "$WORK" || exit 1   # where fio leaves its state
# fio cannot say when to stop writing before it verifies, so it is given loops, and time.
fio --name=v --directory="$M/fio" --size=16m --rw=randwrite --bs=8k --verify=crc32c --verify_fatal=1 --do_verify=1 --ioengine=psync --fsync=64 --time_based --runtime="$T" \
  >"$WORK/log/fio" 2>&1 & FIO=$!
python3 "$ROOT/test/e2e/load.py" "$M" "$T" >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
# Files without a name, as temporary files are: what of them is not closed exactly once keeps its space, or loses its content too soon.
mkdir "$M/temporary"
python3 - "$M/temporary" "$T" 2>"$WORK/log/temporary" <<'PY' &
import os, sys, time
end, n = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    n += 1
    path = f"{sys.argv[1]}/{n % 4}"
    fds = [os.open(path, os.O_CREAT | os.O_RDWR), os.open(path, os.O_RDWR)]
    os.unlink(path)
    os.write(fds[0], b"x" * 20000 + b"%d" % n)
    os.close(fds[0])
    if os.pread(fds[1], 100, 20000) != b"%d" % n: sys.exit(f"the content of temporary file {n} is not there")
    os.close(fds[1])
PY
TEMPORARY=$!
PIDS+=("$FIO" "$LOAD" "$TEMPORARY")
killer
wait "$TEMPORARY"; temporary_rc=$?
wait "$LOAD"; load_rc=$?
wait "$FIO"; fio_rc=$?
cat "$WORK/load.json"
note "worker killed $(cat "$KILLS") times in $T s; longest call of the metadata load: $(python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print(d['longest_ms'], 'ms,', d['longest_call'], 'of', d['calls'], 'calls')" "$WORK/load.json")"
check "the worker was killed every second" test "$(cat "$KILLS")" -ge $((T / 2))
check "no error at the metadata load" test "$load_rc" = 0
check "no error at fio, every block verified" test "$fio_rc" = 0 || tail -5 "$WORK/log/fio"
check "no error at the temporary files" test "$temporary_rc" = 0 || tail -3 "$WORK/log/temporary"
# The metric counts the inodes that the nodes believe to be open.
nothing_open() {
  python3 - "${NODE_METRICS[@]}" <<'PY'
import sys, urllib.request
for port in sys.argv[1:]:
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    values = [line for line in text.splitlines() if line.startswith("sealfs_node_open_inodes")]
    if not values or any(float(line.split()[-1]) != 0 for line in values): sys.exit(f"{port}: {values}")
PY
}
wait_until 30 nothing_open
check "the nodes believe nothing to be open any more" nothing_open
if declare -F more_checks >/dev/null; then more_checks; fi
check "the mount still works" bash -c "echo x >'$M/after' && [ \"\$(cat '$M/after')\" = x ]"
check "fsck is clean" fsck_clean test
check "unmount" unmount m
finish

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
PIDS+=("$FIO" "$LOAD")
killer
wait "$LOAD"; load_rc=$?
wait "$FIO"; fio_rc=$?
cat "$WORK/load.json"
note "worker killed $(cat "$KILLS") times in $T s; longest call of the metadata load: $(python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print(d['longest_ms'], 'ms,', d['longest_call'], 'of', d['calls'], 'calls')" "$WORK/load.json")"
check "the worker was killed every second" test "$(cat "$KILLS")" -ge $((T / 2))
check "no error at the metadata load" test "$load_rc" = 0
check "no error at fio, every block verified" test "$fio_rc" = 0 || tail -5 "$WORK/log/fio"
check "the mount still works" bash -c "echo x >'$M/after' && [ \"\$(cat '$M/after')\" = x ]"
check "fsck is clean" fsck_clean test
check "unmount" unmount m
finish

#!/usr/bin/env bash
# No space is leaked: clients that are killed between writing a chunk and committing it, and files that are removed while another mount still writes to them. The
# nodes give everything back, and fsck finds no wasted space.
# time limit: 180
. "$(dirname "$0")/lib.sh"
NODE_ARGS="--collect-interval 1s" MANAGER_ARGS="--session-lease 3s"
start_cluster
mount_volume a test
KEEPER_A=$MOUNT_PID
mount_volume b test
A=$WORK/a B=$WORK/b
nothing_wasted() { sealfs fsck test --manager "$MANAGER" | grep -q 'Nothing is wrong'; }
written_mib() { [ "$(cat "$WORK/written")" -ge "$1" ]; }

# Writes without end, and says how far it is; nothing of the last second is committed.
write_for_ever() { # FILE
  python3 - "$1" "$WORK/written" <<'PY' &
import os, sys
f = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY)
block = os.urandom(1 << 20)
n = 0
while True:
    os.pwrite(f, block, (n % 256) << 20)
    n += 1
    with open(sys.argv[2], "w") as w: w.write(str(n))
PY
  WRITER=$!
  disown "$WRITER"   # its end is no news
  PIDS+=("$WRITER")
}

mkdir "$A/d"
echo 0 >"$WORK/written"
write_for_ever "$A/d/lost"
wait_until 60 written_mib 48
worker=$(worker_of "$KEEPER_A")
kill -9 "$KEEPER_A" "$worker"
wait_until 10 gone "$KEEPER_A"; wait_until 10 gone "$worker"
kill -9 "$WRITER" 2>/dev/null
note "$(cat "$WORK/written") MiB were written by a client that was killed; $(sealfs fsck test --manager "$MANAGER" | grep -c 'ChunkBehindEnd') chunks behind the end before the collector"
check "what a killed client had not committed is given back" wait_until 60 nothing_wasted
check "the file can be read to its end" bash -c "cat '$B/d/lost' | cmp -n \$(stat -c %s '$B/d/lost') - '$B/d/lost'"
umount -l "$A" 2>/dev/null
mount_volume a test

churn() {
  local n
  for n in $(seq "$(seconds 6 60)"); do
    echo 0 >"$WORK/written"
    write_for_ever "$A/d/removed-$n"
    wait_until 60 written_mib 24
    rm "$B/d/removed-$n"
    wait_until 60 written_mib 40
    kill -9 "$WRITER"; wait_until 10 gone "$WRITER"
  done
}
check "files are removed while another mount writes to them" churn
check "nothing of them is left" wait_until 60 nothing_wasted
check "everything is removed" bash -c "rm -rf '$A/d' && [ -z \"\$(ls -A '$A')\" ]"
no_chunks() { sealfs fsck test --manager "$MANAGER" | grep -q ' 0 open without a name, 0 chunks, 0 bytes'; }
check "no chunk is left and no byte is counted" wait_until 60 no_chunks
check "unmount" unmount a
check "unmount the other" unmount b
finish

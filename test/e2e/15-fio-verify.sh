#!/usr/bin/env bash
# fio with verify=crc32c: sequential, random, mapped, direct, mixed sizes, several jobs; and the same data read again through a second mount.
# time limit: 240
. "$(dirname "$0")/lib.sh"
need fio
start_cluster
mount_volume m test
M=$WORK/m
SIZE=$(seconds 48m 512m)
verify() { # NAME ARGS...
  local name=$1; shift
  mkdir -p "$M/fio"
  fio --name="$name" --directory="$M/fio" --size="$SIZE" --verify=crc32c --verify_fatal=1 --do_verify=1 --verify_state_save=0 --randseed=4711 --group_reporting --minimal "$@" >"$WORK/log/fio.$name" 2>&1 ||
    { tail -5 "$WORK/log/fio.$name"; return 1; }
}
check "sequential, 1 MiB" verify seq --rw=write --bs=1m --ioengine=psync
check "sequential, 47,008 bytes" verify odd --rw=write --bs=47008 --ioengine=psync
check "random, 4 KiB" verify rand --rw=randwrite --bs=4k --ioengine=psync
check "random, 512 bytes to 256 KiB, two jobs" verify mixed --rw=randwrite --bsrange=512-256k --bs_unaligned --numjobs=2 --ioengine=psync
check "mapped, 4 KiB random" verify mmap --rw=randwrite --bs=4k --ioengine=mmap
check "O_DIRECT, 64 KiB random" verify direct --rw=randwrite --bs=64k --direct=1 --ioengine=psync
check "mixed reads and writes" verify rw --rw=randrw --bs=16k --ioengine=psync
mount_volume second test
check "a second mount reads the same" bash -c "cd '$M/fio' && sha256sum * >'$WORK/sums' && cd '$WORK/second/fio' && sha256sum --quiet -c '$WORK/sums'"
check "fsck is clean" fsck_clean test
finish

#!/usr/bin/env bash
# The data disk of a node fills up (a small ext4 in a loop file): ENOSPC at the application, nothing damaged, and it goes on when space is back.
# And the quota of a volume: ENOSPC within 64 MiB of it.
# time limit: 180
. "$(dirname "$0")/lib.sh"
need_root
need mkfs.ext4
mkdir "$WORK/small"
truncate -s 160M "$WORK/small.img"
mkfs.ext4 -q -F -m 0 "$WORK/small.img" || exit 2
mount -o loop "$WORK/small.img" "$WORK/small" 2>/dev/null || skip_all "this machine has no loop devices"
test_clean_up() { umount "$WORK/small" 2>/dev/null || umount -l "$WORK/small" 2>/dev/null; }
DATA_DIR[2]=$WORK/small/data
# Shares go by capacity: without a weight hardly anything would come to this disk.
capacity() { df --output=size -k "$1" | tail -1; }
NODE_WEIGHT[2]=$(($(capacity "$WORK") / $(capacity "$WORK/small")))
[ "${NODE_WEIGHT[2]}" -le 10000 ] || NODE_WEIGHT[2]=10000
start_cluster
mount_volume m test
M=$WORK/m
# dd stops at the first error and says which.
fill() {
  local i
  for i in $(seq 1 40); do
    dd if=/dev/urandom of="$M/fill.$i" bs=1M count=24 conv=fsync 2>"$WORK/dd" || { grep -q 'No space left' "$WORK/dd"; return; }
  done
  echo "the disk never became full"; return 1
}
head -c 5000000 /dev/urandom >"$M/before" && sync "$M/before" && sha256sum "$M/before" >"$WORK/before.sum"
check "filling the disk ends with ENOSPC" fill
check "what was written before is whole" sha256sum --quiet -c "$WORK/before.sum"
check "the node still serves" cluster_healthy
check "fsck is clean with a full disk" fsck_clean test
rm_all() { rm -f "$M"/fill.*; }
check "files can be removed" rm_all
freed() { [ "$(df --output=avail -k "$WORK/small" | tail -1)" -gt 80000 ]; }
check "the space comes back" wait_until 60 freed
again() { head -c 30000000 /dev/urandom >"$M/again" && sync "$M/again" && sha256sum "$M/again" >"$WORK/again.sum" && echo 3 >/proc/sys/vm/drop_caches && sha256sum --quiet -c "$WORK/again.sum"; }
check "writing goes on" again
check "fsck is clean afterwards" fsck_clean test

QUOTA=$((200 << 20))
sealfs volume create quota --size $QUOTA --inodes 2000 --manager "$MANAGER" >/dev/null
mount_volume q quota
Q=$WORK/q
size() { [ $(($(df --output=size -B1 "$Q" | tail -1))) = $QUOTA ]; }
over() {
  local written
  dd if=/dev/zero of="$Q/big" bs=1M count=400 conv=fsync 2>"$WORK/dd" && { echo "400 MiB fit into 200 MiB"; return 1; }
  grep -q -e 'No space left' -e 'Disk quota' "$WORK/dd" || { cat "$WORK/dd"; return 1; }
  written=$(stat -c %s "$Q/big")
  echo "$written bytes written"
  [ "$written" -ge $((QUOTA - (64 << 20))) ] && [ "$written" -le $((QUOTA + (64 << 20))) ]
}
recover() { rm "$Q/big" && wait_until 30 bash -c "head -c 50000000 /dev/zero >'$Q/next' && sync '$Q/next'"; }
inodes() { local i; for ((i = 0; i < 2600; i++)); do : 2>/dev/null >"$Q/i.$i" || break; done; echo "$i files"; [ "$i" -lt 2600 ] && [ "$i" -ge 1900 ]; }
check "df shows the quota" size
check "the byte quota holds within 64 MiB" over
check "space comes back with removal" recover
check "the inode quota holds" inodes
check "resize helps" bash -c "'$SEALFS' volume resize quota --inodes 5000 --manager '$MANAGER' && sleep 2 && touch '$Q/more'"
check "fsck of the volume is clean" fsck_clean quota
finish

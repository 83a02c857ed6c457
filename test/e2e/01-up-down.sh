#!/usr/bin/env bash
# The first thing a stranger does: "sealfs up DIR", work in it, "down", "up" again, and a crash in between.
# time limit: 180
. "$(dirname "$0")/lib.sh"
DIR=$WORK/fs
export SEALFS_DATA_ROOT=$WORK/data
read -r port <<<"$(free_ports 1)"
export SEALFS_PORT=$port
up() { sealfs up "$DIR" --nodes 3 >"$WORK/log/up.out" 2>&1; }
down() { sealfs down "$DIR"; }
test_clean_up() { sealfs down "$DIR" >/dev/null 2>&1; umount -l "$DIR" 2>/dev/null; true; }
pid_of_up() { sed -n 's/.*"processId": *\([0-9]*\).*/\1/p' "$SEALFS_DATA_ROOT/up.json"; }

check "up mounts" up
cat "$WORK/log/up.out"
check "it is a mount" mountpoint -q "$DIR"
check "a file is written and read" bash -c "echo hello >'$DIR/a' && mkdir '$DIR/d' && [ \"\$(cat '$DIR/a')\" = hello ]"
check "a second up says that it is up already" bash -c "'$SEALFS' up '$DIR' | grep -q already"
echo secret >"$DIR/secret" && sync "$DIR/secret"
check "nothing of what it stores can be opened by other users" bash -c "[ -z \"\$(find '$SEALFS_DATA_ROOT' -perm /077 ! -type l -print)\" ]"
check "cluster status" sealfs cluster status --manager "127.0.0.1:$port"
check "fsck is clean" sealfs fsck fs --manager "127.0.0.1:$port"
check "down" down
check "nothing is mounted any more" bash -c "! mountpoint -q '$DIR'"
check "up again" up
check "the file is still there" bash -c "[ \"\$(cat '$DIR/a')\" = hello ] && [ -d '$DIR/d' ]"
before=$(pid_of_up)
echo durable >"$DIR/b" && sync "$DIR/b"
check "kill -9 of everything" kill_hard "$before"
check "the dead mount answers ENOTCONN" bash -c "! ls '$DIR' 2>/dev/null"
check "up recognises the dead mount" up
check "what was synced is there" bash -c "[ \"\$(cat '$DIR/b')\" = durable ]"
check "down" down
check "up with fewer nodes is refused" bash -c "'$SEALFS' up '$DIR' --nodes 2 >'$WORK/log/fewer' 2>&1; [ \$? = 7 ] && grep -q 'cluster drain' '$WORK/log/fewer'"
check "up with more nodes grows the cluster" sealfs up "$DIR" --nodes 4
even() { sealfs cluster nodes --manager "127.0.0.1:$port" | awk '/ live / { if ($6 < 60 || $6 > 68) bad = 1; n++ } END { exit bad || n != 4 }'; }
check "each of the four gets its share" wait_until 60 even
check "what was synced is there still" bash -c "[ \"\$(cat '$DIR/b')\" = durable ]"
check "one is drained and removed while it is up" bash -c "'$SEALFS' cluster drain node-2 --manager 127.0.0.1:$port && '$SEALFS' cluster remove node-2 --manager 127.0.0.1:$port"
check "its data are put aside" wait_until 30 test -d "$SEALFS_DATA_ROOT/removed-node-2"
check "what was synced is there without it" bash -c "[ \"\$(cat '$DIR/b')\" = durable ]"
check "fsck is clean" sealfs fsck fs --manager "127.0.0.1:$port"
check "down" down
check "up brings the three back that are left" up
check "what was synced is there at the end" bash -c "[ \"\$(cat '$DIR/b')\" = durable ]"
check "down at the end" down
finish

#!/usr/bin/env bash
# sqlite3 with a rollback journal and with WAL: concurrent writers in separate processes, integrity_check, and the sum they must reach.
# time limit: 240
. "$(dirname "$0")/lib.sh"
need sqlite3
start_cluster
mount_volume m test
M=$WORK/m
ROUNDS=$(seconds 60 600)
writer() { # DATABASE NUMBER ROUNDS
  local i
  for ((i = 0; i < $3; i++)); do
    echo "BEGIN IMMEDIATE; INSERT INTO log(writer, round, text) VALUES ($2, $i, hex(randomblob(200))); UPDATE total SET n = n + 1; COMMIT;"
  done | sqlite3 -bail -cmd '.timeout 60000' "$1"
}
run() { # MODE
  local db=$M/$1.db w pids=() rc=0
  sqlite3 "$db" "PRAGMA journal_mode = $1; CREATE TABLE log(id INTEGER PRIMARY KEY, writer, round, text); CREATE INDEX by_writer ON log(writer, round); CREATE TABLE total(n); INSERT INTO total VALUES (0);" || return 1
  for w in 1 2 3 4; do writer "$db" $w "$ROUNDS" & pids+=($!); done
  for w in "${pids[@]}"; do wait "$w" || rc=1; done
  [ "$(sqlite3 "$db" 'PRAGMA integrity_check;')" = ok ] || { echo "integrity_check: not ok"; rc=1; }
  [ "$(sqlite3 "$db" 'SELECT n, (SELECT count(*) FROM log) FROM total;')" = "$((4 * ROUNDS))|$((4 * ROUNDS))" ] || { sqlite3 "$db" 'SELECT n, (SELECT count(*) FROM log) FROM total;'; rc=1; }
  return $rc
}
check "rollback journal, four writers" run delete
check "WAL, four writers" run wal
check "truncate journal, four writers" run truncate
check "vacuum and backup" bash -c "sqlite3 '$M/wal.db' 'VACUUM;' && sqlite3 '$M/wal.db' \".backup '$M/copy.db'\" && [ \"\$(sqlite3 '$M/copy.db' 'PRAGMA integrity_check;')\" = ok ]"
check "fsck is clean" fsck_clean test
finish

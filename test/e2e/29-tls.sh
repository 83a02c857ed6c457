#!/usr/bin/env bash
# A cluster with TLS between the manager and everybody else, on an address that is not loopback and without --insecure: certificates that live for half a minute are replaced
# under a live mount, and who has none, a wrong one, or an old one is told so.
# time limit: 600
# In a network namespace of its own the script may give itself any address. What is built is built before: there is no way out from in there.
if [ -z "${SEALFS_TEST_NAMESPACE:-}" ] && [ "$(id -u)" = 0 ] && command -v ip unshare >/dev/null; then
  "$(dirname "$0")/../../sealfs" --version >/dev/null && exec env SEALFS_TEST_NAMESPACE=1 unshare --net bash "$0" "$@"
fi
CLUSTER_ADDRESS=10.77.0.1
. "$(dirname "$0")/lib.sh"
need_root
need ip unshare
ip link set lo up && ip address add "$CLUSTER_ADDRESS/32" dev lo || skip_all "no network namespace"
TLS=$WORK/tls
issue() { # DIR ROLE [ARGS…]
  sealfs certificates issue --ca "${CA:-$TLS/ca}" --role "$2" --name "$1" --dir "$TLS/$1" "${@:3}" >/dev/null
}
SHORT="--days 0.0003" # 26 s
renew() { issue manager manager $SHORT && issue node node $SHORT && issue client client $SHORT; }
check "an authority is made" sealfs certificates create-ca --dir "$TLS/ca" --name test
check "certificates are issued" renew
check "one for whoever looks after the cluster" issue admin admin
check "they are shown" bash -c "'$SEALFS' certificates show --dir '$TLS/client' | grep -q 'client client'"
export SEALFS_TLS_DIR=$TLS/admin
MANAGER_ARGS="--tls-dir $TLS/manager --session-lease 15s" NODE_ARGS="--tls-dir $TLS/node --unix-socket off"
start_cluster 3
mount_volume m test --tls-dir "$TLS/client"
M=$WORK/m
encrypted() { [ "$(sealfs cluster nodes --manager "$MANAGER" | grep -c 'tls://')" = 3 ]; }
check "the data plane is encrypted" encrypted
check "a file is written and read" bash -c "echo hello >'$M/a' && [ \"\$(cat '$M/a')\" = hello ]"

says() { # EXIT-CODE PATTERN COMMAND…
  local code=$1 pattern=$2 rc; shift 2
  timeout 20 "$@" >"$WORK/said" 2>&1; rc=$?
  [ $rc = "$code" ] && grep -qE -- "$pattern" "$WORK/said" && return
  echo "exit code $rc, and:"; cat "$WORK/said"; return 1
}
STATUS="$SEALFS cluster status --manager $MANAGER"
check "a client in cleartext is told what is missing" says 7 'in cleartext, and this manager speaks TLS.*--tls-dir' env -u SEALFS_TLS_DIR $STATUS
sealfs certificates create-ca --dir "$TLS/other-ca" --name test >/dev/null
CA=$TLS/other-ca issue stranger admin
check "a client of another cluster does not speak to this manager" says 6 "is not the manager of this cluster: the certificate of 'manager manager' is of an authority" $STATUS --tls-dir "$TLS/stranger"
cat "$TLS/ca/ca.crt" >>"$TLS/stranger/ca.crt"
check "nor does the manager listen to it" says 7 "the certificate of 'admin stranger' is of an authority that is not trusted" $STATUS --tls-dir "$TLS/stranger"
mkdir "$WORK/x"
check "a mount with a strange certificate fails at once" says 7 "admin stranger.*not trusted" "$SEALFS" mount test "$WORK/x" --foreground --manager "$MANAGER" --tls-dir "$TLS/stranger"
issue late admin --days 0.00001 && sleep 1
check "an expired certificate is called that" says 6 "late.*expired at" $STATUS --tls-dir "$TLS/late"
check "and show finds it" says 1 "expires at" "$SEALFS" certificates show --dir "$TLS/late"
check "a mount's certificate does not administer" says 7 'role client \(client\) may not call DeleteVolume: the role admin' "$SEALFS" volume delete test --force --manager "$MANAGER" --tls-dir "$TLS/client"
check "a node's certificate mounts nothing" says 64 'the role client or admin is needed' "$SEALFS" mount test "$WORK" --manager "$MANAGER" --tls-dir "$TLS/node"

# Several lifetimes of all certificates, with everything that may happen to a cluster meanwhile.
renewing() { while sleep 6 && [ ! -e "$WORK/enough" ]; do renew || exit 1; done; }
renewing >>"$WORK/log/renew" 2>&1 & RENEWING=$!
PIDS+=("$RENEWING")
python3 "$ROOT/test/e2e/load.py" "$M" "$(seconds 50 200)" --pause 0.02 >"$WORK/load.json" 2>"$WORK/log/load" & LOAD=$!
PIDS+=("$LOAD")
sleep "$(seconds 15 60)"
first=$MANAGER_PID
restart_manager() { stop_softly "$first" && start_manager && wait_until 30 cluster_healthy; }
check "the manager is restarted under load" restart_manager
restart_node() { stop_softly "${NODE_PID[2]}" && start_node 2 && wait_until 30 cluster_healthy; }
check "a node is restarted under load" restart_node
kill_worker() { local before; before=$(worker_of "$MOUNT_PID"); kill_hard "$before" && wait_until 30 new_worker "$before"; }
new_worker() { local now; now=$(worker_of "$MOUNT_PID"); [ -n "$now" ] && [ "$now" != "$1" ]; }
check "the worker of the mount is killed under load" kill_worker
load_ends_well() { wait "$LOAD"; local rc=$?; cat "$WORK/load.json"; return $rc; }
check "the load saw no error" load_ends_well
renewed() { [ "$(grep -c 'New credentials' "$WORK/log/$1.log")" -ge 3 ]; }
for who in manager node-1 node-3 mount-m; do check "$who went over to new certificates" renewed $who; done
never_refused() { ! grep -hE 'Refused at the control plane.*(client client|node node|manager manager)' "$WORK/log/manager.log" | grep -v DeleteVolume | grep .; }
check "nobody of the cluster was refused" never_refused
sessions_are_well() { ! grep -E 'could not be renewed: .*(certificate|TLS)|has ended' "$WORK/log/mount-m.log"; }
check "the session was renewed all the time" sessions_are_well

# The certificate of the mount is forgotten.
touch "$WORK/enough"
check "every renewal succeeded" wait "$RENEWING"
issue manager manager && issue node node
check "an old certificate is refused" wait_until 60 grep -qE "could not be renewed: .*'client client' expired at" "$WORK/log/mount-m.log"
check "what is mounted goes on" bash -c "echo on >'$M/b' && [ \"\$(cat '$M/b')\" = on ]"
issue client client
lines() { wc -l <"$WORK/log/mount-m.log"; }
forgiven() { grep -q 'New credentials' <(tail -n +"$1" "$WORK/log/mount-m.log"); }
before=$(lines)
check "and takes the new one when it is there" wait_until 30 forgiven "$((before - 5))"
sleep 8
check "the session lives" bash -c "! grep -q 'has ended' '$WORK/log/mount-m.log' && '$SEALFS' volume show test --manager '$MANAGER' --output json | grep -q '\"client\": *\"mount $M\"'"

# The other way round.
check "another mount" mount_volume n test --tls-dir "$TLS/client"
check "it sees what the first wrote" bash -c "[ \"\$(cat '$WORK/n/b')\" = on ]"
check "fsck is clean" sealfs fsck test --manager "$MANAGER" --tls-dir "$TLS/admin"
check "fsck needs an administrator's certificate" says 2 "the role admin is needed" "$SEALFS" fsck test --manager "$MANAGER" --tls-dir "$TLS/client"
sealfs certificates issue --ca "$TLS/ca" --role client --name reader --volumes test:ro,other --dir "$TLS/reader" >/dev/null
mkdir "$WORK/reader"
check "a certificate for reading does not mount for writing" says 7 "may only read volume 'test'" "$SEALFS" mount test "$WORK/reader" --foreground --manager "$MANAGER" --tls-dir "$TLS/reader"
check "it mounts for reading" mount_volume reader test --tls-dir "$TLS/reader" -o ro
check "and reads" bash -c "[ \"\$(cat '$WORK/reader/b')\" = on ] && ! touch '$WORK/reader/new' 2>/dev/null"
secret_in_logs() { ! grep -rlE 'PRIVATE KEY' "$WORK/log"; }
check "no key is in a log" secret_in_logs
unset SEALFS_TLS_DIR
read -r port <<<"$(free_ports 1)"
"$SEALFS" manager --listen "127.0.0.1:$port" --metrics-port off --data-dir "$WORK/plain" >"$WORK/log/plain.log" 2>&1 </dev/null & PIDS+=($!)
check "a manager in cleartext" wait_until 30 grep -q 'serves at' "$WORK/log/plain.log"
check "is recognised as that by a client with TLS" says 6 "does not speak TLS" "$SEALFS" cluster status --manager "127.0.0.1:$port" --tls-dir "$TLS/admin"
check "and does not listen elsewhere" says 64 "--tls-dir" "$SEALFS" manager --listen "$CLUSTER_ADDRESS:0" --metrics-port off --data-dir "$WORK/plain-2"
finish

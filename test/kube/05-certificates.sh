#!/usr/bin/env bash
# Certificates change under a pod that writes: those of everybody, and then the CA itself, step by step. Nothing restarts, the manager shows the new ones, and the writer sees no error.
. "$(dirname "$0")/lib.sh"

command -v openssl >/dev/null || skip_all "openssl is not installed"
start_cluster && wait_until 120 is_ready 3 || { failed "the cluster starts"; finish; }
start_claim data && start_pod user data || { failed "the pod starts"; finish; }

# A writer that ends with an error when a call fails.
in_pod user bash -c 'i=0; while [ ! -e /tmp/stop ]; do i=$((i + 1)); echo $i >/data/live.$((i % 7)) && [ "$(cat /data/live.$((i % 7)))" = $i ] || exit 1; echo $i >/tmp/count; done' &
WRITER=$!
count() { in_pod user cat /tmp/count; }
count_above() { [ "$(count)" -gt "$1" ]; }
writes_on() { local now; now=$(count) && wait_until 60 count_above $((now + 50)) && kill -0 "$WRITER"; }
must "a pod writes" wait_until 30 writes_on

WORK=$(mktemp -d)
part() { k get secret "$1" -o "jsonpath={.data.${2/./\\.}}" | base64 -d; } # SECRET FILE
same() { [ "$(openssl x509 -fingerprint -noout <<<"$1")" = "$(openssl x509 -fingerprint -noout <<<"$2")" ]; }
issued_by() { openssl verify -CAfile <(echo "$2") <(echo "$1") >/dev/null; } # CERTIFICATE CA

# at_manager COMMAND...: while the manager's port is on 127.0.0.1:$PORT
PORT=17400
at_manager() {
  local forward rc
  kubectl -n "$SPACE" port-forward pod/demo-manager-0 "$PORT:7400" >"$WORK/forward" 2>&1 &
  forward=$!
  wait_until 20 grep -q Forwarding "$WORK/forward" && "$@"; rc=$?
  kill "$forward"; wait "$forward" 2>/dev/null
  return "$rc"
}

# What the manager shows to whoever connects as the operator does.
handshake() { openssl s_client -connect "127.0.0.1:$PORT" -cert "$WORK/crt" -key "$WORK/key" -CAfile "$WORK/ca" -alpn h2 -verify_return_error </dev/null 2>"$WORK/tls" | openssl x509 2>/dev/null; }
shown() {
  part demo-admin-tls tls.crt >"$WORK/crt" && part demo-admin-tls tls.key >"$WORK/key" && part demo-ca bundle.crt >"$WORK/ca" && at_manager handshake
}
shows_its_secret() { local one; one=$(shown) && [ -n "$one" ] && same "$one" "$(part demo-manager-tls tls.crt)"; }
must "the manager shows the certificate of its Secret" wait_until 60 shows_its_secret

# A call of gRPC with no message in it; 16 is UNAUTHENTICATED.
nameless() { printf '\0\0\0\0\0' | curl -sk --http2 -H 'content-type: application/grpc' -H 'te: trailers' --data-binary @- -D - -o /dev/null "https://127.0.0.1:$PORT/sealfs.control.v1.Control/ClusterStatus" | grep -q '^grpc-status: 16'; }
if curl --version 2>/dev/null | grep -q HTTP2; then check "who shows no certificate is not heard" wait_until 30 at_manager nameless
else skip "who shows no certificate" "curl has no HTTP/2"; fi

uids() { k get pods -l app.kubernetes.io/managed-by=sealfs-operator -o jsonpath='{range .items[*]}{.metadata.uid} {.status.containerStatuses[0].restartCount}{"\n"}{end}' | sort; }
PODS=$(uids)
until_when() { [ -n "$(k get sealfscluster demo -o jsonpath='{.status.certificates.expire}')" ]; }
check "the status says until when" until_when

# The certificates of everybody, because somebody asks for it.
OLD=$(part demo-manager-tls tls.crt)
renewed() { local now; now=$(part demo-manager-tls tls.crt) && [ -n "$now" ] && ! same "$now" "$OLD"; }
k annotate sealfscluster demo sealfs.io/rotate-certificates=first >/dev/null
check "new certificates are issued when they are asked for" wait_until 30 renewed
began=$(now_ms)
check "the manager shows its new one" wait_until 180 shows_its_secret
note "the kubelet took $((($(now_ms) - began) / 1000)) s to bring it"
driver_has() {
  [ "$(ks get secret sealfs-csi-client-tls -o json | python3 -c 'import base64, json, sys; print(*[base64.b64decode(v).decode() for k, v in json.load(sys.stdin)["data"].items() if k.endswith("tls.crt")])')" = "$(part demo-client-tls tls.crt)" ]
}
check "the driver is given its own" wait_until 30 driver_has
check "the writer goes on" writes_on

# A Secret that somebody deletes.
OLD=$(part demo-manager-tls tls.crt)
k delete secret demo-manager-tls >/dev/null
check "a Secret that was deleted comes back" wait_until 60 renewed
check "and the manager shows it" wait_until 180 shows_its_secret

# The CA.
CA=$(part demo-ca ca.crt)
step() { k get sealfscluster demo -o jsonpath='{.status.certificates.rotation}'; }
is_at() { [ "$(step)" = "$1" ]; }
settled() { is_at "" && ! same "$(part demo-ca ca.crt)" "$CA"; }
shown_is_of() { local one; one=$(shown) && issued_by "$one" "$1"; }
k annotate sealfscluster demo sealfs.io/rotate-authority=first >/dev/null
began=$(now_ms)
check "a new CA is announced" wait_until 30 is_at Announced
check "the manager shows a certificate of the old one meanwhile" shown_is_of "$CA"
check "the new one issues when it is known everywhere" wait_until 240 is_at Replaced
check "the manager shows a certificate of the new one" wait_until 180 shown_is_of "$(part demo-ca ca.crt)"
check "the writer goes on" writes_on
check "the old one is trusted no more in the end" wait_until 300 settled
note "the change of the CA took $((($(now_ms) - began) / 1000)) s"
only_new() {
  local role ca; ca=$(part demo-ca ca.crt)
  for role in manager node client admin; do
    [ "$(part "demo-$role-tls" ca.crt)" = "$ca" ] && issued_by "$(part "demo-$role-tls" tls.crt)" "$ca" || return 1
  done
}
check "everybody has a certificate of the new one, and trusts nothing else" only_new
unchanged() { [ "$(uids)" = "$PODS" ]; }
check "no pod of the cluster was restarted" unchanged

# Nodes and mounts connect anew.
manager_back() { [ "$(k get pod demo-manager-0 -o jsonpath='{.metadata.uid}')" != "$MANAGER" ] && is_ready 3; }
MANAGER=$(k get pod demo-manager-0 -o jsonpath='{.metadata.uid}')
k delete pod demo-manager-0 >/dev/null
check "with the manager restarted, the nodes come back to it" wait_until 120 manager_back
check "the writer goes on" writes_on
newcomer() { start_claim more && start_pod another more; }
check "another claim and another pod come up" newcomer
in_pod user touch /tmp/stop
ended_well() { wait "$WRITER"; }
check "the writer has seen no error" ended_well
note "$(count) rounds of the writer"
rm -rf "$WORK"
finish

#!/usr/bin/env bash
# cephfs.sh: CephFS from Debian's packages: a monitor, a manager, a metadata server, three OSDs (BlueStore in files), ceph-fuse, one copy.
# Without authentication, every daemon with a configuration of its own, the autoscaler off, copies allowed on one host.
. "$(dirname "$0")/env.sh"
D=$STORE/ceph
C=$RUN/ceph.conf
ceph_() { inside ceph -c "$C" --connect-timeout 20 "$@"; }
active() { ceph_ mds stat | grep -q up:active; }
case ${1:-} in
  install) install_packages ceph-mon ceph-mgr ceph-osd ceph-mds ceph-fuse ceph-common ;;
  start)
    network_up
    mkdir -p "$RUN" "$D/mon.a" "$D/mgr.a" "$D/mds.a"
    fsid=$(cat /proc/sys/kernel/random/uuid)
    cat >"$C" <<CFG
[global]
fsid = $fsid
mon_host = [v2:$PEER_IP:3300,v1:$PEER_IP:6789]
public_addr = $PEER_IP
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $RUN
admin_socket = $RUN/\$name.\$pid.asok
pid_file = $RUN/\$name.pid
log_file = $RUN/\$name.log
mon_cluster_log_file = $RUN/cluster.log
mon_data = $D/mon.\$id
mgr_data = $D/mgr.\$id
mds_data = $D/mds.\$id
osd_data = $D/osd.\$id
osd_objectstore = bluestore
bluestore_block_size = 4294967296
osd_memory_target = 1073741824
osd_crush_chooseleaf_type = 0
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
mon_data_avail_warn = 2
CFG
    monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:$PEER_IP:3300,v1:$PEER_IP:6789]" "$RUN/monmap" >/dev/null
    inside ceph-mon -c "$C" --mkfs -i a --monmap "$RUN/monmap"
    inside ceph-mon -c "$C" -i a
    wait_until 30 ceph_ -s
    inside ceph-mgr -c "$C" -i a
    for i in 0 1 2; do
      uuid=$(cat /proc/sys/kernel/random/uuid)
      mkdir -p "$D/osd.$i"
      ceph_ osd new "$uuid" $i >/dev/null
      inside ceph-osd -c "$C" -i $i --mkfs --osd-uuid "$uuid" >/dev/null 2>&1
      inside ceph-osd -c "$C" -i $i
    done
    ceph_ osd pool create cephfs_metadata 8 >/dev/null 2>&1
    ceph_ osd pool create cephfs_data 32 >/dev/null 2>&1
    ceph_ fs new cephfs cephfs_metadata cephfs_data >/dev/null 2>&1
    inside ceph-mds -c "$C" -i a >/dev/null 2>&1
    wait_until 60 active ;;
  mount) mkdir -p "$2"; inside ceph-fuse -c "$C" -n client.admin "$2" >"$RUN/fuse.log" 2>&1; wait_until 30 mountpoint -q "$2" ;;
  umount) unmount "$2" ;;
  stop) stop_pid_files "$RUN"/client.*.pid "$RUN"/mds.*.pid "$RUN"/osd.*.pid "$RUN"/mgr.*.pid "$RUN"/mon.*.pid; rm -rf "$RUN" "$D" ;;
  *) usage ;;
esac

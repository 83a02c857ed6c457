#!/usr/bin/env bash
# gluster.sh: GlusterFS from Debian's packages: three bricks, distributed, one copy, everything at its defaults.
# 127.0.0.2 because the command line refuses localhost and 127.0.0.1 as the host of a brick.
. "$(dirname "$0")/env.sh"
H=127.0.0.2
case ${1:-} in
  install) install_packages glusterfs-server glusterfs-client attr ;;
  start)
    network_up
    mkdir -p "$RUN/work" /var/log/glusterfs /run/gluster
    cat >"$RUN/glusterd.vol" <<VOL
volume management
    type mgmt/glusterd
    option working-directory $RUN/work
    option transport-type socket
    option transport.socket.listen-port 24007
    option transport.socket.read-fail-log off
    option ping-timeout 0
    option event-threads 1
    option max-port 60999
end-volume
VOL
    inside glusterd -f "$RUN/glusterd.vol" -p "$RUN/glusterd.pid" -l "$RUN/glusterd.log"
    wait_until 30 inside gluster --mode=script pool list
    mkdir -p "$STORE"/gluster/b1 "$STORE"/gluster/b2 "$STORE"/gluster/b3
    inside gluster --mode=script volume create bench "$H:$STORE/gluster/b1" "$H:$STORE/gluster/b2" "$H:$STORE/gluster/b3" force >/dev/null
    inside gluster --mode=script volume start bench >/dev/null ;;
  mount)
    mkdir -p "$2"
    inside glusterfs --volfile-server=$H --volfile-id=bench --pid-file="$RUN/client.pid" --log-file="$RUN/client.log" "$2"
    wait_until 30 mountpoint -q "$2" ;;
  umount) unmount "$2" ;;
  stop)
    inside gluster --mode=script volume stop bench force >/dev/null 2>&1 || true
    stop_pid_files "$RUN/client.pid" "$RUN/glusterd.pid" "$RUN"/work/vols/*/run/*.pid /run/gluster/vols/bench/*.pid
    rm -rf "$RUN" "$STORE/gluster" ;;
  *) usage ;;
esac

#!/usr/bin/env bash
# moosefs.sh: MooseFS from Debian's packages: a master, three chunk servers, one copy.
# Not at their defaults, so that the comparison is fair: no process runs at a raised priority, removed files do not go to the trash, and three chunk servers
# may share one disk ("~": its size may change). Durability is MooseFS' own: the metadata log is written in the background, without fsync.
. "$(dirname "$0")/env.sh"
D=$STORE/moosefs
CHUNK_SERVERS="1 2 3"
common() { printf 'WORKING_USER = root\nWORKING_GROUP = root\nNICE_LEVEL = 0\nDISABLE_OOM_KILLER = 0\nLOCK_MEMORY = 0\nDATA_PATH = %s\n' "$1"; }
case ${1:-} in
  install) install_packages moosefs-master moosefs-chunkserver moosefs-client ;;
  start)
    network_up
    mkdir -p "$RUN" "$D/master"
    printf '%s / rw,alldirs,admin,maproot=0:0\n%s . rw\n' $PEER_IP $PEER_IP >"$RUN/exports"
    : >"$RUN/topology"
    { common "$D/master"; printf 'EXPORTS_FILENAME = %s\nTOPOLOGY_FILENAME = %s\nREPLICATIONS_DELAY_INIT = 5\n' "$RUN/exports" "$RUN/topology"
      for side in ML CS CL; do echo "MATO${side}_LISTEN_HOST = $PEER_IP"; done; } >"$RUN/master.cfg"
    cp /var/lib/mfs/metadata.mfs.empty "$D/master/metadata.mfs"
    inside mfsmaster -c "$RUN/master.cfg" start >"$RUN/master.log" 2>&1
    for i in $CHUNK_SERVERS; do
      mkdir -p "$D/state$i" "$D/chunks$i"
      echo "~$D/chunks$i -1GiB" >"$RUN/disks$i"
      { common "$D/state$i"; printf 'HDD_CONF_FILENAME = %s\nMASTER_HOST = %s\nBIND_HOST = %s\nCSSERV_LISTEN_HOST = %s\nCSSERV_LISTEN_PORT = %s\n' \
        "$RUN/disks$i" $PEER_IP $PEER_IP $PEER_IP $((9500 + 10 * i)); } >"$RUN/chunks$i.cfg"
      inside mfschunkserver -c "$RUN/chunks$i.cfg" start >"$RUN/chunks$i.log" 2>&1
    done ;;
  mount)
    mkdir -p "$2"
    inside mfsmount "$2" -H $PEER_IP -P 9421 -o allow_other,mfsnice=0 >"$RUN/mount.log" 2>&1
    wait_until 30 mountpoint -q "$2"
    inside mfssetgoal -r 1 "$2" >/dev/null
    inside mfssettrashtime -r 0 "$2" >/dev/null ;;
  umount) unmount "$2" ;;
  stop)
    for i in $CHUNK_SERVERS; do inside mfschunkserver -c "$RUN/chunks$i.cfg" stop >/dev/null 2>&1 || true; done
    inside mfsmaster -c "$RUN/master.cfg" stop >/dev/null 2>&1 || true
    rm -rf "$RUN" "$D" ;;
  *) usage ;;
esac

#!/usr/bin/env python3
"""relay.py NETNS PORT: in the network namespace NETNS, listens on 127.0.0.1:PORT and relays each connection to 127.0.0.1:PORT outside."""
import ctypes, os, socket, sys, threading

namespace, port = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def enter(path):
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"setns {path}")
    os.close(fd)


def pump(source, target):
    try:
        while data := source.recv(1 << 18):
            target.sendall(data)
    except OSError:
        pass
    for s in (source, target):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


# A socket belongs to the namespace in which it was made. This thread listens inside; connections to the outside are made in the namespace it came from.
own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
enter(namespace)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(64)
if libc.setns(own, CLONE_NEWNET) != 0:
    raise OSError(ctypes.get_errno(), "setns")
while True:
    inside, _ = listener.accept()
    outside = socket.socket()
    try:
        outside.connect(("127.0.0.1", port))
    except OSError:
        inside.close()
        continue
    for s in (inside, outside):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=pump, args=(inside, outside), daemon=True).start()
    threading.Thread(target=pump, args=(outside, inside), daemon=True).start()

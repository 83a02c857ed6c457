#!/usr/bin/env python3
"""fuzz_port.py PORT CONNECTIONS SEED: sends bad input to a port on loopback, in many ways, and checks that the port still accepts connections.

The frames start like the data plane's (docs/protocol.md: a little-endian header of fixed size), so that the checks behind the first byte are reached as well.
"""
import random, socket, struct, sys

port, count, seed = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(seed)
print(f"seed {seed}")
HEADER = 64


def frame():
    header = bytearray(rnd.randbytes(HEADER))
    kind = rnd.randrange(6)
    if kind:
        header[0:4] = struct.pack("<BBH", 1, rnd.randrange(64), rnd.randrange(4))     # a known version, a plausible opcode
    if kind == 2:
        header[4:64] = bytes(60)                                                       # nothing else
    if kind == 3:
        header[rnd.randrange(4, 60):] = b"\xff" * 8                                    # absurd lengths
    if kind == 4:
        header[4:12] = struct.pack("<II", rnd.randrange(128), rnd.randrange(128))
    return bytes(header[:HEADER]) + rnd.randbytes(rnd.randrange(0, 600))


def payload():
    kind = rnd.randrange(8)
    if kind == 0:
        return rnd.randbytes(rnd.randrange(1, 2000))
    if kind == 1:
        return b"GET /" + rnd.randbytes(30) + b" HTTP/1.1\r\n\r\n"
    if kind == 2:
        return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rnd.randbytes(rnd.randrange(0, 300))
    if kind == 3:
        return b"\xff" * rnd.randrange(1, 400)
    if kind == 4:
        return bytes(rnd.randrange(1, 400))
    if kind == 5:
        return frame()[:rnd.randrange(1, HEADER)]
    return b"".join(frame() for _ in range(rnd.randrange(1, 5)))


refused = 0
for number in range(count):
    s = socket.socket()
    s.settimeout(5)
    try:
        s.connect(("127.0.0.1", port))
        s.sendall(payload())
        if number % 20 == 0:
            s.settimeout(0.02)
            s.recv(4096)
    except (ConnectionError, TimeoutError, socket.timeout):
        pass
    except OSError as e:
        refused += 1
        print(f"connection {number}: {e}")
    finally:
        # Half of them end with a reset instead of a close.
        if number % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
last = socket.create_connection(("127.0.0.1", port), 5)
last.close()
sys.exit(1 if refused else 0)

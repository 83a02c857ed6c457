#!/usr/bin/env python3
"""fuzz_port.py PORT CONNECTIONS SEED: sends bad input to a port on loopback, in many ways, and checks that the port still accepts connections.

The frames start like the data plane's (docs/protocol.md: a little-endian header of fixed size), so that the checks behind the first byte are reached as well.
"""
import random, socket, struct, sys

port, count, seed = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
rnd = random.Random(seed)
print(f"seed {seed}")
HEADER = 64
VERSION = 2
HELLO = 1


def frame():
    header = bytearray(rnd.randbytes(HEADER))
    kind = rnd.randrange(6)
    body = rnd.randrange(0, 600)
    if kind:
        header[0:8] = struct.pack("<IBBH", HEADER + body, VERSION, rnd.randrange(16), rnd.randrange(64))     # the version spoken, a plausible opcode
        header[40:48] = struct.pack("<II", body, 0)                                                          # lengths that agree
        header[60:64] = bytes(4)
    if kind == 2:
        header[8:40] = bytes(32)                                                                             # no request, session, shard
    if kind == 3:
        at = rnd.choice([0, 40, 44])
        header[at:at + 4] = rnd.choice([b"\xff" * 4, b"\x7f" + b"\xff" * 3, rnd.randbytes(4)])               # absurd lengths
    if kind == 4:
        header[5:8] = struct.pack("<BH", 0, HELLO)                                                           # a greeting with a random body
    return bytes(header) + rnd.randbytes(body)


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

"""Two network namespaces with a link between them on which every packet takes its time: two TUN devices, and this process as the wire.
Needs root, the ip command and /dev/net/tun; knows nothing of what is sent."""
import contextlib
import fcntl
import heapq
import os
import select
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def tun(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


def carry(ends, delay, over):
    waiting, number = [], 0  # (when, order, to, packet)
    while not over.is_set():
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.05
        readable, _, _ = select.select(ends, [], [], timeout)
        for end in readable:
            other = ends[1] if end == ends[0] else ends[0]
            with contextlib.suppress(BlockingIOError):
                while True:
                    heapq.heappush(waiting, (time.monotonic() + delay, number, other, os.read(end, 65536)))
                    number += 1
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(waiting)
            with contextlib.suppress(OSError):
                os.write(to, packet)


@contextlib.contextmanager
def delayed_link(one_way_seconds):
    """Yields (namespace, address) of both ends."""
    tag = f"crank{os.getpid()}"
    sides = [(f"{tag}a", f"{tag}a"[-15:], "10.213.0.1"), (f"{tag}b", f"{tag}b"[-15:], "10.213.0.2")]
    ends, over = [], threading.Event()
    try:
        for namespace, device, address in sides:
            ip("netns", "add", namespace)
            ends.append(tun(device))
            ip("link", "set", device, "netns", namespace)
            ip("-n", namespace, "address", "add", f"{address}/24", "dev", device)
            ip("-n", namespace, "link", "set", device, "up")
            ip("-n", namespace, "link", "set", "lo", "up")
        wire = threading.Thread(target=carry, args=(ends, one_way_seconds, over))
        wire.start()
        try:
            yield [(namespace, address) for namespace, _, address in sides]
        finally:
            over.set()
            wire.join()
    finally:
        for end in ends:
            os.close(end)
        for namespace, _, _ in sides:
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)

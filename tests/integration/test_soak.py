"""Clients that do what no client should, hundreds of them, while others are served: no generation ends, nothing is kept.

Every client here is counted, not timed; the worker is the shipped streaming plugin under its supervisor."""
import os
import socket
import ssl
import struct
import threading

import pytest

from conftest import BOUND, TIME_SCALE, Connection, until
from load import Load

ROUNDS = 150 if TIME_SCALE == 1 else 60
PIPELINED = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
TEXT = b'{"content":"' + b"one two three four " * 20 + b'"}'
STREAM = (b"POST /v1/capabilities/text.stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
          b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(TEXT) + TEXT)
UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")


def text_frame(text):
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def reset_when_closed(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stat(pid):
    """What /proc/PID/stat says after the command's name."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()


def cpu_ticks(pid):
    fields = stat(pid)
    return int(fields[11]) + int(fields[12])


def at_its_end(sock):
    """True once the peer has ended the connection, in order or by a reset."""
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def resident_bytes(pid):
    return int(stat(pid)[21]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


# What one client does. Each gets a fresh connection of its own and leaves it in whatever state it likes.


def resets_an_event_stream(worker):
    """Gone while events are being written to it."""
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(STREAM.replace(b"/v1/capabilities/text.stream", b"/stream/text"))
        sock.recv(1)


def resets_a_capability(worker):
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(STREAM)
        sock.recv(1)


def resets_before_anything_is_written(worker):
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(STREAM)


def resets_the_endless_events(worker):
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sock.recv(1)


def resets_a_websocket(worker):
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(UPGRADE + text_frame(b'{"content":"a b c d e f"}') * 20)
        sock.recv(1)


def half_closes(worker):
    """Has said all it wants to say; its answer comes all the same (RFC 9112 9.6)."""
    with Connection(worker.socket()) as client:
        client.send(STREAM.replace(b"Accept: text/event-stream\r\n", b""))
        client.sock.shutdown(socket.SHUT_WR)
        answer = client.response()
        assert answer.status == 200 and b"three" in answer.body, answer


def half_closes_in_the_middle(worker):
    with worker.socket() as sock:
        sock.sendall(STREAM[:-5])
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass


def pipelines_and_resets(worker):
    with worker.socket() as sock:
        reset_when_closed(sock)
        sock.sendall(PIPELINED * 20 + STREAM + PIPELINED)
        sock.recv(1)


MISDEEDS = [resets_an_event_stream, resets_a_capability, resets_before_anything_is_written, resets_the_endless_events,
            resets_a_websocket, half_closes, half_closes_in_the_middle, pipelines_and_resets]


@pytest.fixture
def soaked(start_worker):
    """A streaming worker without TLS and without pauses, which must still be its first generation at the end."""
    worker = start_worker("streaming", args=["--tls", "off", "--set", "streaming.pace_ms=0",
                                             "--set", "streaming.events_interval_ms=20", "--io-threads", "2"])
    yield worker
    status = worker.status()
    assert status["crashes"] == 0 and worker.active()["generation"] == 1, worker.log()


def test_clients_that_reset_and_half_close(soaked):
    """In every phase of a request, mixed, several at a time."""
    soaked.get("/livez")
    problems = []

    def misbehave(first):
        for number in range(ROUNDS):
            try:
                MISDEEDS[(first + number) % len(MISDEEDS)](soaked)
            except Exception as problem:  # told by the test's own thread
                problems.append(problem)
                return

    before = descriptors(soaked.serving_pid)
    with Load(soaked, keeping=2, connecting=1) as load:
        threads = [threading.Thread(target=misbehave, args=(first,)) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not problems, problems[0]
    assert not load.failures, load.failures[:3]
    pid = soaked.serving_pid
    until(lambda: descriptors(pid) <= before + 2, "no descriptor is kept")
    until(lambda: soaked.status()["generations"][0]["in_flight"] == 0, "no call is kept")


def send_until_it_would_block(sock, data, most):
    """Bytes that the worker took before it stopped taking them for good: nothing for 40 looks in a row, or `most`."""
    sock.setblocking(False)
    sent, idle = 0, 0
    while sent < most and idle < 40:
        try:
            sent += sock.send(data)
            idle = 0
        except BlockingIOError:
            idle += 1
            threading.Event().wait(0.05)
    return sent


@pytest.mark.parametrize("prelude", [b"", STREAM], ids=["from the first request on", "behind an event stream"])
def test_a_client_that_pipelines_and_never_reads_is_made_to_wait(soaked, prelude):
    """What it can make the worker hold is bounded, whatever it sends."""
    soaked.get("/openapi.json")
    pid = soaked.serving_pid
    before = resident_bytes(pid)
    sockets = [soaked.socket() for _ in range(4)]
    try:
        for sock in sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.sendall(prelude)
            taken = send_until_it_would_block(sock, PIPELINED * 100, 64 << 20)
            assert taken < 16 << 20, "it went on taking requests whose answers nobody reads"
        # A sanitizer keeps for a while what was freed; what was taken would be hundreds of times as much.
        assert resident_bytes(pid) - before < (32 << 20) * TIME_SCALE, "the worker holds what nobody reads"
        assert soaked.get("/livez").status == 200
    finally:
        for sock in sockets:
            sock.close()


def test_half_of_a_client_hello_costs_no_core(start_worker):
    """Each of these used to keep an I/O thread busy until the handshake's time was up."""
    worker = start_worker("hello", args=["--io-threads", "1", "--set", "limits.handshake_timeout_ms=600s"])
    for part in (b"", b"\x16", b"\x16\x03\x01", b"\x16\x03\x01\x00\xf0", b"\x16\x03\x01\x00\xf0" + b"\x01" * 100):
        with worker.socket() as sock:
            sock.sendall(part)
            sock.shutdown(socket.SHUT_WR)
            assert at_its_end(sock), "the connection is ended: no more of the handshake can come"
    assert worker.get("/livez").status == 200


def test_a_client_hello_that_comes_in_parts_is_waited_for(start_worker):
    """The wait for the rest of it ends when the rest comes, not before."""
    worker = start_worker("hello", args=["--io-threads", "1"])
    pid = worker.serving_pid
    context, incoming, outgoing = worker.tls_context(), ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read()
    with worker.socket() as sock:
        before = cpu_ticks(pid)
        for at in range(0, 12):
            sock.sendall(hello[at:at + 1])
            assert worker.get("/livez").status == 200
        assert cpu_ticks(pid) - before < 2 * TIME_SCALE * os.sysconf("SC_CLK_TCK"), "it spins while it waits"
        sock.sendall(hello[12:])
        incoming.write(sock.recv(65536))

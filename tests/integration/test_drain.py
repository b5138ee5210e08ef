"""SIGTERM and SIGINT: running calls finish, new ones are refused, sessions are told, the exit code is 0."""
import json
import signal
import socket
import struct
import subprocess

import pytest

from conftest import BOUND, until
from test_limits import active, start_call
from test_streaming import close_code, read_frame, upgrade


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_idle_worker_ends_with_0(start_worker, number):
    worker = start_worker("hello")
    idle = worker.connect()
    idle.send(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert idle.response().status == 200
    worker.signal(number)
    assert worker.wait() == 0
    assert idle.rest() == b""


def start_upload(worker):
    """A call that runs until finish_upload(): it reads a body of which the last byte is missing."""
    connection = worker.connect()
    connection.send(b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n123456789")
    until(lambda: active(worker, "test.upload") == 1, "the call runs")
    return connection


def finish_upload(connection):
    connection.send(b"0")
    return connection.response()


def test_running_call_finishes_and_new_ones_are_refused(start_worker):
    worker = start_worker("echo", args=["--management-port", "0"])
    running = start_upload(worker)
    kept_alive = worker.connect()
    kept_alive.send(b"GET /keys/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert kept_alive.response().status == 200
    worker.signal()
    until(lambda: not accepts(worker), "new connections are refused")
    assert worker.process.poll() is None, "it ended although a call runs"
    try:
        kept_alive.send(b"GET /keys/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        rest = kept_alive.rest()
    except ConnectionError:
        rest = b""
    assert rest == b"" or b" 503 " in rest.split(b"\r\n")[0]
    answer = finish_upload(running)
    assert answer.status == 200 and answer.json()["bytes"] == 10
    assert answer.header("connection").lower() == "close"
    assert worker.wait() == 0


def accepts(worker):
    try:
        with socket.create_connection(("127.0.0.1", worker.port), timeout=BOUND):
            return True
    except ConnectionError:
        return False


def test_not_ready_while_it_drains(start_worker):
    worker = start_worker("echo", args=["--management-port", "0"])
    with start_upload(worker) as running:
        worker.signal()
        until(lambda: worker.get("/readyz", base=worker.management_url).status == 503, "readiness is gone")
        assert worker.get("/livez", base=worker.management_url).status == 200
        health = worker.get("/health", base=worker.management_url)
        assert health.status == 503 and health.json()["status"] == "stopping"
        assert finish_upload(running).status == 200
    assert worker.wait() == 0


def test_call_that_outlives_the_drain_is_cancelled(start_worker):
    worker = start_worker("echo", args=["--drain-timeout-ms", "200"])
    running = start_call(worker, "test.slow", {"ms": 9000})
    until(lambda: active(worker, "test.slow") == 1, "the call runs")
    worker.signal()
    rest = running.rest()
    assert rest == b"" or b" 503 " in rest.split(b"\r\n")[0] or b" 499 " in rest.split(b"\r\n")[0], rest
    assert worker.wait() == 0


def test_plugin_that_never_returns_cannot_hold_the_end(start_worker):
    worker = start_worker("never_returns", args=["--drain-timeout-ms", "200"])
    worker.call("test.call", {}).problem(504)
    worker.signal()
    code = worker.wait()
    worker.ended_on_purpose = True
    assert code in (0, 1)
    assert "never_returns" in worker.log()


def test_second_signal_ends_at_once(start_worker):
    worker = start_worker("echo")
    running = start_call(worker, "test.slow", {"ms": 600000})
    until(lambda: active(worker, "test.slow") == 1, "the call runs")
    worker.signal()
    worker.wait_log("draining")
    worker.signal()
    assert worker.wait() != 0
    worker.ended_on_purpose = True
    assert running.rest() == b""


def test_sessions_get_1001(start_worker):
    worker = start_worker("streaming")
    with upgrade(worker) as session:
        assert session.read_head()[1] == 101
        read_frame(session)
        worker.signal()
        assert close_code(session) == 1001
        session.send(b"\x88\x82\0\0\0\0" + struct.pack(">H", 1001))
        session.rest()
    assert worker.wait() == 0


def test_event_streams_end_or_finish_as_declared(start_worker):
    """/ticks ends at once, /ticks/finish (drain: finish) comes to its own end."""
    worker = start_worker("echo")
    with worker.connect() as ends, worker.connect() as finishes:
        ends.send(b"GET /ticks?n=100000&ms=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        finishes.send(b"GET /ticks/finish?n=300&ms=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for connection in (ends, finishes):
            assert connection.read_head()[1] == 200
            assert b"tick" in connection.read_chunk()
        worker.signal()
        while ends.read_chunk():
            pass
        last = b""
        while chunk := finishes.read_chunk():
            last = chunk
        assert b'{"tick":300}' in last
    assert worker.wait() == 0


def test_ready_file_is_gone_or_stale_but_never_half(start_worker, tmp_path):
    """It is written whole: whoever sees it can use it."""
    worker = start_worker("hello")
    text = worker.ready_file.read_text()
    assert text.endswith("\n") and text.splitlines()[0].startswith("https://localhost:")


def test_invoke_is_ended_by_a_signal(certificates, tmp_path):
    from conftest import HOST, environment, plugin_file
    process = subprocess.Popen([str(HOST), "invoke", "test.pending", "--plugin", str(plugin_file("echo"))], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(certificates, tmp_path))
    process.stdin.write(json.dumps({"ms": 20000}).encode())
    process.stdin.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=BOUND) != 0
    process.stdout.close()
    process.stderr.close()

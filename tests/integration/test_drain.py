"""SIGTERM and SIGINT: running calls finish, new ones are refused, sessions are told, the exit code is 0."""
import json
import re
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


def stopped_in_order(worker):
    """The plugin's stop() and destroy() ran: this line comes after them."""
    return re.search(r"\bstopped\b", worker.log()) is not None


@pytest.mark.parametrize("supervisor", [(), ("--no-supervisor",)], ids=["supervised", "one process"])
@pytest.mark.parametrize("capability", ["test.slow", "test.pending"])
def test_call_that_outlives_the_drain_is_cancelled_and_answered(start_worker, capability, supervisor):
    worker = start_worker("echo", args=["--drain-timeout-ms", "100", *supervisor], control=not supervisor)
    running = start_call(worker, capability, {"ms": 600000})
    until(lambda: active(worker, capability) == 1, "the call runs")
    worker.signal()
    answer = running.response()
    assert answer.problem(503, "UNAVAILABLE")["retryable"] is True
    assert answer.header("retry-after") == "1"
    assert worker.wait() == 0
    assert stopped_in_order(worker), worker.log()


def test_upload_that_outlives_the_drain_is_answered(start_worker):
    worker = start_worker("echo", args=["--drain-timeout-ms", "100"])
    running = start_upload(worker)
    worker.signal()
    running.response().problem(503, "UNAVAILABLE")
    assert worker.wait() == 0
    assert stopped_in_order(worker), worker.log()


def test_stream_that_outlives_the_drain_ends_with_the_reason(start_worker):
    worker = start_worker("echo", args=["--drain-timeout-ms", "100"])
    with worker.connect() as running:
        body = b'{"count":100000,"pace_ms":5}'
        running.send(b"POST /v1/capabilities/test.items HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                     b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        assert running.read_head()[1] == 200
        while b"index" not in running.read_chunk():
            pass  # a report of progress may come before the first item
        worker.signal()
        last = b""
        while chunk := running.read_chunk():
            last = chunk
        assert b"event: error" in last and b"UNAVAILABLE" in last, last
    assert worker.wait() == 0
    assert stopped_in_order(worker), worker.log()


def test_session_that_outlives_the_drain_is_closed(start_worker):
    """/ticks/finish may finish (drain: finish), but not for ever; its client gets the end of the stream."""
    worker = start_worker("echo", args=["--drain-timeout-ms", "100"])
    with worker.connect() as running:
        running.send(b"GET /ticks/finish?n=100000&ms=5 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert running.read_head()[1] == 200
        worker.signal()
        while running.read_chunk():
            pass
    assert worker.wait() == 0
    assert stopped_in_order(worker), worker.log()


def test_websocket_client_that_does_not_answer_cannot_keep_the_plugin_from_stopping(start_worker):
    worker = start_worker("streaming", args=["--drain-timeout-ms", "100"])
    with upgrade(worker) as session:
        assert session.read_head()[1] == 101
        worker.signal()
        assert worker.wait() == 0
    assert stopped_in_order(worker), worker.log()


def test_call_of_a_retired_generation_is_cancelled_when_its_time_is_up(start_worker):
    worker = start_worker("echo", args=["--retire-timeout-ms", "100", "--drain-timeout-ms", "100",
                                        "--set", "limits.idle_timeout_ms=100"])
    running = start_call(worker, "test.slow", {"ms": 600000})
    until(lambda: active(worker, "test.slow") == 1, "the call runs")
    assert worker.reload().returncode == 0
    running.response().problem(503, "UNAVAILABLE")
    worker.wait_log(r"\bstopped\b")


def test_plugin_that_never_returns_cannot_hold_the_end(start_worker):
    worker = start_worker("never_returns", args=["--drain-timeout-ms", "200", "--no-supervisor"], control=False)
    running = start_call(worker, "test.call", {})
    until(lambda: active(worker, "test.call") == 1, "the call runs")
    worker.signal()
    code = worker.wait()
    worker.ended_on_purpose = True
    assert code == 1, "an end without the plugin's stop() is not in order"
    assert running.response().status in (503, 504)
    assert "test.call did not return although it was cancelled" in worker.log()
    assert not stopped_in_order(worker)


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

"""What bounds a worker: queues, deadlines, slow and vanishing clients. Other clients are never affected."""
import concurrent.futures
import json
import os
import re
import resource
import socket
import ssl
import struct

import pytest

from conftest import TIME_SCALE, Connection, plugin_file, until

MANY = 3000 if TIME_SCALE == 1 else 600


def request_of(capability, value):
    body = json.dumps(value).encode()
    return (b"POST /v1/capabilities/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (capability.encode(), len(body)) + body)


def start_call(worker, capability, value):
    """Sends a call and leaves its answer unread."""
    connection = worker.connect()
    connection.send(request_of(capability, value))
    return connection


def active(worker, capability):
    return worker.metric("worker_active_requests", capability=capability)


def reset(connection):
    """Ends a connection as a crash of the client does."""
    sock = connection.sock
    if isinstance(sock, ssl.SSLSocket):
        sock = socket.socket(fileno=os.dup(sock.fileno()))
        connection.sock.close()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def test_full_queue_is_429_with_retry_after(start_worker):
    """test.slow takes two at a time and two that wait."""
    worker = start_worker("echo")
    held = [start_call(worker, "test.slow", {"ms": 10000}) for _ in range(4)]
    until(lambda: active(worker, "test.slow") == 2 and worker.metric("worker_queue_depth", capability="test.slow") == 2,
          "two calls run and two wait")
    answer = worker.call("test.slow", {"ms": 0})
    body = answer.problem(429, "BUSY")
    assert body["retryable"] is True
    assert int(answer.header("retry-after")) >= 1
    assert worker.call("test.echo", {"text": "others are served"}).status == 200
    assert worker.metric("worker_requests_total", capability="test.slow", status="busy") == 1
    for connection in held:
        reset(connection)
    until(lambda: active(worker, "test.slow") == 0, "the calls of clients that left have ended")
    assert worker.call("test.slow", {"ms": 0}).status == 200


def test_queued_calls_are_served_in_turn(start_worker):
    worker = start_worker("echo")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        def one(_):
            with start_call(worker, "test.slow", {"ms": 20}) as connection:
                return connection.response().status
        assert list(pool.map(one, range(4))) == [200] * 4


def test_deadline(start_worker):
    worker = start_worker("echo")
    answer = worker.call("test.deadline", {"ms": 600000})
    body = answer.problem(504, "DEADLINE_EXCEEDED")
    assert body["request_id"] == answer.header("x-request-id")
    assert worker.metric("worker_requests_total", capability="test.deadline", status="deadline") == 1
    until(lambda: active(worker, "test.deadline") == 0, "the call saw its cancellation")


def test_plugin_that_never_returns(start_worker):
    worker = start_worker("never_returns", args=["--drain-timeout-ms", "100"])
    answers = [worker.call("test.call", {}) for _ in range(2)]
    for answer in answers:
        answer.problem(504)
    worker.wait_log(r"never_returns")
    assert answers[0].header("x-request-id") in worker.log()
    assert worker.get("/health").status in (200, 503)
    assert worker.get("/livez").status == 200
    assert worker.call("test.call", {}).status in (429, 504)  # both slots are taken for good
    worker.signal()
    assert worker.wait() == 1, "an end without the plugin's stop() is not in order"
    worker.ended_on_purpose = True


@pytest.mark.parametrize("plugin, value, statuses", [
    ("throws_across", {}, {500}),
    ("returns_garbage", {"status": 4242}, {500}),
    ("returns_garbage", {"status": -999}, {500}),
    ("double_finish", {"how": 0}, {200, 500}),
    ("double_finish", {"how": 1}, {200, 500}),
    ("double_finish", {"how": 2}, {200, 500}),
    ("writes_after_finish", {}, {200, 500}),
])
def test_misbehaving_call_is_answered_and_the_host_lives(start_worker, plugin, value, statuses):
    worker = start_worker(plugin)
    for _ in range(3):
        answer = worker.call("test.call", value)
        assert answer.status in statuses, answer
        if answer.status == 500:
            answer.problem(500)
            assert re.search(rf"{plugin}.*{answer.header('x-request-id')}", worker.log())
    assert worker.get("/livez").status == 200


def test_timer_that_is_cancelled_while_it_waits_for_a_thread_holds_nobody(start_worker):
    worker = start_worker("timers", args=["--pool-threads", "1"])
    for _ in range(3):
        assert worker.call("test.call", {"how": 0}).status == 200


def test_exception_out_of_a_timer_is_logged_and_the_host_lives(start_worker):
    worker = start_worker("timers")
    assert worker.call("test.call", {"how": 1}).status == 200
    worker.wait_log("plugin timers threw an exception out of a timer")
    assert worker.call("test.call", {"how": 0}).status == 200


def test_flooding_plugin_meets_the_response_limit(start_worker, tmp_path):
    """Its client reads nothing: what waits for it is bounded, the call ends, and the file it waited in goes."""
    worker = start_worker("floods", args=["--set", "limits.response_bytes=3000000", "--set", "limits.spool_threshold_bytes=100000",
                                          "--spool-dir", tmp_path])
    with start_call(worker, "test.call", {}) as connection:
        until(lambda: worker.metric("worker_requests_total", capability="test.call", status="exhausted"), "the host refused the flood")
        assert active(worker, "test.call") == 0
        with pytest.raises(AssertionError, match="closed"):  # a cut response must not look like a whole one
            connection.response()
    assert list(tmp_path.iterdir()) == []


def test_client_that_leaves_cancels_its_call(start_worker):
    worker = start_worker("echo")
    for end in (reset, Connection.close):  # over TLS an end without close_notify is none in order
        connection = start_call(worker, "test.slow", {"ms": 600000})
        until(lambda: active(worker, "test.slow") == 1, "the call runs")
        before = worker.metric("worker_requests_total", capability="test.slow", status="cancelled") or 0
        end(connection)
        until(lambda: active(worker, "test.slow") == 0, "the call saw that its client left")
        until(lambda: worker.metric("worker_requests_total", capability="test.slow", status="cancelled") == before + 1, "it is counted")


@pytest.mark.parametrize("value, status", [({"ms": 50}, 200), ({"ms": 0}, 200), ({"ms": "x"}, 422)])
def test_client_that_only_ends_its_side_is_answered(start_worker, value, status):
    """RFC 9112 9.6: it has asked for everything, and reads on."""
    worker = start_worker("echo", args=["--tls", "off"])
    for _ in range(10):
        with worker.connect() as connection:
            connection.send(request_of("test.slow", value) * 3)
            connection.sock.shutdown(socket.SHUT_WR)
            answers = [connection.response() for _ in range(3)]
            assert [answer.status for answer in answers] == [status] * 3
            assert connection.closed(), "it cannot ask again"


def test_client_that_ends_its_side_and_vanishes_cancels_its_call(start_worker):
    """Nothing is read any more; a reset is noticed all the same."""
    worker = start_worker("echo", args=["--tls", "off"])
    connection = start_call(worker, "test.slow", {"ms": 600000})
    connection.sock.shutdown(socket.SHUT_WR)
    until(lambda: active(worker, "test.slow") == 1, "the call runs")
    assert worker.call("test.echo", {"text": "meanwhile"}).status == 200
    assert active(worker, "test.slow") == 1, "the end of its side alone cancels nothing"
    reset(connection)
    until(lambda: active(worker, "test.slow") == 0, "the call saw the reset")
    assert worker.metric("worker_requests_total", capability="test.slow", status="cancelled") == 1


def test_request_that_its_client_ends_in_the_middle_is_dropped(start_worker):
    worker = start_worker("echo", args=["--tls", "off"])
    whole = request_of("test.echo", {"text": "a"})
    for part in (whole[:20], whole[:-1]):
        with worker.connect() as connection:
            connection.send(whole + part)
            connection.sock.shutdown(socket.SHUT_WR)
            assert connection.response().status == 200
            assert connection.closed()


def test_slow_reader_of_a_big_response_holds_no_pool_thread(start_worker):
    worker = start_worker("echo", args=["--pool-threads", "1"])
    with start_call(worker, "test.big", {"bytes": 50_000_000}) as slow:
        until(lambda: active(worker, "test.big") == 0, "the plugin is done although nobody reads")
        assert worker.call("test.echo", {"text": "served by the only thread"}).status == 200
        answer = slow.response()
    assert answer.status == 200 and len(answer.body) == 50_000_000


def test_slow_upload_of_a_buffered_body_holds_no_pool_thread(start_worker):
    worker = start_worker("echo", args=["--pool-threads", "1"])
    with worker.connect() as slow:
        whole = request_of("test.echo", {"text": "slow"})
        slow.send(whole[:-5])
        assert worker.call("test.echo", {"text": "meanwhile"}).status == 200
        slow.send(whole[-5:])
        assert slow.response().status == 200


def test_peer_that_takes_nothing_is_dropped(start_worker):
    worker = start_worker("echo", args=["--set", "limits.idle_timeout_ms=200"])
    with start_call(worker, "test.big", {"bytes": 50_000_000}) as stuck:
        until(lambda: worker.metric("crank_connections_open") <= 1, "only the metrics client is left")
        assert len(stuck.rest()) < 50_000_000


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def partial_requests(worker):
    """Ways to vanish: nothing sent, half a ClientHello, half a header, half a body, a whole request whose answer nobody reads."""
    whole = request_of("test.echo", {"text": "x" * 1000})
    return [b"", b"\x16", whole[:20], whole[:-500], whole, whole * 3, b"\x00" * 50]


def test_thousands_of_vanishing_clients(start_worker):
    raise_file_limit()
    worker = start_worker("echo", args=["--tls", "off"])
    ways = partial_requests(worker)
    for batch in range(MANY // 100):
        connections = [Connection(worker.socket()) for _ in range(100)]
        for i, connection in enumerate(connections):
            try:
                connection.send(ways[i % len(ways)])
            except ConnectionError:
                pass
        for i, connection in enumerate(connections):
            (reset if i % 2 else Connection.close)(connection)
        if batch % 10 == 0:
            assert worker.call("test.echo", {"text": "still there"}).status == 200
    until(lambda: worker.metric("crank_connections_open") <= 1, "every connection is gone")
    assert worker.call("test.echo", {"text": "still there"}).status == 200


def test_vanishing_tls_clients(start_worker):
    worker = start_worker("echo")
    ways = partial_requests(worker)
    for i in range(MANY // 6):
        if i % 3 == 0:
            with Connection(worker.socket()) as raw:
                raw.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:i % 12])
        else:
            connection = worker.connect()
            connection.send(ways[i % len(ways)] or b"G")
            (reset if i % 2 else Connection.close)(connection)
    until(lambda: worker.metric("crank_connections_open") <= 1, "every connection is gone")
    assert worker.call("test.echo", {"text": "still there"}).status == 200


def test_out_of_file_descriptors_does_not_spin_or_end_the_host(start_worker, tmp_path):
    """accept() fails with EMFILE; the host serves those it has, and new ones once there is room."""
    worker = start_worker("echo", args=["--tls", "off"])
    used = len(os.listdir(f"/proc/{worker.serving_pid}/fd")) if os.path.isdir("/proc/self/fd") else pytest.skip("needs /proc")
    resource.prlimit(worker.serving_pid, resource.RLIMIT_NOFILE, (used + 10, used + 10))
    kept = worker.connect()
    kept.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert kept.response().status == 200
    crowd = [Connection(worker.socket()) for _ in range(40)]
    kept.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    assert kept.response().status == 200
    for connection in crowd:
        connection.close()
    until(lambda: worker.get("/livez", "--max-time", "2", check=False) is not None, "new clients are served again")
    kept.close()
    assert len(re.findall("(?i)too many open files", worker.log())) < 50, "it does not fill the log"


@pytest.mark.parametrize("how", [("--control", "off"), ("--no-supervisor",)], ids=["supervised", "alone"])
@pytest.mark.parametrize("limit", [9, 11, 13, 14, 15, 16])
def test_a_start_without_enough_descriptors(run_host, limit, how):
    """One line that names the limit, wherever it strikes."""
    done = run_host("--plugin", plugin_file("hello"), "--host", "127.0.0.1", "--tls", "off", "--port", "0", "--io-threads", "4", *how,
                    before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert "ulimit -n" in done.stderr.splitlines()[-1], done.stderr

"""What a plugin can say and ask through the ABI, as clients and operators see it: the echo worker (tests/plugins) does it on request."""
import json
import re
import signal

import pytest
from test_limits import reset
from test_streaming import frame, read_frame, run, upgrade, websocket

from conftest import plugin_file


# What is known about a request

def test_a_caller_is_told_by_its_keys(echo):
    seen = echo.get("/keys/one", "--header", "Idempotency-Key: k-1").json()
    assert seen["caller.kind"] == "anonymous"
    assert seen["caller.address"] in ("127.0.0.1", "::1")
    assert seen["caller.subject"] is None and seen["caller.scopes"] is None
    assert seen["idempotency_key"] == "k-1"
    assert seen["job.id"] is None and seen["job.attempt"] is None  # it is no job


def test_a_caller_with_a_certificate(start_worker, certificates):
    worker = start_worker("echo", args=["--client-auth", "required"])
    seen = worker.get("/keys/one", "--cert", certificates / "client.crt", "--key", certificates / "client.key").json()
    assert seen["caller.kind"] == "certificate"
    assert seen["caller.subject"]


def pairs(worker, path, prefix, *arguments, **more):
    answer = worker.post(path, {"prefix": prefix, **more}, *arguments).json()
    assert answer["status"] == 0, answer
    return [tuple(pair) for pair in answer["pairs"]]


def test_all_header_fields_can_be_enumerated_with_those_that_repeat(echo):
    seen = pairs(echo, "/each/a/b", "header.", "--header", "X-Many: 1", "--header", "x-many: 2", "--header", "Cookie: a=b")
    assert [value for key, value in seen if key == "header.x-many"] == ["1", "2"]
    assert ("header.cookie", "a=b") in seen and ("header.content-type", "application/json") in seen
    assert pairs(echo, "/each/a/b", "header.x-", "--header", "X-Many: 1") == [("header.x-many", "1")]
    assert len(pairs(echo, "/each/a/b", "header.", most=2)) == 2


def test_query_and_path_parameters_can_be_enumerated(echo):
    assert pairs(echo, "/each/a%20b/%C3%BC?x=1&y&x=2%26&&=z&x%3D=3", "query.") == [
        ("query.x", "1"), ("query.y", ""), ("query.x", "2&"), ("query.", "z"), ("query.x=", "3")]
    assert pairs(echo, "/each/a%20b/%C3%BC", "path.") == [("path.name", "a b"), ("path.other", "ü")]
    for prefix in ("", "query", "caller.", "method"):
        assert echo.call("test.each", {"prefix": prefix}).json() == {"status": -1, "pairs": []}


# What a plugin says about its response

def test_a_plugin_chooses_status_media_type_and_fields(echo):
    answer = echo.call("test.set", {"status": "201", "media_type": "text/plain; charset=utf-8", "key": "header.location",
                                    "value": "/things/1", "body": "made"})
    assert answer.status == 201 and answer.body == b"made"
    assert answer.header("content-type") == "text/plain; charset=utf-8"
    assert answer.header("location") == "/things/1"
    assert answer.header("x-results") == "0,0,0"


@pytest.mark.parametrize("key, value, result", [
    ("header.Location", "/x", -1), ("header.x y", "1", -1), ("header.x", " a", -1), ("header.content-length", "3", -7),
    ("header.transfer-encoding", "chunked", -7), ("header.connection", "close", -7), ("header.server", "x", -7),
    ("header.x-request-id", "x", -7), ("colour", "red", -7), ("status", "404", -1), ("status", "99", -1), ("media_type", "", -1),
])
def test_what_a_plugin_cannot_say(echo, key, value, result):
    answer = echo.call("test.set", {"key": key, "value": value, "body": "x"})
    assert answer.status == 200
    assert answer.header("x-results").split(",")[0] == str(result)


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_content(plain, status):
    """On the wire: no length, no body, and the connection goes on (RFC 9110 8.6, 15.3.5)."""
    body = json.dumps({"status": str(status)})
    request = (f"POST /v1/capabilities/test.set HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n{body}")
    with plain.connect() as connection:
        for _ in range(2):
            connection.send(request)
            answer = connection.response()
            assert answer.status == status
            assert answer.header("content-length") is None and answer.header("content-type") is None
    plain.call("test.set", {"status": str(status), "body": "x"}).problem(418, "TEAPOT")


def test_a_redirect(echo):
    answer = echo.call("test.set", {"status": "303", "key": "header.location", "value": "/health"}, "--location")
    assert answer.status == 200 and answer.json()["status"] == "healthy"  # curl went there, with GET


# What a plugin says when it fails

def test_a_problem_with_everything(echo):
    answer = echo.call("test.problem", {"status": -6, "code": "TEAPOT", "retry_after_ms": 2500, "details": {"a": [1]}})
    problem = answer.problem(418, "TEAPOT")
    assert problem["detail"] == "wrong in two ways"
    assert problem["errors"] == [{"field": "/range/to", "message": "must be above /range/from"},
                                 {"field": "", "message": "is odd as a whole"}]
    assert problem["details"] == {"a": [1]}
    assert problem["retryable"] is True
    assert answer.header("retry-after") == "3"


def test_a_problem_whose_parts_are_no_good(echo):
    answer = echo.call("test.problem", {"status": -1, "details": "text"})
    problem = answer.problem(422, "INVALID_INPUT")
    assert "details" not in problem and answer.header("retry-after") is None
    assert "no JSON object" in echo.log()


# Cancellation

def test_a_call_that_sleeps_is_woken_when_its_client_leaves(start_worker):
    worker = start_worker("echo", args=["--tls", "off"])
    with worker.connect() as connection:
        connection.send(b"POST /v1/capabilities/test.until_cancelled HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{\"wait\":true}")
        worker.wait_log("waiting to be cancelled")
        reset(connection)
    worker.wait_log("cancelled because of 1, and again 1")


def test_a_call_that_sleeps_is_woken_when_the_host_drains(start_worker):
    worker = start_worker("echo", args=["--tls", "off", "--drain-timeout-ms", "50"])
    with worker.connect() as connection:
        connection.send(b"POST /v1/capabilities/test.until_cancelled HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{\"wait\":true}")
        worker.wait_log("waiting to be cancelled")
        worker.signal(signal.SIGTERM)
        connection.response().problem(503)
    assert worker.wait() == 0
    assert "cancelled because of 3, and again 3" in worker.log()


# Sessions

def test_a_plugin_chooses_among_the_subprotocols_that_are_offered(echo):
    offers = b"Sec-WebSocket-Protocol: chat, mqtt\r\n"
    for path, agreed in (("/ws/chat", "chat"), ("/ws/chat?subprotocol=mqtt", "mqtt"), ("/ws?subprotocol=chat", "chat"),
                         ("/ws/chat?subprotocol=none", None)):
        with upgrade(echo, path, offers) as connection:
            headers = {name.lower(): value for name, value in connection.read_head()[2]}
            assert headers.get("sec-websocket-protocol") == agreed, path
    with upgrade(echo, "/ws/chat?subprotocol=amqp", offers) as connection:
        assert connection.response().status == 422  # the client does not offer it, and the plugin gives up


def test_a_real_client_gets_the_subprotocol_and_the_field(echo):
    async def meet():
        async with websocket(echo, "/ws?subprotocol=mqtt&x-said=hello", subprotocols=["chat", "mqtt"]) as client:
            return client.subprotocol, client.response_headers["x-said"]
    assert run(meet()) == ("mqtt", "hello")


def test_an_event_stream_gets_the_field_too(echo):
    answer = echo.get("/ticks?n=1&ms=0&x-said=hello")
    assert answer.header("x-said") == "hello" and b"tick" in answer.body


def test_a_refused_session_says_when_to_come_again(echo):
    answer = echo.get("/ticks?refuse=1")
    answer.problem(503)
    assert answer.header("retry-after") == "3"


def test_a_plugin_hears_why_a_client_closes(start_worker):
    worker = start_worker("echo", args=["--tls", "off"])
    with upgrade(worker) as connection:
        assert connection.read_head()[1] == 101
        connection.send(frame(8, (4001).to_bytes(2, "big") + "going home".encode()))
        assert read_frame(connection)[0] == 8
    worker.wait_log("session closed with 4001: going home")


# Health and metrics

def test_what_a_plugin_says_of_its_health(start_worker, run_host):
    worker = start_worker("echo", "hello", args=["--tls", "off"])
    say = lambda state, reason="": worker.call("test.health", {"state": state, "reason": reason}).json()
    assert worker.get("/health").json()["status"] == "healthy"
    assert worker.metric("crank_plugin_health", plugin="echo") == 0

    assert say(1, "the disk is slow") == 0
    health = worker.get("/health")
    assert health.status == 503 and health.json()["status"] == "degraded"  # as the first worker system had it
    assert health.json()["reason"] == "echo: the disk is slow"
    assert worker.get("/readyz").status == 200 and worker.get("/status").json()["health_status"] == "degraded"
    assert worker.metric("crank_plugin_health", plugin="echo") == 1
    worker.wait_log("echo says that it is degraded: the disk is slow")

    assert say(2, "no GPU") == 0
    ready = worker.get("/readyz")
    assert ready.status == 503 and ready.json() == {"status": "unhealthy", "reason": "echo: no GPU"}
    assert worker.get("/health").json()["status"] == "unhealthy"
    assert worker.call("test.echo", {"text": "x"}).status == 200  # calls go on
    assert worker.metric("crank_plugin_health", plugin="hello") == 0

    assert say(0) == 0
    assert worker.get("/health").status == 200 and worker.get("/readyz").status == 200
    worker.wait_log("echo says that it is healthy")
    assert say(1) == -1 and say(3, "x") == -1 and say(-1, "x") == -1
    assert worker.get("/health").status == 200


def test_a_plugins_own_numbers(start_worker):
    worker = start_worker("echo", args=["--tls", "off"])
    feed = lambda **values: worker.call("test.metric", values).json()
    assert feed(name="echo_things_total", label="a", value=2) == 0
    assert feed(name="echo_things_total", label="a", value=3) == 0
    assert feed(name="echo_things_total", label="b\"\\\\", value=1) == 0
    assert worker.metric("echo_things_total", what="a", plugin="echo") == 5
    assert feed(name="echo_level", kind=2, how="set", value=7) == 0
    assert feed(name="echo_level", kind=2, value=-9) == 0
    assert worker.metric("echo_level") == -2
    for value in (1, 2, 2, 100):
        assert feed(name="echo_size_bytes", kind=3, how="observe", value=value) == 0
    assert [worker.metric("echo_size_bytes_bucket", le=bound) for bound in ("1", "2.5", "10", "+Inf")] == [1, 3, 3, 4]
    assert worker.metric("echo_size_bytes_count") == 4 and worker.metric("echo_size_bytes_sum") == 105


@pytest.mark.parametrize("name, kind", [
    ("crank_things_total", 1), ("worker_x", 2), ("process_x", 2), ("things", 1), ("level_total", 2), ("Level", 2), ("", 2),
    ("a-b", 2), ("a b", 2), ("1a", 2), ("level", 9), ("level", 0)])
def test_metrics_that_are_refused(echo, name, kind):
    assert echo.call("test.metric", {"name": name, "kind": kind}).json() == -1
    assert not name or re.search(rf"^{re.escape(name)}[{{ ]", echo.get("/metrics").body.decode(), re.M) is None


def test_a_metric_keeps_its_kind_and_its_labels(echo):
    assert echo.call("test.metric", {"name": "echo_kept", "kind": 2}).json() == 0
    assert echo.call("test.metric", {"name": "echo_kept", "kind": 3}).json() == -1
    assert echo.call("test.metric", {"name": "echo_kept", "kind": 2, "label": "x"}).json() == -1


def test_series_are_bounded(start_worker):
    worker = start_worker("echo", args=["--tls", "off"])
    results = set()
    with worker.connect() as connection:
        for number in range(1001):
            body = json.dumps({"name": "echo_many_total", "label": f"v{number}"})
            connection.send(f"POST /v1/capabilities/test.metric HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            f"Content-Length: {len(body)}\r\n\r\n{body}")
            results.add((number < 1000, connection.response().json()))
    assert results == {(True, 0), (False, -5)}


def test_the_exposition_is_one_that_prometheus_takes(echo):
    """Each family once, its type before its series, and no series twice."""
    echo.call("test.metric", {"name": "echo_shown_total", "label": "x"})
    echo.call("test.metric", {"name": "echo_shown_total", "label": "y"})
    text = echo.get("/metrics").body.decode()
    types = re.findall(r"^# TYPE (\S+)", text, re.M)
    assert len(types) == len(set(types)) and "echo_shown_total" in types
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")]
    assert len(series) == len(set(series))


# Versions

def test_a_plugin_of_a_minor_that_is_no_longer_spoken(run_host):
    done = run_host("describe", plugin_file("old_minor"))
    assert done.returncode == 3
    assert "was built for ABI 0.1" in done.stderr and "rebuild the plugin" in done.stderr


def test_sections_of_a_later_manifest_are_left_out_and_named(start_worker, run_host):
    worker = start_worker("future_section", args=["--tls", "off"])
    assert worker.call("test.call", {}).status == 200
    worker.wait_log("does not know what its manifest says at /capabilities/0/mcp, /devices and leaves it out: upgrade crank-host")
    assert "/devices" in run_host("describe", plugin_file("future_section")).stdout

"""Capabilities by HTTP: schema checks, the error shape, request ids and trace context, several plugins in one host."""
import json
import re

import pytest

HELLO = "/v1/capabilities/example.hello_world"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def offending(problem):
    """The JSON Pointers that a problem names."""
    return [error["field"] for error in problem["errors"]]


def test_hello(hello):
    answer = hello.post(HELLO, {"message": "World", "options": {"uppercase": True, "exclamations": 3}})
    assert answer.status == 200
    assert answer.header("content-type") == "application/json"
    body = answer.json()
    assert body["greeting"] == "Hello, WORLD!!!"
    assert body["metadata"]["character_count"] == len(body["greeting"])
    assert body["metadata"]["options_applied"] == {"uppercase": True, "exclamations": 3}


def test_greet_is_the_same_capability(hello):
    assert hello.post("/greet", {"message": "Grüße"}).json()["greeting"] == "Hello, Grüße!"


def test_declared_error(hello):
    body = hello.post("/greet", {"message": "  "}).problem(400, "MESSAGE_EMPTY")
    assert body["detail"] == "Message cannot be empty"
    assert body["retryable"] is False


def test_stats(hello):
    before = hello.get("/stats").json()
    assert set(before) == {"total_greetings", "worker_id", "capabilities"}
    hello.post("/greet", {"message": "x"})
    assert hello.get("/stats").json()["total_greetings"] == before["total_greetings"] + 1


@pytest.mark.parametrize("body, pointer", [
    ({}, "/message"),
    ({"message": 5}, "/message"),
    ({"message": None}, "/message"),
    ({"message": ["x"]}, "/message"),
    ({"message": "x", "unknown": 1}, "/unknown"),
    ({"message": "x", "options": []}, "/options"),
    ({"message": "x", "options": {"exclamations": 11}}, "/options/exclamations"),
    ({"message": "x", "options": {"exclamations": -1}}, "/options/exclamations"),
    ({"message": "x", "options": {"exclamations": "1"}}, "/options/exclamations"),
    ({"message": "x", "options": {"exclamations": 1.5}}, "/options/exclamations"),
    ({"message": "x", "options": {"a/b~c": 1}}, "/options/a~1b~0c"),
    ([], ""), (5, ""), ("text", ""), (None, ""),
])
@pytest.mark.parametrize("path", [HELLO, "/greet"])
def test_schema_violation_names_the_field(hello, path, body, pointer):
    problem = hello.post(path, json.dumps(body)).problem(422, "INVALID_INPUT")
    assert pointer in offending(problem), problem
    assert pointer in problem["detail"]


def test_several_violations_are_all_named(echo):
    problem = echo.call("test.echo", {"number": 11, "mood": "sad", "nested": {}}).problem(422)
    assert {"/text", "/number", "/mood"} <= set(offending(problem))
    assert any(pointer.startswith("/nested") for pointer in offending(problem))


@pytest.mark.parametrize("body", [
    b"", b"{", b"{]", b'{"message":"x"', b'{"message":"x"}}', b'{"message":"x"} {}', b"{'message':'x'}", b'{"message":"x",}',
    b"nul", b"NaN", b'{"message":"a\nb"}', b'{"message":"\\ud800"}', b'{"message":"\\x41"}', b'{"message":01}', b'{"message":"x"',
    b"\xef\xbb\xbf" + b'{"message"', b"[" * 60000, b'{"a":' * 5000, b'{"message":1e400}',
], ids=lambda body: body[:16].decode("latin-1"))
def test_broken_json(hello, body):
    hello.post(HELLO, body).problem(400, "INVALID_JSON")


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"])
def test_invalid_utf8(hello, text):
    hello.post(HELLO, b'{"message":"' + text + b'"}').problem(400)


def test_missing_media_type(hello):
    answer = hello.curl(HELLO, "--data-binary", "@-", "--header", "Content-Type:", data='{"message":"x"}')
    assert answer.status in (200, 415)
    if answer.status == 415:
        answer.problem(415)


def test_duplicate_members_do_not_slip_past_the_schema(hello):
    """What was checked must be what the plugin sees."""
    answer = hello.post(HELLO, b'{"message":"x","message":5}')
    assert answer.status in (200, 400, 422)
    if answer.status == 200:
        assert answer.json()["greeting"] == "Hello, x!"


def test_what_a_call_sees(echo):
    answer = echo.post("/echo?q=a%20b%26c", {"text": "hi"}, "--header", "X-Test: abc")
    seen = answer.json()
    assert seen["body"] == {"text": "hi"}
    assert seen["method"] == "POST"
    assert seen["path"] == "/echo"
    assert seen["query.q"] == "a b&c"
    assert seen["header.x-test"] == "abc"
    assert seen["content_type"] == "application/json"
    assert seen["caller.subject"] is None
    assert seen["no.such.key"] is None
    assert seen["deadline_ms"] <= 30000
    assert seen["body_size"] == len(json.dumps({"text": "hi"}))


def test_path_parameters(echo):
    assert echo.get("/keys/one").json()["path.name"] == "one"
    assert echo.get("/keys/a%20%C3%BC").json()["path.name"] == "a ü"
    echo.get("/keys/one/two").problem(404)
    echo.get("/keys/").problem(404)


def test_own_routes_keep_bytes_media_type_and_status(echo):
    data = bytes(range(256)) * 300
    answer = echo.post("/raw", data, media_type="image/png")
    assert answer.body == data
    assert answer.header("content-type") == "image/png"
    assert echo.post("/created", b"1").status == 201
    echo.post("/raw", b"x", media_type="video/mp4").problem(415)


def test_request_id_is_made_and_kept(echo):
    made = [echo.call("test.echo", {"text": "x"}) for _ in range(2)]
    ids = [answer.header("x-request-id") for answer in made]
    assert len(set(ids)) == 2 and all(ids)
    assert [answer.json()["request_id"] for answer in made] == ids
    kept = echo.call("test.echo", {"text": "x"}, "--header", "X-Request-Id: my-id.42")
    assert kept.header("x-request-id") == kept.json()["request_id"] == "my-id.42"


@pytest.mark.parametrize("hostile", ["a" * 5000, "a b\tc", "\"quoted\"", "<script>", "%0d%0aX: y"])
def test_hostile_request_ids_are_not_repeated(echo, hostile):
    answer = echo.call("test.echo", {"text": "x"}, "--header", f"X-Request-Id: {hostile}")
    assert answer.status == 200
    assert re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", answer.header("x-request-id"))


def test_traceparent_reaches_plugin_and_log(start_worker):
    worker = start_worker("echo", args=["--log-format", "json", "--log-level", "debug"])
    answer = worker.call("test.echo", {"text": "x"}, "--header", f"traceparent: {TRACE}")
    seen = answer.json()["traceparent"]
    assert seen.split("-")[:2] == TRACE.split("-")[:2], "the trace goes on"
    worker.call("test.fail", {"status": -8, "text": "on purpose"}, "--header", f"traceparent: {TRACE}").problem(500)
    lines = [json.loads(line) for line in worker.log().splitlines()]
    assert any(line.get("trace_id") == TRACE.split("-")[1] and line.get("request_id") for line in lines), lines
    assert all({"ts", "level", "msg"} <= set(line) for line in lines), "every line is one JSON object"


@pytest.mark.parametrize("value", ["00-zz", "00-" + "0" * 32 + "-b7ad6b7169203331-01", "ff-" + TRACE[3:], "x" * 3000])
def test_malformed_traceparent_is_ignored(echo, value):
    answer = echo.call("test.echo", {"text": "x"}, "--header", f"traceparent: {value}")
    assert answer.status == 200
    assert answer.json()["traceparent"] != value


@pytest.mark.parametrize("status, http_status", [
    (-1, 422), (-2, 404), (-4, 504), (-5, 413), (-6, 503), (-7, 415), (-8, 500), (-4711, 500), (2, 429)])
def test_status_codes_of_the_abi(echo, status, http_status):
    body = echo.call("test.fail", {"status": status, "text": "because"}).problem(http_status)
    assert body["detail"] == "because"


@pytest.mark.parametrize("code, http_status, retryable", [("TEAPOT", 418, False), ("COFFEE_GONE", 410, False), ("TRY_LATER", 503, True)])
def test_declared_error_codes(echo, code, http_status, retryable):
    body = echo.call("test.fail", {"status": -8, "code": code, "text": "no"}).problem(http_status, code)
    assert body["retryable"] is retryable


def test_undeclared_error_code_does_not_reach_the_client(echo):
    assert echo.call("test.fail", {"status": -8, "code": "SECRET", "text": "no"}).problem(500)["code"] != "SECRET"


def test_pending_and_timer(echo):
    assert echo.call("test.pending", {"ms": 5}).status == 200
    assert echo.call("test.timer", {"delay_ms": 1, "period_ms": 1, "fires": 3}).json() == {"fires": 3}


def test_streaming_result_as_the_client_chooses(echo):
    def items(accept):
        return echo.call("test.items", {"count": 3}, "--header", f"Accept: {accept}")
    events = items("text/event-stream")
    assert events.header("content-type").split(";")[0] == "text/event-stream"
    assert [json.loads(data) for data in re.findall(r"^data: ?(.*)$", events.body.decode(), re.M)][:3] == \
        [{"index": 0}, {"index": 1}, {"index": 2}]
    lines = items("application/jsonl")
    assert lines.header("content-type").split(";")[0] == "application/jsonl"
    assert [json.loads(line) for line in lines.body.splitlines()] == [{"index": 0}, {"index": 1}, {"index": 2}]
    whole = items("application/json")
    assert whole.header("content-type").split(";")[0] == "application/json"
    assert whole.json()["items"] == [{"index": 0}, {"index": 1}, {"index": 2}]
    assert items("*/*").status == 200
    assert echo.call("test.items", {"count": 0}).status == 200


@pytest.mark.parametrize("fields, media_type", [
    (["text/event-stream;q=0, application/json"], "application/json"),
    (["application/json;q=0.5, application/x-ndjson"], "application/jsonl"),
    (["application/json", "text/event-stream"], "text/event-stream"),
    (["image/png"], "application/json"),
], ids=["events not wanted", "lines rather than one object", "two fields", "nothing that there is"])
def test_accept_is_read_with_its_weights_and_whole(echo, fields, media_type):
    """RFC 9110 section 12.5.1; never a 406."""
    answer = echo.call("test.items", {"count": 1}, *[part for field in fields for part in ("--header", f"Accept: {field}")])
    assert answer.status == 200
    assert answer.header("content-type").split(";")[0] == media_type


@pytest.mark.parametrize("accept", ["text/event-stream", "application/jsonl", "application/json"])
def test_failure_in_the_middle_of_a_stream_is_seen(echo, accept):
    """The client must be able to tell a whole result from a cut one: an error, an error event, or a body that ends early."""
    body = b'{"count":3,"fail_after":2}'
    with echo.connect() as connection:
        connection.send(b"POST /v1/capabilities/test.items HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        b"Accept: %s\r\nContent-Length: %d\r\n\r\n" % (accept.encode(), len(body)) + body)
        try:
            answer = connection.response()
        except AssertionError:  # closed before the last chunk
            return
    assert answer.status == 503 or b"event: error" in answer.body or b"event:error" in answer.body, answer


def test_big_response(echo):
    for size in (0, 1, 65536, 5_000_000):
        answer = echo.call("test.big", {"bytes": size})
        assert answer.status == 200
        assert len(answer.body) == size


def test_upload_is_read_as_it_comes(echo):
    data = bytes(range(256)) * 20000
    answer = echo.post("/upload", data, media_type="application/octet-stream").json()
    assert (answer["bytes"], answer["sum"], answer["body_size"]) == (len(data), sum(data), len(data))
    chunked = echo.post("/upload", data, "--header", "Transfer-Encoding: chunked", media_type="application/octet-stream").json()
    assert (chunked["bytes"], chunked["sum"], chunked["body_size"]) == (len(data), sum(data), None)


def test_spooled_body(start_worker):
    """A body above the threshold goes through a file; the plugin sees the same bytes."""
    worker = start_worker("echo", args=["--tls", "off", "--set", "limits.spool_threshold_bytes=10000"])
    data = bytes(range(256)) * 4000
    answer = worker.post("/upload", data, media_type="application/octet-stream").json()
    assert (answer["bytes"], answer["sum"]) == (len(data), sum(data))
    assert len(worker.call("test.big", {"bytes": 3_000_000}).body) == 3_000_000


def test_spool_directory_that_cannot_be_written(start_worker):
    """A read-only container serves; its log says at once what it will refuse, and the refusal says why."""
    worker = start_worker("echo", args=["--tls", "off", "--set", "limits.spool_threshold_bytes=2000", "--spool-dir", "/proc"])
    worker.wait_log(r"cannot write to /proc \(No such file or directory\): bodies and responses of more than 2000 bytes are refused")
    assert worker.call("test.echo", {"text": "x" * 1500}).status == 200
    refused = worker.call("test.echo", {"text": "x" * 4000})
    assert refused.status == 507 and "its disk is full, or the directory not its own" in refused.json()["detail"]


def test_several_plugins_in_one_host(plain):
    listed = plain.get("/capabilities").json()
    names = json.dumps(listed)
    assert "example.hello_world" in names and "test.echo" in names
    assert plain.post("/greet", {"message": "x"}).status == 200
    assert plain.call("test.echo", {"text": "x"}).status == 200

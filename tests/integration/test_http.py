"""HTTP/1.1 as RFC 9112 and RFC 9110 want it, from curl and from bytes that no proper client would send."""
import gzip
import json
import threading

import pytest

JSON_CALL = b"POST /v1/capabilities/example.hello_world HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"message":"hi"}'


def framed(body=BODY):
    return JSON_CALL + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_get_and_head_agree(plain):
    got = plain.get("/livez")
    with plain.connect() as connection:
        connection.send(b"HEAD /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = connection.response("HEAD")
        assert connection.closed(), "a body came"
    assert got.status == head.status == plain.get("/livez", "--head").status == 200
    assert head.header("content-length") == str(len(got.body))
    assert head.header("content-type") == got.header("content-type")
    assert got.header("date")


def test_keep_alive_carries_many_requests(plain):
    with plain.connect() as connection:
        for _ in range(20):
            connection.send(framed())
            answer = connection.response()
            assert answer.status == 200, answer
            assert answer.header("connection") in (None, "keep-alive")


def test_connection_close_is_honoured(plain):
    with plain.connect() as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = connection.response()
        assert answer.status == 200
        assert answer.header("connection").lower() == "close"
        assert connection.closed()


def test_pipelined_requests_are_answered_in_order(plain):
    names = [f"name{i}" for i in range(50)]
    requests = b"".join(framed(json.dumps({"message": name}).encode()) for name in names)
    with plain.connect() as connection:
        sender = threading.Thread(target=connection.send, args=(requests,))
        sender.start()
        answers = [connection.response() for _ in names]
        sender.join()
    assert [answer.status for answer in answers] == [200] * len(names)
    assert [name in answer.body.decode() for name, answer in zip(names, answers)] == [True] * len(names)


def test_request_in_single_bytes(plain):
    with plain.connect() as connection:
        for byte in framed():
            connection.send(bytes([byte]))
        assert connection.response().status == 200


def test_two_requests_split_in_the_middle(plain):
    both = framed() + framed()
    for cut in (1, len(JSON_CALL), len(both) // 2, len(both) // 2 + 3, len(both) - 1):
        with plain.connect() as connection:
            connection.send(both[:cut])
            connection.send(both[cut:])
            assert [connection.response().status for _ in range(2)] == [200, 200]


def test_chunked_request(plain):
    answer = plain.call("example.hello_world", {"message": "in chunks"}, "--header", "Transfer-Encoding: chunked")
    assert answer.status == 200, answer
    assert "in chunks" in answer.body.decode()


def test_chunked_request_with_extensions_and_trailers(plain):
    with plain.connect() as connection:
        connection.send(JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.send(b"8;name=value\r\n" + BODY[:8] + b"\r\n8\r\n" + BODY[8:] + b"\r\n0\r\nX-Trailer: 1\r\n\r\n")
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status == 200
        assert connection.response().status == 200


def test_expect_100_continue(plain):
    with plain.connect() as connection:
        connection.send(JSON_CALL + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(BODY))
        assert connection.response().status == 100
        connection.send(BODY)
        assert connection.response().status == 200


def test_expect_100_continue_from_curl(plain):
    answer = plain.call("example.hello_world", {"message": "x" * 2000}, "--header", "Expect: 100-continue")
    assert answer.status == 200, answer


def test_refused_expectation_gets_the_final_status_at_once(plain):
    """A client that waits for 100 learns that its body is not wanted before it sends it."""
    with plain.connect() as connection:
        connection.send(b"POST /v1/capabilities/no.such HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n")
        assert connection.response().status == 404


def test_unknown_expectation(plain):
    with plain.connect() as connection:
        connection.send(JSON_CALL + b"Content-Length: %d\r\nExpect: tea\r\n\r\n" % len(BODY))
        connection.response().problem(417)


def test_http_1_0(plain):
    with plain.connect() as connection:
        connection.send(b"GET /livez HTTP/1.0\r\n\r\n")
        answer = connection.response()
        assert answer.status == 200
        assert connection.closed()


def test_http_1_0_keep_alive_and_no_chunks(plain):
    with plain.connect() as connection:
        for _ in range(2):
            connection.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = connection.response()
            assert answer.status == 200
            assert answer.header("transfer-encoding") is None
            if answer.header("connection") != "keep-alive":
                assert connection.closed()
                break


def test_absolute_form(plain):
    with plain.connect() as connection:
        connection.send(b"GET http://x/livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status == 200


def test_empty_lines_before_a_request_are_skipped(plain):
    """RFC 9112 section 2.2."""
    with plain.connect() as connection:
        connection.send(b"\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status == 200


def test_not_found(plain):
    body = plain.get("/nowhere").problem(404)
    assert "/nowhere" in body["detail"]
    plain.post("/v1/capabilities/no.such", {}).problem(404)


@pytest.mark.parametrize("path, method, allowed", [
    ("/v1/capabilities/example.hello_world", "GET", {"POST"}),
    ("/v1/capabilities/example.hello_world", "DELETE", {"POST"}),
    ("/greet", "PUT", {"POST"}),
    ("/health", "POST", {"GET", "HEAD"}),
])
def test_wrong_method_names_the_right_ones(plain, path, method, allowed):
    answer = plain.get(path, "--request", method)
    answer.problem(405)
    named = {word.strip() for word in answer.header("allow").split(",")}
    assert allowed <= named
    assert method not in named


def test_media_type(plain):
    plain.post("/v1/capabilities/example.hello_world", BODY, media_type="text/plain").problem(415)
    plain.post("/v1/capabilities/example.hello_world", BODY, media_type="application/xml").problem(415)
    accepted = plain.post("/v1/capabilities/example.hello_world", BODY, media_type="Application/JSON; charset=utf-8")
    assert accepted.status == 200, accepted


@pytest.mark.parametrize("path, media_type", [("/v1/capabilities/example.hello_world", "application/json"),
                                              ("/raw", "application/octet-stream"), ("/upload", "application/octet-stream")])
@pytest.mark.parametrize("coding", ["gzip", "identity, GZIP", "x-unknown"])
def test_coded_body_is_refused_and_told_what_is_taken(plain, path, media_type, coding):
    """RFC 9110 section 15.5.16: nothing here undoes a coding, and a plugin must not take coded bytes for the content."""
    answer = plain.post(path, gzip.compress(BODY), "--header", f"Content-Encoding: {coding}", media_type=media_type)
    answer.problem(415)
    assert answer.header("accept-encoding") == "identity"


def test_identity_is_no_coding(plain):
    answer = plain.post("/v1/capabilities/example.hello_world", BODY, "--header", "Content-Encoding: Identity")
    assert answer.status == 200, answer


def test_fields_of_one_name_are_one_list(plain):
    """RFC 9110 section 5.3: the second X-Forwarded-For is the one that the client did not make."""
    def keys(*fields):
        return plain.get("/keys/x", *[part for field in fields for part in ("--header", field)]).json()
    assert keys("X-Test: client-made", "X-Test: proxy-made")["header.x-test"] == "client-made, proxy-made"


UPGRADE = (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


@pytest.fixture(scope="module")
def alone(start_shared_worker):
    """The echo worker without TLS, by the names it has by itself, with a management port."""
    return start_shared_worker("echo", args=["--tls", "off", "--management-port", "0"], env={"CRANK_ALLOWED_HOSTS": None})


def asked(worker, fields, path=b"/raw", method=b"POST", version=b"1.1"):
    """The status of a request whose body needs no Content-Type, as a page can send it without asking first."""
    with worker.connect() as connection:
        connection.send(method + b" " + path + b" HTTP/" + version + b"\r\n" + fields + b"Content-Length: 0\r\n\r\n")
        _, status, _ = connection.read_head()
        return status


def test_page_of_somebody_else_may_not_call(alone, hello):
    for worker, path in ((alone, b"/keys/x"), (hello, b"/version")):  # TLS, too: a browser shows its certificate for any page
        host = b"Host: localhost:%d\r\n" % worker.port
        own = b"Origin: http%s://localhost:%d\r\n" % (b"s" if worker.tls else b"", worker.port)
        foreign = [b"Origin: http://evil.example\r\n", b"Origin: null\r\n", own + b"Origin: http://evil.example\r\n"]
        assert asked(worker, host + own, path, b"GET") == 200
        assert [asked(worker, host + field, path, b"GET") for field in foreign] == [403] * 3
    host = b"Host: localhost:%d\r\n" % alone.port
    assert asked(alone, host) == 200
    assert asked(alone, host + b"Origin: http://localhost:3000\r\n") == 200
    assert asked(alone, host + foreign[0]) == 403
    assert asked(alone, host + foreign[0] + UPGRADE, b"/ws", b"GET") == 403
    assert asked(alone, host + UPGRADE, b"/ws", b"GET") == 101


def test_name_of_somebody_else_on_loopback_is_misdirected(alone):
    """A page reaches this port by making its own name resolve to 127.0.0.1; its Origin is then the same as Host."""
    evil = b"Host: evil.example:%d\r\nOrigin: http://evil.example:%d\r\n" % (alone.port, alone.port)
    assert asked(alone, evil) == 421
    assert asked(alone, evil + UPGRADE, b"/ws", b"GET") == 421
    alone.get("/livez", "--header", "Host: evil.example", base=alone.management_url).problem(421)
    for host in (b"localhost", b"LOCALHOST.", b"127.0.0.1:1", b"[::1]", b"a.localhost"):
        assert asked(alone, b"Host: " + host + b"\r\n") == 200
    assert asked(alone, b"", version=b"1.0") == 200


def test_refused_page_does_not_end_the_connection(alone):
    with alone.connect() as connection:
        connection.send(b"GET /keys/x HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n\r\n"
                        b"GET /keys/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert "allowed_origins" in connection.response().problem(403)["detail"]
        assert connection.response().status == 200


def test_operator_names_pages_and_hosts(start_worker):
    worker = start_worker("echo", env={"CRANK_ALLOWED_HOSTS": "worker.internal,other"},
                          args=["--tls", "off", "--allowed-origin", "https://app.example", "--allowed-origin", "null"])
    assert asked(worker, b"Host: worker.internal:1\r\nOrigin: https://app.example\r\n") == 200
    assert asked(worker, b"Host: other\r\nOrigin: null\r\n") == 200
    assert asked(worker, b"Host: another\r\n") == 421
    assert asked(worker, b"Host: other\r\nOrigin: https://app.example.org\r\n") == 403


@pytest.mark.parametrize("option, value", [("--allowed-origin", "https://app.example/"), ("--allowed-origin", "app.example"),
                                           ("--allowed-host", "worker:8500"), ("--allowed-host", "http://worker")])
def test_what_can_match_nothing_is_wrong_usage(run_host, option, value):
    done = run_host("--plugin", "echo", option, value)
    assert done.returncode == 2
    assert "expected" in done.stderr


def test_malformed_percent_encoding(plain):
    for path in ("/livez%zz", "/livez%", "/livez%00"):
        answer = plain.get(path)
        assert answer.status in (400, 404), path
        answer.problem(answer.status)


# Each of these means different things to different parsers; a server behind a proxy must take none of them.
# (name, bytes, accepted statuses)
SMUGGLING = {
    "both lengths": JSON_CALL + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, other order": JSON_CALL + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two different lengths": JSON_CALL + b"Content-Length: 16\r\nContent-Length: 17\r\n\r\n" + BODY,
    "two lengths in one field": JSON_CALL + b"Content-Length: 16, 17\r\n\r\n" + BODY,
    "length with a sign": JSON_CALL + b"Content-Length: +16\r\n\r\n" + BODY,
    "negative length": JSON_CALL + b"Content-Length: -1\r\n\r\n" + BODY,
    "hexadecimal length": JSON_CALL + b"Content-Length: 0x10\r\n\r\n" + BODY,
    "length with junk": JSON_CALL + b"Content-Length: 16x\r\n\r\n" + BODY,
    "empty length": JSON_CALL + b"Content-Length:\r\n\r\n" + BODY,
    "length over 64 bits": JSON_CALL + b"Content-Length: 18446744073709551632\r\n\r\n" + BODY,
    "coding xchunked": JSON_CALL + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding twice": JSON_CALL + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding chunked, identity": JSON_CALL + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "coding identity": JSON_CALL + b"Transfer-Encoding: identity\r\nContent-Length: 16\r\n\r\n" + BODY,
    "coding after vertical tab": JSON_CALL + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "coding in HTTP/1.0": b"POST /greet HTTP/1.0\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "space before the colon": JSON_CALL + b"Content-Length : 16\r\n\r\n" + BODY,
    "tab before the colon": JSON_CALL + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "space before the first field": b"GET /livez HTTP/1.1\r\n Host: x\r\n\r\n",
    "folded line": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n",
    "folded with a tab": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n\t2\r\n\r\n",
    "bare LF after a field": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\nContent-Length: 0\r\n\r\n",
    "bare LF after the request line": b"GET /livez HTTP/1.1\nHost: x\r\n\r\n",
    "bare LF everywhere": b"GET /livez HTTP/1.1\nHost: x\n\n",
    "bare CR in a value": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\rX-B: 2\r\n\r\n",
    "NUL in a value": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\x002\r\n\r\n",
    "NUL in a name": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-\x00A: 1\r\n\r\n",
    "control character in a value": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: 1\x012\r\n\r\n",
    "no colon": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A\r\n\r\n",
    "empty name": b"GET /livez HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n",
    "name with a space": b"GET /livez HTTP/1.1\r\nHost: x\r\nX A: 1\r\n\r\n",
    "no Host": b"GET /livez HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "bad chunk size": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "chunk size with a sign": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n+10\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk size with 0x": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n0x10\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk size over 64 bits": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n10000000000000010\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk longer than its size": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n4\r\n" + BODY + b"\r\n0\r\n\r\n",
    "chunk ended by bare LF": JSON_CALL + b"Transfer-Encoding: chunked\r\n\r\n10\n" + BODY + b"\n0\n\n",
    "no version": b"GET /livez\r\n\r\n",
    "two spaces": b"GET  /livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "tab in the request line": b"GET\t/livez\tHTTP/1.1\r\nHost: x\r\n\r\n",
    "space in the target": b"GET /live z HTTP/1.1\r\nHost: x\r\n\r\n",
    "target without a slash": b"GET livez HTTP/1.1\r\nHost: x\r\n\r\n",
    "lower-case version": b"GET /livez http/1.1\r\nHost: x\r\n\r\n",
    "bytes": bytes(range(256)) + b"\r\n\r\n",
    "a TLS ClientHello's first bytes": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n" * 4,
}


# By the first word of the name: a coding that is not known may be a 501.
ACCEPTED = {"coding": {400, 501}}


@pytest.mark.parametrize("name", SMUGGLING)
def test_ambiguous_framing_is_refused(plain, name):
    """A 400, and the connection ends: what follows must not be taken for a request."""
    with plain.connect() as connection:
        connection.send(SMUGGLING[name] + b"GET /livez HTTP/1.1\r\nHost: smuggled\r\n\r\n")
        answer = connection.response()
        assert answer.status in ACCEPTED.get(name.split(" ")[0], {400}), answer
        answer.problem(answer.status)
        assert connection.closed(), "a second answer came"


def test_unknown_version(plain):
    """A version that is not spoken here is another thing than a request line that cannot be understood."""
    for line, status in ((b"GET /livez HTTP/3.0", 505), (b"GET /livez HTTP/0.9", 505), (b"PRI * HTTP/2.0", 505),
                         (b"GET /livez HTTP/1.10", 400), (b"GET /livez HTTP/1.1x", 400)):
        with plain.connect() as connection:
            connection.send(line + b"\r\nHost: x\r\n\r\nSM\r\n\r\n")
            connection.response().problem(status)
            assert connection.closed()


def test_a_later_minor_version_is_served(plain):
    with plain.connect() as connection:
        for _ in range(2):
            connection.send(b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n")
            assert connection.response().status == 200


def test_a_host_that_is_none(plain):
    for host in (b"a b@c/d", b"x/y", b"[::1", b"x:80:80"):
        with plain.connect() as connection:
            connection.send(b"GET /livez HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
            assert "Host" in connection.response().problem(400)["detail"]


def test_requests_that_are_not_about_a_route(plain):
    with plain.connect() as connection:
        connection.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.response()
        assert answer.status == 204 and "POST" in answer.header("allow") and answer.header("content-length") is None
        connection.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
        assert connection.response().status == 204
        assert connection.closed(), "the body was not read"
    with plain.connect() as connection:
        connection.send(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n")
        answer = connection.response()
        answer.problem(405)
        assert answer.header("allow") and connection.closed()
    with plain.connect() as connection:
        connection.send(b"GET * HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.response().problem(400)


@pytest.mark.parametrize("request_line", [b"GET /\xff HTTP/1.1", b"POST /livez/\xc3 HTTP/1.1", b"GET /" + b"\xc3\xa4" * 150 + b" HTTP/1.1"])
def test_an_error_is_json_whatever_was_sent(plain, request_line):
    with plain.connect() as connection:
        connection.send(request_line + b"\r\nHost: x\r\n\r\n")
        connection.response().problem(404)["detail"].encode()
        connection.send(JSON_CALL.replace(b"application/json", b"text/\xff" + b"\xc3\xa4" * 80) + b"Content-Length: 0\r\n\r\n")
        connection.response().problem(415)


def test_a_body_of_get_is_not_looked_at(plain):
    """Probes and SDKs send `null` or `{}`."""
    assert plain.get("/health", "--request", "GET", "--data", "{}").status == 200
    with plain.connect() as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnull" * 2)
        assert connection.response().status == connection.response().status == 200
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        connection.response().problem(413)


def test_a_client_that_reads_only_when_it_has_sent_everything(plain):
    """Its answer is there long before it has finished; the connection waits for as long as data comes."""
    with plain.connect() as connection:
        pieces = 30
        connection.send(b"POST /nope HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (pieces * 100_000))
        for _ in range(pieces):
            connection.send(bytes(100_000))
            threading.Event().wait(0.1)  # the pace of its line: 3 s in all, more than a fixed time would give it
        connection.response().problem(404)


def test_header_over_the_limit(plain):
    for big in (b"X-Big: " + b"a" * 17000 + b"\r\n", b"".join(b"X-%d: b\r\n" % i for i in range(4000))):
        with plain.connect() as connection:
            connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n" + big + b"\r\n")
            connection.response().problem(431)


def test_target_over_the_limit(plain):
    with plain.connect() as connection:
        connection.send(b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status in (414, 431)
        assert connection.closed()


def test_body_over_the_limit(start_worker):
    worker = start_worker("echo", args=["--tls", "off", "--set", "limits.body_bytes=1000"])
    for more in ([], ["--header", "Transfer-Encoding: chunked"]):
        worker.post("/raw", b"x" * 1001, *more, media_type="text/plain").problem(413)
        assert worker.post("/raw", b"x" * 1000, *more, media_type="text/plain").body == b"x" * 1000
    with worker.connect() as connection:  # refused by its declared length, before it is sent
        connection.send(b"POST /raw HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n")
        connection.response().problem(413)


def test_body_over_the_capability_s_own_limit(plain):
    plain.call("example.hello_world", {"message": "x" * 65536}).problem(413)


def test_header_time_limit(start_worker):
    worker = start_worker("hello", args=["--tls", "off", "--set", "limits.header_timeout_ms=200"])
    with worker.connect() as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ")
        connection.response().problem(408)
        assert connection.closed()


def test_body_time_limit(start_worker):
    worker = start_worker("hello", args=["--tls", "off", "--set", "limits.body_timeout_ms=200"])
    with worker.connect() as connection:
        connection.send(JSON_CALL + b"Content-Length: 100\r\n\r\n{")
        connection.response().problem(408)
        assert connection.closed()


def test_idle_connection_is_closed(start_worker):
    worker = start_worker("hello", args=["--tls", "off", "--set", "limits.idle_timeout_ms=200", "--set", "limits.header_timeout_ms=200"])
    with worker.connect() as fresh, worker.connect() as used:
        used.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.response().status == 200
        assert used.closed()
        assert fresh.closed()


def test_connection_limit(start_worker):
    worker = start_worker("hello", args=["--tls", "off", "--set", "limits.max_connections=4", "--management-port", "0"])
    held = [worker.connect() for _ in range(4)]
    for connection in held:
        connection.send(b"GET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().status == 404
    with worker.connect() as extra:  # waits until another leaves; those who are in are not disturbed
        extra.send(b"GET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n")
        for connection in held:
            connection.send(b"GET /v1/none HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.response().status == 404
        held.pop().close()
        assert extra.response().status == 404
    for connection in held:
        connection.close()


def test_last_response_is_not_reset_away(plain):
    """The answer to a request whose body nobody reads must reach the client although more bytes are on their way."""
    for _ in range(20):
        with plain.connect() as connection:
            connection.send(b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
            try:
                connection.send(b"a" * 200000)
            except (BrokenPipeError, ConnectionResetError):
                pytest.fail("reset while the answer was on its way")
            assert connection.response().status == 405

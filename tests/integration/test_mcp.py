"""The Model Context Protocol over HTTP: POST /mcp."""
import concurrent.futures
import json
import threading

import pytest

from conftest import SOURCE, until
from mcp_kit import MODERN, SDKS, call, modern, node, request, sdk
from test_streaming import websocket
from test_tokens import Tokens, bearer

JSON_ONLY = ("--header", "Accept: application/json")
STREAMS = ("--header", "Accept: application/json, text/event-stream")


@pytest.fixture(scope="module")
def worker(start_shared_worker):
    return start_shared_worker("mcp_fixture", "slow")


@pytest.fixture
def tokens(run_host, tmp_path):
    return Tokens(run_host, tmp_path / "tokens.json")


def ask(worker, message, *arguments):
    return worker.post("/mcp", message, *JSON_ONLY, *arguments)


def ask_modern(worker, method, params=None, *arguments, headers=None):
    """A modern request, with the fields that mirror its body."""
    fields = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if params and "name" in params:
        fields["Mcp-Name"] = params["name"]
    fields.update(headers or {})
    words = [word for name, value in fields.items() if value is not None for word in ("--header", f"{name}: {value}")]
    return ask(worker, request(method, 1, modern(params)), *words, *arguments)


def events(answer):
    """The messages of an event stream."""
    assert answer.header("content-type").startswith("text/event-stream")
    return [json.loads(line[6:]) for line in answer.body.decode().splitlines() if line.startswith("data: ")]


def in_flight(worker):
    return sum(one["in_flight"] for one in worker.status()["generations"])


# Clients that we did not write

@pytest.mark.parametrize("which", SDKS, ids=str)
def test_the_official_clients_over_https(worker, which):
    steps = [{"do": "list"}, {"do": "call", "name": "greet", "arguments": {"name": "you"}},
             {"do": "call", "name": "test_tool_with_progress", "progress": True}, {"do": "call", "name": "test_error_handling"}]
    tools, greeting, progress, failed = sdk(steps, which, url=worker.url + "/mcp", ca=worker.certificates / "ca.crt")
    assert "greet" in [tool["name"] for tool in tools["value"]]
    assert greeting["value"]["content"] == [{"type": "text", "text": "Hello, you!"}]
    values = [one["progress"] for one in progress["value"]["progress"]]
    assert values and values == sorted(set(values))
    assert failed["value"]["isError"]


def test_the_inspector_over_http(start_worker):
    plain = start_worker("hello", args=["--tls", "off"])
    launcher = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    for era in ("legacy", "modern"):
        done = node(launcher, "--cli", plain.url + "/mcp", "--transport", "http", "--protocol-era", era, "--format", "json", "-q",
                    "--method", "tools/call", "--tool-name", "example_hello_world", "--tool-arg", "message=me")
        assert json.loads(done.stdout)["result"]["structuredContent"]["greeting"] == "Hello, me!"


@pytest.mark.parametrize("which", SDKS[::2], ids=str)
def test_with_a_certificate_or_a_token(start_worker, tokens, which):
    token = tokens.add("agent", "greet")
    worker = start_worker("mcp_fixture", args=["--tokens-file", tokens.file, "--client-auth", "required"])
    files = {"url": worker.url + "/mcp", "ca": worker.certificates / "ca.crt"}
    steps = [{"do": "list"}, {"do": "call", "name": "greet", "arguments": {"name": "you"}}]
    tools, greeting = sdk(steps, which, **files, cert=worker.certificates / "client.crt", key=worker.certificates / "client.key")
    assert len(tools["value"]) > 5 and not greeting["value"]["isError"]
    tools, greeting = sdk(steps, which, **files, token=token)
    assert [tool["name"] for tool in tools["value"]] == ["greet"], "what the token covers"
    assert not greeting["value"]["isError"]


# Access

def test_who_may_use_what(start_worker, tokens):
    token = tokens.add("agent", "greet")
    worker = start_worker("mcp_fixture", args=["--tokens-file", tokens.file])
    refused = ask(worker, request("tools/list"))
    assert refused.status == 401 and refused.header("www-authenticate").startswith("Bearer")
    assert ask(worker, request("ping"), *bearer("crank_000000000000_" + "x" * 51)).status == 401
    assert [tool["name"] for tool in ask(worker, request("tools/list"), *bearer(token)).json()["result"]["tools"]] == ["greet"]
    forbidden = ask(worker, request("tools/call", 3, call("test_simple_text")), *bearer(token))
    assert forbidden.status == 403 and "insufficient_scope" in forbidden.header("www-authenticate")
    assert forbidden.json()["id"] == 3 and forbidden.json()["error"]["code"] == -32003
    assert ask(worker, request("ping") | {"access_token": token}).status == 401, "tokens are in one place"
    assert worker.post(f"/mcp?access_token={token}", request("ping"), *JSON_ONLY).status == 401


def test_pages_of_elsewhere_may_not(start_worker):
    plain = start_worker("mcp_fixture", "echo", args=["--tls", "off"], env={"CRANK_ALLOWED_HOSTS": None})
    for worker in (plain,):
        assert ask(worker, request("ping"), "--header", "Origin: http://evil.example").status == 403
        assert ask(worker, request("ping"), "--header", "Origin: null").status == 403
        assert ask(worker, request("ping"), "--header", f"Origin: http://localhost:{worker.port}").status == 200
        assert ask(worker, request("ping"), "--header", "Host: evil.example", "--header", "Origin: http://evil.example").status == 421
        upgrade = ("--header", "Connection: Upgrade", "--header", "Upgrade: websocket", "--header", "Sec-WebSocket-Version: 13",
                   "--header", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "--header", "Origin: http://evil.example", "--http1.1")
        assert worker.get("/ws", *upgrade).status == 403


# Messages

@pytest.mark.parametrize("body, status, code", [
    ("", 400, -32700), ("{", 400, -32700), ('{"jsonrpc":"2.0","id":1,"method":"ping"', 400, -32700), ("[]", 400, -32600),
    ('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600), ('{"jsonrpc":"2.0","id":1,"id":1,"method":"ping"}', 400, -32700),
    ('{"id":1,"method":"ping"}', 400, -32600), ('{"jsonrpc":"2.0","id":1,"method":"no/such"}', 200, -32601),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no_such"}}', 200, -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}}', 200, -32602),
])
def test_what_is_no_good_message(worker, body, status, code):
    answer = worker.post("/mcp", body, *JSON_ONLY)
    assert answer.status == status and answer.json()["error"]["code"] == code, answer


def test_what_is_no_message_at_all(worker):
    for method in ("GET", "DELETE", "PUT"):
        refused = worker.curl("/mcp", "--request", method)
        assert refused.status == 405 and refused.header("allow") == "POST"
    worker.post("/mcp", "x", media_type="text/plain").problem(415)
    worker.post("/mcp", b"x", "--header", "Content-Encoding: gzip").problem(415)
    assert ask(worker, {"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
    unasked = ask(worker, {"jsonrpc": "2.0", "id": 1, "result": {}})
    assert unasked.status == 400 and unasked.json()["error"]["code"] == -32600, "nothing was asked"


def test_a_message_may_be_long_but_not_too_long(start_worker):
    worker = start_worker("mcp_fixture", args=["--set", "limits.body_bytes=4MiB", "--set", "limits.spool_threshold_bytes=1MiB"])
    for size in (100_000, 3_000_000):
        message = request("tools/call", 1, call("test_logging_tool", {"text": "x" * size}))
        assert len(ask(worker, message).json()["result"]["structuredContent"]["text"]) == size
    ask(worker, request("ping", params={"text": "x" * 5_000_000})).problem(413)


def test_a_capability_has_the_limit_of_its_own_route(start_worker):
    worker = start_worker("hello")
    long = ask(worker, request("tools/call", 1, {"name": "example_hello_world", "arguments": {"message": "x" * 70_000}})).json()
    assert long["result"]["isError"] and "longer than 65536 bytes" in long["result"]["content"][0]["text"], long
    short = ask(worker, request("tools/call", 2, {"name": "example_hello_world", "arguments": {"message": "x" * 100}})).json()
    assert not short["result"].get("isError"), short


def test_params_but_arguments_are_short(worker):
    """A tree of many small values takes many times the room of its text."""
    answer = ask(worker, request("ping", 1, {"_meta": {"x": [0] * 100_000}})).json()
    assert answer["error"]["code"] == -32602 and "longer than 65536 bytes" in answer["error"]["message"], answer


def test_versions(worker):
    assert ask(worker, request("ping"), "--header", "MCP-Protocol-Version: 2025-03-26").status == 200
    assert ask(worker, request("ping")).status == 200, "without the field it is 2025-03-26"
    wrong = ask(worker, request("ping"), "--header", "MCP-Protocol-Version: 1999-01-01")
    assert wrong.status == 400 and "2025-11-25" in wrong.json()["error"]["data"]["supported"]
    begun = ask(worker, request("initialize", 1, {"protocolVersion": "2025-06-18", "capabilities": {}}))
    assert begun.json()["result"]["protocolVersion"] == "2025-06-18"
    assert begun.header("mcp-session-id") and begun.header("mcp-session-id") != ask(worker, request("initialize", 1, {})).header("mcp-session-id")
    for session in (begun.header("mcp-session-id"), "one that nobody gave"):
        assert ask(worker, request("tools/list"), "--header", f"Mcp-Session-Id: {session}").status == 200


def test_modern_requests_say_what_they_are(worker):
    assert ask_modern(worker, "server/discover").json()["result"]["supportedVersions"] == [MODERN]
    assert ask_modern(worker, "tools/call", call("greet", {"name": "x"})).json()["result"]["resultType"] == "complete"
    encoded = ask_modern(worker, "tools/call", call("greet"), headers={"Mcp-Name": "=?base64?Z3JlZXQ=?="})
    assert encoded.status == 200 and "result" in encoded.json()
    gone = ask_modern(worker, "ping")
    assert gone.status == 404 and gone.json()["error"]["code"] == -32601
    for headers in ({"Mcp-Method": "tools/list"}, {"Mcp-Name": None}, {"Mcp-Name": "Greet"}, {"Mcp-Method": None},
                    {"MCP-Protocol-Version": "2025-11-25"}, {"MCP-Protocol-Version": None}, {"Mcp-Name": "=?base64?Z3JlZXQ?="}):
        wrong = ask_modern(worker, "tools/call", call("greet"), headers=headers)
        assert wrong.status == 400 and wrong.json()["error"]["code"] == -32020, (headers, wrong)
    bare = ask(worker, request("tools/list"), "--header", f"MCP-Protocol-Version: {MODERN}")
    assert bare.status == 400 and bare.json()["error"]["code"] == -32602


def test_arguments_that_are_mirrored(worker):
    region = call("test_header_param", {"region": "eu\u00e9"})
    good = ask_modern(worker, "tools/call", region, headers={"Mcp-Param-Region": "=?base64?ZXXDqQ==?="})
    assert good.status == 200 and not good.json()["result"]["isError"]
    for value in (None, "us", "=?base64?ZXXDqQ?="):
        wrong = ask_modern(worker, "tools/call", region, headers={"Mcp-Param-Region": value})
        assert wrong.status == 400 and wrong.json()["error"]["code"] == -32020
    assert ask(worker, request("tools/call", 1, region)).json()["result"]["isError"] is False, "legacy clients know nothing of it"


def test_progress_comes_as_events(worker):
    message = request("tools/call", 5, call("test_tool_with_progress", _meta={"progressToken": 0}))
    streamed = worker.post("/mcp", message, *STREAMS)
    *progress, answer = events(streamed)
    assert [one["params"]["progress"] for one in progress] == [0, 50, 100] and answer["id"] == 5
    assert ask(worker, message).header("content-type") == "application/json", "who takes no events gets none"
    plain = worker.post("/mcp", request("tools/call", 5, call("test_tool_with_progress")), *STREAMS)
    assert plain.header("content-type") == "application/json"


def test_silence_is_broken(start_worker, tmp_path):
    worker = start_worker("slow", args=["--set", "limits.event_keepalive_ms=100"])
    gate = tmp_path / "gate"
    body = json.dumps(request("tools/call", 1, call("test_call", {"ms": 600000, "until": str(gate)})))
    with worker.connect() as connection:
        connection.send(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                        f"Accept: application/json, text/event-stream\r\n\r\n{body}")
        connection.read_until(b"\r\n\r\n")
        for _ in range(3):
            assert connection.read_chunk() == b":\n\n"
        gate.touch()
        while (chunk := connection.read_chunk()) == b":\n\n":
            pass
        assert b'"done":true' in chunk


# Ends

def leave_in_the_middle(worker, message, fields=""):
    """Sends a call that reports progress, waits until it runs, and goes."""
    with worker.connect() as connection:
        body = json.dumps(message)
        connection.send(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                        f"Accept: text/event-stream\r\n{fields}\r\n{body}")
        connection.read_until(b"notifications/progress")
        connection.sock.shutdown(2)


def test_a_modern_client_that_leaves_ends_its_call(worker):
    params = modern(call("test_call", {"ms": 600000}, _meta={"progressToken": 1}))
    leave_in_the_middle(worker, request("tools/call", 1, params),
                        f"MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: test_call\r\n")
    until(lambda: in_flight(worker) == 0, "the call ends")


def test_a_legacy_client_that_leaves_does_not(worker, tmp_path):
    gate = tmp_path / "gate"
    def served():
        return worker.metric("worker_requests_total", capability="test.call", status="ok") or 0

    before = served()
    leave_in_the_middle(worker, request("tools/call", 1, call("test_call", {"ms": 600000, "until": str(gate)}, _meta={"progressToken": 1})))
    assert in_flight(worker) == 1
    gate.touch()
    until(lambda: in_flight(worker) == 0, "the call ends")
    assert served() == before + 1


def test_a_legacy_client_cancels_by_id_within_its_session(worker):
    session = ("--header", "Mcp-Session-Id: " + ask(worker, request("initialize", 1, {})).header("mcp-session-id"))
    other = ("--header", "Mcp-Session-Id: somebody-elses")
    message = request("tools/call", 9, call("test_call", {"ms": 600000}))
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}}
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, worker, message, *session)
        until(lambda: in_flight(worker) == 1, "the call runs")
        assert ask(worker, cancel, *other).status == 202 and in_flight(worker) == 1
        assert ask(worker, request("ping", 9), *session).json()["result"] == {}, "only calls are counted"
        twice = ask(worker, message, *session)
        assert twice.status == 400 and twice.json()["error"]["code"] == -32600
        assert ask(worker, cancel, *session).status == 202
        answer = waiting.result()
    assert answer.status == 202 and answer.body == b"", "a cancelled request has no answer"
    until(lambda: in_flight(worker) == 0, "the call ends")


def test_a_tool_that_crashes_takes_nobody_else_along(start_worker):
    worker = start_worker("crash_in_call", "mcp_fixture")
    with worker.connect() as connection:
        body = json.dumps(request("tools/call", 1, call("test_call")))
        connection.send(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        assert connection.rest() == b""
    answer = ask(worker, request("tools/call", 2, call("greet", {"name": "again"})))
    assert answer.json()["result"]["content"][0]["text"] == "Hello, again!"
    worker.wait_log("crash_in_call")


def test_too_many_calls_are_told_to_the_model(worker, tmp_path):
    gate = tmp_path / "gate"
    message = request("tools/call", 1, call("test_call", {"ms": 600000, "until": str(gate)}))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(ask, worker, message) for _ in range(5)]  # two run, two wait
        busy = next(concurrent.futures.as_completed(calls)).result().json()["result"]
        assert busy["isError"] and "try again" in busy["content"][0]["text"]
        gate.touch()
        assert sum(not one.result().json()["result"]["isError"] for one in calls) == 4


def test_agents_lose_nothing_while_the_plugin_is_swapped(start_worker):
    """64 clients at once, of both eras, beside ordinary calls."""
    worker = start_worker("mcp_fixture")
    over = threading.Event()

    def agent(number):
        served = 0
        while not over.is_set() or served == 0:
            params = call("greet", {"name": str(number)})
            answer = ask_modern(worker, "tools/call", params) if number % 2 else ask(worker, request("tools/call", number, params))
            assert answer.status == 200, answer
            result = answer.json()["result"]
            assert result["content"][0]["text"] == f"Hello, {number}!" or "BUSY" in result["content"][0]["text"], result
            served += 1
        return served

    def caller():
        served = 0
        while not over.is_set() or served == 0:
            assert worker.call("greet", {"name": "x"}).status in (200, 429)
            served += 1
        return served

    with concurrent.futures.ThreadPoolExecutor(66) as pool:
        running = [pool.submit(agent, number) for number in range(64)] + [pool.submit(caller) for _ in range(2)]
        for _ in range(2):
            done = worker.reload()
            assert done.returncode == 0, done.stderr
        over.set()
        assert all(one.result() > 0 for one in running)


# The official conformance suite

@pytest.mark.parametrize("revision", ["2025-11-25", MODERN])
def test_conformance(start_worker, tmp_path, revision):
    """The baseline may only shrink: an expected failure that passes fails the run."""
    worker = start_worker("mcp_fixture", "mcp_asking", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs"], env={"CRANK_ALLOWED_HOSTS": None})
    baseline = SOURCE / "tests" / "integration" / f"mcp_conformance_{revision}.yml"
    done = node("node_modules/@modelcontextprotocol/conformance/dist/index.js", "server", "--url", worker.url.replace("127.0.0.1", "localhost") + "/mcp",
                "--requirements", revision, "--expected-failures", baseline, check=False)
    summary = done.stdout[done.stdout.find("=== SUMMARY"):]
    print(next(line for line in summary.splitlines() if line.startswith("Total:")))
    assert done.returncode == 0, summary + done.stderr

"""`crank-host mcp`: the Model Context Protocol over standard input and output."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse

import pytest

from conftest import BOUND, HOST, environment, plugin_file, until
from mcp_kit import MODERN, SDKS, Stdio, call, modern, node, request, sdk


@pytest.fixture
def stdio(certificates, tmp_path_factory):
    """stdio(*plugins, args=): a server that is ended when the test is."""
    servers = []

    def start(*plugins, args=()):
        servers.append(Stdio(certificates, tmp_path_factory.mktemp("mcp"), plugins, args))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


def command_of(*plugins):
    return {"command": str(HOST), "args": ["mcp", *(word for plugin in plugins for word in ("--plugin", str(plugin_file(plugin))))]}


@pytest.mark.parametrize("which", SDKS, ids=str)
def test_the_official_clients_list_and_call(which):
    steps = [{"do": "list"}, {"do": "call", "name": "text_stream", "arguments": {"content": "one two three", "chunk_size": 1}},
             {"do": "call", "name": "text_stream", "arguments": {"contents": "x"}}, {"do": "call", "name": "no_such_tool"}]
    tools, streamed, wrong, unknown = sdk(steps, which, stdio=command_of("streaming"))
    assert [tool["name"] for tool in tools["value"]] == ["text_stream"]
    assert tools["value"][0]["inputSchema"]["required"] == ["content"]
    items = streamed["value"]["structuredContent"]["items"]
    assert [item["content"] for item in items] == ["one", "two", "three"]
    assert json.loads(streamed["value"]["content"][0]["text"]) == {"items": items}
    assert wrong["value"]["isError"] and "/content is required" in wrong["value"]["content"][0]["text"]
    assert unknown["code"] == -32602 or "no_such_tool" in json.dumps(unknown)


def test_the_inspector_lists_and_calls():
    launcher = "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    server = [HOST, "mcp", "--plugin", plugin_file("hello")]
    for era in ("legacy", "modern"):
        options = ["--cli", "--protocol-era", era, "--format", "json", "-q"]
        done = node(launcher, *options, "--method", "tools/list", "--", *server)
        assert json.loads(done.stdout)["result"]["tools"][0]["name"] == "example_hello_world"
        done = node(launcher, *options, "--method", "tools/call", "--tool-name", "example_hello_world", "--tool-arg", "message=me",
                    "--", *server)
        assert json.loads(done.stdout)["result"]["structuredContent"]["greeting"] == "Hello, me!"


def test_both_eras_side_by_side(stdio):
    server = stdio("mcp_fixture")
    started = server.result("initialize", {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
    assert started["protocolVersion"] == "2025-03-26" and started["capabilities"] == {"tools": {}}
    assert server.result("initialize", {"protocolVersion": "1999-01-01"})["protocolVersion"] == "2025-11-25"
    assert server.result("ping") == {}
    found = server.result("server/discover", modern())
    assert found["supportedVersions"] == [MODERN] and found["resultType"] == "complete" and found["ttlMs"] >= 0
    assert server.ask("ping", modern())["error"]["code"] == -32601
    assert server.ask("resources/list")["error"]["code"] == -32601
    old = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2024-01-01", "io.modelcontextprotocol/clientCapabilities": {}}}
    error = server.ask("tools/list", old)["error"]
    assert error["code"] == -32022 and error["data"] == {"supported": [MODERN], "requested": "2024-01-01"}
    assert "resultType" not in server.result("tools/list")
    assert server.result("tools/list", modern())["cacheScope"] == "private"


def test_what_a_tool_answers(stdio):
    server = stdio("mcp_fixture", "echo")
    tools = {tool["name"]: tool for tool in server.result("tools/list")["tools"]}
    assert tools["test_simple_text"]["annotations"] == {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True,
                                                        "openWorldHint": False}
    assert tools["test_simple_text"]["title"] == "Simple text"
    kinds = {name: server.result("tools/call", call(name))["content"][0]["type"] for name in tools if name.startswith("test_")
             and tools[name]["inputSchema"].get("required") is None and name.count("_") == 2 and "slow" not in name and "error" not in name}
    assert kinds["test_simple_text"] == "text" and kinds["test_image_content"] == "image" and kinds["test_audio_content"] == "audio"
    assert kinds["test_embedded_resource"] == "resource"
    said = server.result("tools/call", call("test_fail", {"status": -5, "code": "TRY_LATER", "text": "not yet"}))
    assert said["isError"] and "TRY_LATER" in said["content"][0]["text"], said
    echoed = server.result("tools/call", call("test_echo", {"text": "hi"}))["structuredContent"]
    assert echoed["body"] == {"text": "hi"} and echoed["method"] == "MCP" and echoed["caller.kind"] == "local"


def test_files_beside_an_answer(stdio, tmp_path):
    server = stdio("mcp_fixture")
    text, image, data = server.result("tools/call", call("test_multiple_content_types"))["content"]
    assert text == {"type": "text", "text": "Multiple content types test:"} and image["mimeType"] == "image/png"
    assert json.loads(data["resource"]["text"]) == {"test": "data", "value": 123}
    small = server.result("tools/call", call("test_large_file", {"bytes": 3}))
    assert small["content"][1]["resource"]["text"] == "xxx" and small["structuredContent"] == {"left": 1}
    large = server.result("tools/call", call("test_large_file", {"bytes": 5_000_000}))["content"][1]
    assert large["type"] == "text" and "jobs_dir" in large["text"], "nobody keeps it"
    keeps = stdio("mcp_fixture", args=["--jobs-dir", tmp_path / "all my jobs #1 50%?"])
    link = keeps.result("tools/call", call("test_large_file", {"bytes": 5_000_000}))["content"][1]
    assert link["type"] == "resource_link" and link["name"] == "large file.bin" and link["size"] == 5_000_000
    assert re.fullmatch(r"file:///[A-Za-z0-9._~/%-]+", link["uri"]), link["uri"]
    path = urllib.parse.unquote(urllib.parse.urlsplit(link["uri"]).path)
    assert path.startswith(str(tmp_path)) and os.path.getsize(path) == 5_000_000


def test_the_file_of_one_call_is_the_input_of_the_next(stdio, tmp_path):
    """By the link that came with it; what no call left is not to be had, wherever it is."""
    server = stdio("echo", args=["--jobs-dir", tmp_path / "my jobs"])
    kept = lambda address: server.result("tools/call", call("test_kept", {"address": address}))
    made = server.result("tools/call", call("test_files", {"name": "a b.txt", "bytes": 300_000}))
    uri = next(one for one in made["content"] if one["type"] == "resource_link")["uri"]
    assert kept(uri)["structuredContent"]["bytes"] == 300_000
    path = urllib.parse.unquote(urllib.parse.urlsplit(uri).path)
    shutil.copy(path, tmp_path / os.path.basename(path))
    for other in (f"file://{tmp_path}/{os.path.basename(path)}", uri + "x", uri.replace("%20", " "), f"file://{tmp_path}/my%20jobs/jobs.db", "file://", "file:///"):
        assert kept(other)["isError"], other


def test_what_is_not_json_goes_as_text_or_base_64(stdio):
    server = stdio("mcp_fixture")
    tool = next(tool for tool in server.result("tools/list")["tools"] if tool["name"] == "bytes_count")
    assert sorted(tool["inputSchema"]["properties"]) == ["base64", "media_type", "text"]
    assert tool["outputSchema"]["anyOf"][0]["properties"] == {"result": {"type": "integer"}}, "structured results are objects"
    for given in ({"text": "abc"}, {"base64": "AAH/"}, {"text": "\u00e9x", "media_type": "text/plain"}):
        assert server.result("tools/call", call("bytes_count", given))["structuredContent"] == {"result": 3}
    for wrong in ({"base64": "AAH"}, {}, {"text": "a", "base64": ""}, {"text": 1}, {"text": "a", "media_type": "image/png"}, {"more": ""}):
        assert server.result("tools/call", call("bytes_count", wrong))["isError"]


def test_progress_grows_and_ends_with_the_answer(stdio):
    server = stdio("mcp_fixture")
    for token in (0, "", "t"):
        server.send(request("tools/call", 1, call("test_tool_with_progress", _meta={"progressToken": token})))
        answer, before = server.answer(1)
        assert not answer["result"]["isError"]
        steps = [message["params"]["progress"] for message in before]
        assert steps == [0, 50, 100] and all(message["params"]["progressToken"] == token for message in before)
    server.send(request("tools/call", 2, call("test_tool_with_progress")))
    assert server.answer(2)[1] == []


def test_a_cancelled_call_stops_and_is_not_answered(stdio, tmp_path):
    server = stdio("slow")
    server.send(request("tools/call", 7, call("test_call", {"ms": 600000}, _meta={"progressToken": 1})))
    assert server.read()["method"] == "notifications/progress", "it runs"
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7, "reason": "enough"}})
    _, before = (server.send(request("ping", 8)), server.answer(8))[1]
    assert all(message.get("method") == "notifications/progress" for message in before)
    # Its id is free again, and both slots are: two more run side by side.
    gates = [tmp_path / "one", tmp_path / "two"]
    for number, gate in zip((7, 9), gates):
        server.send(request("tools/call", number, call("test_call", {"ms": 600000, "until": str(gate)})))
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "unknown"}})
    for gate in gates:
        gate.touch()
    assert {server.read()["id"], server.read()["id"]} == {7, 9}
    assert server.end() == (0, [])


def test_one_id_runs_once(stdio, tmp_path):
    server = stdio("slow")
    gate = tmp_path / "gate"
    for _ in range(2):
        server.send(request("tools/call", 1, call("test_call", {"ms": 600000, "until": str(gate)})))
    assert server.read()["error"]["code"] == -32600
    gate.touch()
    assert server.answer(1)[0]["result"]["structuredContent"] == {"done": True}


@pytest.mark.parametrize("line, code", [
    ("{", -32700), ('{"jsonrpc":"2.0","id":1,"method":"ping"', -32700), ("nonsense", -32700), ("\xff\xfe", -32700),
    ('{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32700), ('{"jsonrpc":"2.0","id":1,"\\u0069d":2,"method":"ping"}', -32700),
    ('[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600), ("[]", -32600), ("7", -32600), ('{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
    ('{"jsonrpc":"2.0","id":1}', -32600), ('{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600), ('{"jsonrpc":"2.0","id":1,"method":5}', -32600),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_call","arguments":[]}}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_call","arguments":{"a":tru}}}', -32700),
    ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"' + "x" * 300 + '"}', -32600),
    ('{"jsonrpc":"2.0","id":1,"method":"a","params":' + '{"a":' * 100 + "1" + "}" * 101, -32700),
])
def test_a_bad_message_is_answered_and_the_session_goes_on(stdio, line, code):
    server = stdio("slow")
    server.write(line.encode("latin-1") + b"\n")
    assert server.read()["error"]["code"] == code
    assert server.ask("ping", number="still here")["result"] == {}


def test_arguments_with_two_members_of_one_name_are_told_to_the_model(stdio):
    server = stdio("slow")
    server.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_call","arguments":{"ms":1,"ms":2}}}\n')
    result = server.answer(1)[0]["result"]
    assert result["isError"] and '"ms" appears twice' in result["content"][0]["text"]


def test_a_line_that_is_too_long(stdio):
    server = stdio("mcp_fixture")
    piece = b"x" * (1024 * 1024)
    for _ in range(82):
        server.write(piece)
    server.write(b"\n")
    server.send(request("ping", 2))
    first, second = server.read(), server.read()
    assert first["error"]["code"] == -32600 and "80 MiB" in first["error"]["message"] and second["result"] == {}


def test_a_large_message_goes_in_and_out(stdio):
    server = stdio("mcp_fixture")
    text = "x" * (20 * 1024 * 1024)
    assert server.result("tools/call", call("test_logging_tool", {"text": text}))["structuredContent"]["text"] == text


def test_a_plugin_that_prints_disturbs_nobody(stdio):
    server = stdio("prints")
    assert server.result("tools/call", call("test_call"))["structuredContent"] == {"ok": 1}
    assert server.end() == (0, [])
    for when in ("while it is loaded", "in start()", "in call()"):
        assert when in server.log()


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs Linux's /proc to see descriptors")
def test_what_a_plugin_or_its_child_reads_is_not_the_protocol(stdio):
    server = stdio("hello")
    assert server.result("ping") == {}
    assert os.readlink(f"/proc/{server.process.pid}/fd/0") == "/dev/null"


def test_a_call_that_is_still_open_at_the_end_is_answered_by_no_ghost(stdio):
    """Its plugin ends it from a thread of its own, whenever that is: neither it nor the way back may be gone by then."""
    server = stdio("echo", args=["--drain-timeout-ms", "200ms"])
    server.send(request("tools/call", 1, call("test_timer", {"delay_ms": 600000, "fires": 1})))
    assert server.result("ping") == {}
    code, _ = server.end()
    assert code == 1 and "plugin code still runs: ending without stop()" in server.log()


def test_the_end_of_input_waits_for_what_runs(stdio, tmp_path):
    server = stdio("slow")
    gate = tmp_path / "gate"
    server.send(request("tools/call", 1, call("test_call", {"ms": 600000, "until": str(gate)}, _meta={"progressToken": 1})))
    assert server.read()["method"] == "notifications/progress"
    server.process.stdin.close()
    gate.touch()
    assert server.answer(1)[0]["result"]["structuredContent"] == {"done": True}
    assert server.process.stdout.read() == b"" and server.process.wait(timeout=BOUND) == 0


def test_the_last_line_needs_no_end(certificates, run_host):
    lines = json.dumps(request("ping", 1)) + "\n" + json.dumps(request("ping", 2))
    done = run_host("mcp", "--plugin", plugin_file("hello"), input=lines)
    assert done.returncode == 0 and [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_what_runs(stdio, number):
    server = stdio("slow")
    server.send(request("tools/call", 1, call("test_call", {"ms": 600000}, _meta={"progressToken": 1})))
    assert server.read()["method"] == "notifications/progress"
    server.process.send_signal(number)
    answer, _ = server.answer(1)
    assert answer["result"]["isError"]
    assert server.process.wait(timeout=BOUND) == 0


def test_a_client_that_stops_reading_ends_it(stdio):
    server = stdio("mcp_fixture")
    assert server.result("ping") == {}
    server.process.stdout.close()
    server.send(request("ping", 2))
    assert server.process.wait(timeout=BOUND) in (0, 1)


def test_a_parent_that_dies_ends_it(certificates, tmp_path):
    """Although somebody else holds the other end of its input open."""
    reading, writing = os.pipe()
    parent = ("import subprocess, sys, time\n"
              "child = subprocess.Popen(sys.argv[1:], stdin=0)\n"
              "print(child.pid, flush=True)\n"
              "time.sleep(600)\n")
    with open(tmp_path / "stderr", "wb") as errors:
        started = subprocess.Popen([sys.executable, "-c", parent, str(HOST), "mcp", "--plugin", str(plugin_file("slow"))], stdin=reading,
                                   stdout=subprocess.PIPE, stderr=errors, env=environment(certificates, tmp_path))
    os.close(reading)
    try:
        child = int(started.stdout.readline())
        os.write(writing, json.dumps(request("tools/call", 1, call("test_call", {"ms": 600000}, _meta={"progressToken": 1}))).encode() + b"\n")
        assert b"progress" in started.stdout.readline(), "the call runs"
        started.kill()
        started.wait()
        until(lambda: not os.path.exists(f"/proc/{child}") or open(f"/proc/{child}/stat").read().split(") ")[1][0] == "Z",
              "the server has ended")
    finally:
        os.close(writing)
        started.stdout.close()


def test_many_at_once(stdio):
    server = stdio("mcp_fixture")
    for number in range(200):
        server.send(request("tools/call", number, call("test_logging_tool", {"number": number})))
    answers = {message["id"]: message["result"] for message in (server.read() for _ in range(200))}
    assert sorted(answers) == list(range(200))
    served = {number for number, result in answers.items() if not result["isError"]}
    assert all(answers[number]["structuredContent"] == {"number": number} for number in served) and len(served) >= 64
    assert all("BUSY" in answers[number]["content"][0]["text"] for number in set(answers) - served)


def test_entries_for_clients_can_be_used_as_they_are(run_host, certificates, tmp_path):
    plugin = plugin_file("hello")
    done = run_host("mcp", "--plugin", os.path.relpath(plugin, "/"), "--print-config", before=lambda: os.chdir("/"))
    assert done.returncode == 0, done.stderr
    entries = [json.loads("{" + part.split("\n\n")[0]) for part in done.stdout.split("\n{")[1:]]
    local, vscode, remote, remote_vscode = entries
    server = local["mcpServers"]["hello"]
    assert vscode["servers"]["hello"] == {"type": "stdio", **server}
    assert remote["mcpServers"]["hello"]["url"].startswith("https://") and remote["mcpServers"]["hello"]["url"].endswith("/mcp")
    assert remote_vscode["servers"]["hello"]["type"] == "http"
    [tools] = sdk([{"do": "list"}], SDKS[0], stdio=server)
    assert tools["value"][0]["name"] == "example_hello_world"


def test_verify_says_what_clients_stumble_over(run_host):
    done = run_host("verify", plugin_file("mcp_fixture"), bound=4 * BOUND)
    assert done.returncode == 0, done.stdout
    assert "as an MCP tool, json_schema_2020_12_tool: models refuse allOf at the top of input_schema" in done.stdout
    assert "MCP" not in run_host("verify", plugin_file("hello"), bound=4 * BOUND).stdout

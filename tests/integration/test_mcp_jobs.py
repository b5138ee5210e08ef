"""Jobs for MCP clients: the tools that every client has, and tasks in the forms of both eras."""
import concurrent.futures
import json
import time

import pytest

from conftest import BOUND, SOURCE, until
from mcp_kit import SDKS, Stdio, call, modern, node, request, sdk
from test_mcp import STREAMS, ask, ask_modern, events
from test_tokens import Tokens, bearer

TASKS = {"extensions": {"io.modelcontextprotocol/tasks": {}}}


@pytest.fixture(scope="module")
def worker(start_shared_worker, tmp_path_factory):
    return start_shared_worker("mcp_fixture", "slow", args=["--jobs-dir", tmp_path_factory.mktemp("jobs")])


def begin(worker, arguments, capability="test.call", *more):
    """A job that came through HTTP."""
    accepted = worker.call(capability, arguments, "--header", "Prefer: respond-async", *more)
    assert accepted.status == 202, accepted
    return accepted.json()["id"]


def tool(worker, name, arguments, *more):
    answer = ask(worker, request("tools/call", 1, call(name, arguments)), *more).json()
    return answer["result"]


def until_running(worker, job):
    until(lambda: tool(worker, "get_job", {"job_id": job})["structuredContent"]["status"] == "running", "it runs")


def ask_task(worker, method, task, number=1):
    """A modern request about a task."""
    return ask_modern(worker, method, {"taskId": task, "_meta": {"io.modelcontextprotocol/clientCapabilities": TASKS}},
                      headers={"Mcp-Name": task}).json()


def modern_task(worker, name, arguments):
    params = call(name, arguments, _meta={"io.modelcontextprotocol/clientCapabilities": TASKS})
    return ask_modern(worker, "tools/call", params).json()["result"]


def test_the_tools_are_there_where_there_are_jobs(worker, start_worker):
    names = [one["name"] for one in ask(worker, request("tools/list")).json()["result"]["tools"]]
    assert names[-3:] == ["wait_job", "get_job", "cancel_job"]
    without = start_worker("mcp_fixture")
    assert "wait_job" not in [one["name"] for one in ask(without, request("tools/list")).json()["result"]["tools"]]
    assert ask(without, request("tools/call", 1, call("wait_job", {"job_id": "x"}))).json()["error"]["code"] == -32602
    assert ask(without, request("tasks/list")).json()["error"]["code"] == -32601
    plain = ask(without, request("tools/call", 1, call("greet", {"name": "x"}, task={"ttl": 1}))).json()["result"]
    assert "content" in plain, "who has no tasks calls as ever"


def test_wait_for_a_job(worker, tmp_path):
    gate = tmp_path / "gate"
    job = begin(worker, {"ms": 600000, "until": str(gate)})
    until_running(worker, job)
    still = tool(worker, "wait_job", {"job_id": job, "timeout_seconds": 0})
    assert still["structuredContent"]["status"] == "running" and not still["isError"]
    gate.touch()
    assert tool(worker, "wait_job", {"job_id": job})["structuredContent"] == {"done": True}
    assert tool(worker, "wait_job", {"job_id": job})["structuredContent"] == {"done": True}, "as often as one likes"
    assert tool(worker, "get_job", {"job_id": job})["structuredContent"]["status"] == "succeeded"


def test_files_are_links_to_where_they_are(worker):
    link = tool(worker, "test_large_file", {"bytes": 5_000_000})["content"][1]
    assert link["type"] == "resource_link" and link["uri"].startswith(worker.url + "/v1/jobs/"), link
    assert len(worker.get(link["uri"].removeprefix(worker.url)).body) == 5_000_000
    job = begin(worker, {"bytes": 10}, "test_large_file")
    waited = tool(worker, "wait_job", {"job_id": job})
    assert waited["structuredContent"] == {"left": 1}
    assert worker.get(waited["content"][1]["uri"].removeprefix(worker.url)).body == b"x" * 10
    shown = tool(worker, "wait_job", {"job_id": begin(worker, {}, "test_multiple_content_types")})["content"]
    assert [one["type"] for one in shown] == ["text", "image", "resource"]


def test_files_are_resources(worker):
    waited = tool(worker, "wait_job", {"job_id": begin(worker, {"bytes": 1000}, "test_large_file")})
    link = waited["content"][1]
    listed = ask(worker, request("resources/list")).json()["result"]["resources"]
    assert {"uri": link["uri"], "name": "large file.bin", "mimeType": "application/octet-stream", "size": 1000} in listed
    [contents] = ask(worker, request("resources/read", 1, {"uri": link["uri"]})).json()["result"]["contents"]
    assert contents == {"uri": link["uri"], "mimeType": "application/octet-stream", "text": "x" * 1000}
    [template] = ask(worker, request("resources/templates/list")).json()["result"]["resourceTemplates"]
    assert template["uriTemplate"] == worker.url + "/v1/jobs/{job_id}/artifacts/{name}"
    for uri in ("test://x", link["uri"] + "x", worker.url + "/v1/jobs/" + "0" * 32 + "/artifacts/x", "file:///etc/passwd"):
        legacy = ask(worker, request("resources/read", 1, {"uri": uri})).json()["error"]
        assert legacy["code"] == -32002 and legacy["data"] == {"uri": uri}
        assert ask_modern(worker, "resources/read", {"uri": uri}, headers={"Mcp-Name": uri}).json()["error"]["code"] == -32602
    modern_list = ask_modern(worker, "resources/list").json()["result"]
    assert modern_list["ttlMs"] == 0 and modern_list["cacheScope"] == "private"


def test_who_waits_hears_that_it_goes_on(worker, tmp_path):
    gate = tmp_path / "gate"
    job = begin(worker, {"ms": 600000, "until": str(gate)})
    message = request("tools/call", 1, call("wait_job", {"job_id": job}, _meta={"progressToken": "t"}))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(worker.post, "/mcp", message, *STREAMS)
        time.sleep(4)  # what is tested is that something is said meanwhile, however slow the machine
        gate.touch()
        *progress, answer = events(waiting.result())
    steps = [one["params"]["progress"] for one in progress]
    assert len(steps) >= 2 and steps == sorted(set(steps)), progress
    assert "running" in progress[-1]["params"]["message"]
    assert answer["result"]["structuredContent"] == {"done": True}


def test_cancel_a_job(worker):
    job = begin(worker, {"ms": 600000})
    until_running(worker, job)
    assert tool(worker, "cancel_job", {"job_id": job})["structuredContent"]["job_id"] == job
    over = tool(worker, "wait_job", {"job_id": job})
    assert over["isError"] and "cancelled" in over["content"][0]["text"]
    assert tool(worker, "cancel_job", {"job_id": job})["structuredContent"]["status"] == "cancelled"


def test_wrong_arguments(worker):
    for name in ("wait_job", "get_job", "cancel_job"):
        for arguments in ({}, {"job_id": 1}, {"job_id": "x", "more": 1}, {"job_id": "0" * 32}, {"job_id": "x"}):
            assert tool(worker, name, arguments)["isError"], (name, arguments)


def test_a_wait_can_be_cancelled(worker):
    session = ("--header", "Mcp-Session-Id: waiting")
    job = begin(worker, {"ms": 600000})
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, worker, request("tools/call", 5, call("wait_job", {"job_id": job})), *session)
        cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 5}}
        until(lambda: ask(worker, cancel, *session).status == 202 and waiting.done(), "the wait ends")
        assert waiting.result().status == 202
    assert tool(worker, "get_job", {"job_id": job})["structuredContent"]["status"] in ("queued", "running"), "the job does not"
    tool(worker, "cancel_job", {"job_id": job})


def test_a_cancellation_right_behind_a_wait_is_not_lost(certificates, tmp_path):
    server = Stdio(certificates, tmp_path, ["mcp_fixture"], ["--jobs-dir", tmp_path / "jobs"])
    try:
        task = server.result("tools/call", call("slow_compute", {"seconds": 600}, task={"ttl": 60000}))["task"]["taskId"]
        for number in range(2, 22):
            server.send(request("tools/call", number, call("wait_job", {"job_id": task})))
            server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}})
        server.send(request("tools/call", "\u00e4/\"", call("wait_job", {"job_id": task})))
        server.write('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\\u00E4\\/\\u0022"}}\n')
        server.result("tools/call", call("cancel_job", {"job_id": task}), 30)
        _, rest = server.end()
        assert rest == [], "they would have had the job's end for an answer"
    finally:
        server.kill()


def test_a_task_that_asks(start_worker, tmp_path):
    worker = start_worker("mcp_asking", args=["--jobs-dir", tmp_path / "jobs"])
    abilities = {**TASKS, "elicitation": {}}
    params = call("multi_input", _meta={"io.modelcontextprotocol/clientCapabilities": abilities})
    task = ask_modern(worker, "tools/call", params).json()["result"]["taskId"]

    def state():
        return ask_task(worker, "tasks/get", task)["result"]

    def update(responses):
        params = {"taskId": task, "inputResponses": responses, "_meta": {"io.modelcontextprotocol/clientCapabilities": TASKS}}
        return ask_modern(worker, "tasks/update", params, headers={"Mcp-Name": task}).json()

    until(lambda: state()["status"] == "input_required", "it asks")
    assert sorted(state()["inputRequests"]) == ["first", "second"]
    assert update({"first": {"action": "accept", "content": {"confirm": True}}, "third": {}})["result"]["resultType"] == "complete"
    assert list(state()["inputRequests"]) == ["second"]
    assert update(7)["error"]["code"] == -32602
    update({"second": {"action": "decline"}})
    until(lambda: state()["status"] == "completed", "it ends")
    first, second = state()["result"]["structuredContent"]["answers"]
    assert first["content"] == {"confirm": True} and second["action"] == "decline" and "inputRequests" not in state()

    again = ask_modern(worker, "tools/call", params).json()["result"]["taskId"]
    until(lambda: ask_task(worker, "tasks/get", again)["result"]["status"] == "input_required", "it asks")
    ask_task(worker, "tasks/cancel", again)
    until(lambda: ask_task(worker, "tasks/get", again)["result"]["status"] == "cancelled", "it ends")


def test_other_jobs_cannot_ask(start_worker, tmp_path):
    worker = start_worker("mcp_asking", args=["--jobs-dir", tmp_path / "jobs"])
    job = begin(worker, {}, "confirm_delete")
    refused = tool(worker, "wait_job", {"job_id": job})
    assert refused["isError"] and "cannot be asked" in refused["content"][0]["text"]
    legacy = ask(worker, request("tools/call", 1, call("confirm_delete", task={"ttl": 60000}))).json()["result"]["task"]["taskId"]
    assert "cannot be asked" in tool(worker, "wait_job", {"job_id": legacy})["content"][0]["text"]


def test_jobs_are_their_callers(start_worker, run_host, tmp_path):
    tokens = Tokens(run_host, tmp_path / "tokens.json")
    mine, other = bearer(tokens.add("mine")), bearer(tokens.add("other"))
    worker = start_worker("mcp_fixture", args=["--tokens-file", tokens.file, "--jobs-dir", tmp_path / "jobs"])
    job = begin(worker, {"name": "me"}, "greet", *mine)
    assert tool(worker, "wait_job", {"job_id": job}, *mine)["content"][0]["text"] == "Hello, me!"
    assert "there is no such job" in tool(worker, "wait_job", {"job_id": job}, *other)["content"][0]["text"]
    assert ask(worker, request("tasks/get", 1, {"taskId": job}), *other).json()["error"]["code"] == -32602
    assert ask(worker, request("tasks/list"), *other).json()["result"]["tasks"] == []


def test_legacy_tasks(worker):
    assert "tasks" in ask(worker, request("initialize", 1, {})).json()["result"]["capabilities"]
    made = ask(worker, request("tools/call", 1, call("slow_compute", {"seconds": 0}, task={"ttl": 60000}))).json()["result"]
    assert sorted(made) == ["task"] and made["task"]["status"] == "working"
    task = made["task"]["taskId"]
    result = ask(worker, request("tasks/result", 1, {"taskId": task})).json()["result"]
    assert result["structuredContent"] == {"computed": True}
    assert result["_meta"]["io.modelcontextprotocol/related-task"] == {"taskId": task}
    assert ask(worker, request("tasks/get", 1, {"taskId": task})).json()["result"]["status"] == "completed"
    assert task in [one["taskId"] for one in ask(worker, request("tasks/list")).json()["result"]["tasks"]]
    assert ask(worker, request("tasks/cancel", 1, {"taskId": task})).json()["error"]["code"] == -32602, "it is over"
    long = ask(worker, request("tools/call", 1, call("slow_compute", {"seconds": 600}, task={}))).json()["result"]["task"]["taskId"]
    assert ask(worker, request("tasks/cancel", 1, {"taskId": long})).json()["result"]["taskId"] == long
    assert ask(worker, request("tasks/result", 1, {"taskId": long})).json()["result"]["isError"]
    failed = ask(worker, request("tools/call", 1, call("failing_job", task={}))).json()["result"]["task"]["taskId"]
    assert ask(worker, request("tasks/result", 1, {"taskId": failed})).json()["result"]["isError"]
    assert ask(worker, request("tasks/get", 1, {"taskId": failed})).json()["result"]["status"] == "failed"
    wrong = ask(worker, request("tools/call", 1, call("slow_compute", {"seconds": "x"}, task={}))).json()["error"]
    assert wrong["code"] == -32602 and "/seconds" in wrong["message"]


def test_modern_tasks(worker):
    made = modern_task(worker, "slow_compute", {"seconds": 0})
    assert made["resultType"] == "task" and made["status"] == "working" and made["ttlMs"] > 0
    over = until(lambda: (one := ask_task(worker, "tasks/get", made["taskId"])["result"])["status"] == "completed" and one, "it is over")
    assert over["result"]["structuredContent"] == {"computed": True} and over["resultType"] == "complete"
    assert "content" in modern_task(worker, "greet", {"name": "x"}), "what is quick is no task"
    undeclared = ask_modern(worker, "tools/call", call("slow_compute", {"seconds": 0})).json()["result"]
    assert undeclared["structuredContent"] == {"computed": True}
    refused = ask_modern(worker, "tasks/get", {"taskId": made["taskId"]}, headers={"Mcp-Name": made["taskId"]})
    assert refused.status == 400 and refused.json()["error"]["code"] == -32021
    assert ask_task(worker, "tasks/get", "0" * 32)["error"]["code"] == -32602
    assert modern_task(worker, "slow_compute", {"seconds": "x"})["isError"]


@pytest.mark.parametrize("which", SDKS, ids=str)
def test_what_takes_long_becomes_a_job_for_every_client(worker, which):
    steps = [{"do": "list"}, {"do": "call", "name": "bytes_count", "arguments": {"text": "x" * 10}},
             {"do": "call", "name": "bytes_count", "arguments": {"text": "x" * 2000}}]
    _, short, accepted = sdk(steps, which, url=worker.url + "/mcp", ca=worker.certificates / "ca.crt")
    assert short["value"]["structuredContent"] == {"result": 10}
    assert accepted["value"]["structuredContent"]["status"] == "accepted" and "wait_job" in accepted["value"]["content"][0]["text"]
    job = accepted["value"]["structuredContent"]["job_id"]
    assert tool(worker, "wait_job", {"job_id": job})["structuredContent"] == {"result": 2000}
    assert modern_task(worker, "bytes_count", {"text": "x" * 2000})["resultType"] == "task"


def test_a_task_outlives_its_process(start_worker, tmp_path):
    worker = start_worker("mcp_fixture", "crash_in_call", args=["--jobs-dir", tmp_path / "jobs"])
    task = ask(worker, request("tools/call", 1, call("slow_compute", {"seconds": 1}, task={}))).json()["result"]["task"]["taskId"]
    assert worker.reload().returncode == 0
    assert ask(worker, request("tasks/result", 1, {"taskId": task})).json()["result"]["structuredContent"] == {"computed": True}

    def asked(message):
        """Whoever is connected when the process dies loses the connection, so who begins what ends it may get no answer."""
        answer = worker.curl("/mcp", "--data-binary", "@-", "--header", "Content-Type: application/json", data=json.dumps(message),
                             check=False)
        return answer.json() if answer and answer.status == 200 else None

    asked(request("tools/call", 1, call("test_call", task={})))

    def failed():
        tasks = (asked(request("tasks/list")) or {"result": {"tasks": []}})["result"]["tasks"]
        return next((one["taskId"] for one in tasks if one["taskId"] != task and one["status"] == "failed"), None)

    crashed = until(failed, "it is kept, and interrupted")
    assert "interrupted" in tool(worker, "get_job", {"job_id": crashed})["structuredContent"]["status"]


def test_nobody_is_kept_waiting_by_a_worker_that_ends(start_worker, tmp_path):
    worker = start_worker("slow", args=["--jobs-dir", tmp_path / "jobs", "--drain-timeout-ms", "500"])
    job = begin(worker, {"ms": 600000})
    until_running(worker, job)
    body = json.dumps(request("tools/call", 5, call("wait_job", {"job_id": job, "timeout_seconds": 3600}, _meta={"progressToken": 1})))
    with worker.connect() as connection:
        connection.send(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                        f"Accept: text/event-stream\r\n\r\n{body}")
        connection.read_until(b"notifications/progress")
        worker.signal()
        answer = connection.read_until(b'"id":5') + connection.read_until(b'"isError":false')
        assert job.encode() in answer
    assert worker.wait() == 0


def test_jobs_over_stdio(certificates, tmp_path):
    server = Stdio(certificates, tmp_path, ["mcp_fixture", "slow"], ["--jobs-dir", tmp_path / "jobs"])
    try:
        task = server.result("tools/call", call("slow_compute", {"seconds": 0}, task={}))["task"]["taskId"]
        assert server.result("tools/call", call("wait_job", {"job_id": task}))["structuredContent"] == {"computed": True}
        long = server.result("tools/call", call("test_call", {"ms": 600000}, task={}))["task"]["taskId"]
        server.send(request("tools/call", 9, call("wait_job", {"job_id": long}, _meta={"progressToken": 1})))
        assert server.read()["method"] == "notifications/progress"
        server.process.terminate()
        answer, _ = server.answer(9)
        assert answer["result"]["structuredContent"]["job_id"] == long
        assert server.process.wait(timeout=BOUND) == 0
    finally:
        server.kill()


def test_the_official_client_follows_a_task(worker):
    steps = [{"do": "task", "name": "slow_compute", "arguments": {"seconds": 1}}]
    [followed] = sdk(steps, SDKS[0], url=worker.url + "/mcp", ca=worker.certificates / "ca.crt")
    kinds = [one["type"] for one in followed["value"]]
    assert kinds[0] == "taskCreated" and kinds[-1] == "result"
    assert followed["value"][-1]["result"]["structuredContent"] == {"computed": True}


@pytest.mark.parametrize("scenario", [
    "tasks-lifecycle", "tasks-capability-negotiation", "tasks-wire-fields", "tasks-request-state-removal", "tasks-mrtr-input",
    "tasks-request-headers", "tasks-dispatch-and-envelope", "tasks-status-notifications", "tasks-required-task-error", "tasks-mrtr-composition"])
def test_conformance(start_worker, tmp_path, scenario):
    worker = start_worker("mcp_fixture", "mcp_asking", args=["--tls", "off", "--jobs-dir", tmp_path / "jobs"], env={"CRANK_ALLOWED_HOSTS": None})
    whole = (SOURCE / "tests" / "integration" / "mcp_conformance_tasks.yml").read_text().splitlines()
    baseline = tmp_path / "baseline.yml"
    ours = [line for line in whole if line.strip().startswith(f"- {scenario}:") or line.strip() == f"- {scenario}"]
    baseline.write_text("\n".join(["server:", *ours] if ours else ["server: []"]) + "\n")
    done = node("node_modules/@modelcontextprotocol/conformance/dist/index.js", "server", "--url", worker.url.replace("127.0.0.1", "localhost") + "/mcp",
                "--force", "--scenario", scenario, "--spec-version", "2026-07-28", "--expected-failures", baseline, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr

"""Tools that ask their caller in the middle of a call: crank.ask/1 over the Model Context Protocol, both eras and both transports."""
import json

import pytest

from conftest import until
from mcp_kit import SDKS, Stdio, call, modern, request, sdk
from test_mcp import STREAMS, ask, ask_modern, events, in_flight
from test_tokens import Tokens, bearer

ELICITS = {"elicitation": {"form": {}, "url": {}}}
ANN = {"action": "accept", "content": {"name": "Ann", "age": 7}}


@pytest.fixture(scope="module")
def worker(start_shared_worker):
    return start_shared_worker("mcp_asking", "mcp_fixture")


@pytest.fixture
def stdio(certificates, tmp_path):
    server = Stdio(certificates, tmp_path, ["mcp_asking"])
    yield server
    server.kill()


def answers(result):
    return result["structuredContent"]["answers"]


def answered(result):
    """Name, action and content of every answer, where there is one."""
    return [(one["name"], one["action"], one["content"]) for one in answers(result)]


# Clients that we did not write

PERSON = ("person", "accept", {"name": "Ann", "age": 7})
CASES = [({"action": "accept", "content": {"name": "Ann", "age": 7}}, PERSON),
         ({"action": "decline"}, ("person", "decline", None)), ({"action": "cancel"}, ("person", "cancel", None))]


def steps():
    return ([{"do": "call", "name": "ask_person", "elicits": [result]} for result, _ in CASES] +
            [{"do": "call", "name": "ask_person", "arguments": {"twice": True}, "elicits": [ANN, {"action": "decline"}]},
             {"do": "call", "name": "ask_later", "elicits": [ANN, {"action": "cancel"}]},
             {"do": "call", "name": "ask_person", "elicits": [{"action": "accept", "content": {"name": "", "age": 7}}]},
             {"do": "call", "name": "test_sampling", "arguments": {"prompt": "Say hi"}}])


def check(results):
    assert [answered(one["value"]["structuredContent"] and one["value"]) for one in results[:3]] == [[want] for _, want in CASES]
    assert answered(results[3]["value"]) == [PERSON, ("friend", "decline", None)], "one after the other"
    assert answered(results[4]["value"]) == [PERSON, ("pet", "cancel", None)], "at once"
    broken = answers(results[5]["value"])[0]
    assert broken["status"] == -1 and broken["content"] is None and "/name" in broken["text"], "what breaks the schema is not seen"
    said = answers(results[6]["value"])[0]
    assert said["content"]["content"]["text"] == "I was asked: Say hi", said


@pytest.mark.parametrize("which", SDKS, ids=str)
def test_the_official_clients_over_https(worker, which):
    check(sdk(steps(), which, url=worker.url + "/mcp", ca=worker.certificates / "ca.crt", capabilities={**ELICITS, "sampling": {}}))


@pytest.mark.parametrize("which", SDKS, ids=str)
def test_the_official_clients_over_stdio(which, certificates, tmp_path):
    server = Stdio(certificates, tmp_path, ["mcp_asking"])  # for its command alone
    server.kill()
    command, *arguments = server.process.args
    check(sdk(steps(), which, stdio={"command": command, "args": arguments}, capabilities={**ELICITS, "sampling": {}}))


@pytest.mark.parametrize("which", SDKS, ids=str)
def test_who_declares_nothing_is_not_asked(worker, which):
    refused, = sdk([{"do": "call", "name": "ask_person"}], which, url=worker.url + "/mcp", ca=worker.certificates / "ca.crt")
    if which == SDKS[2]:
        assert refused["code"] == -32021, "it learns what to declare"
    else:
        assert refused["value"]["isError"] and "cannot be asked" in refused["value"]["content"][0]["text"]


# The legacy era over HTTP

def session(worker, capabilities=None, *more):
    begun = ask(worker, request("initialize", 1, {"protocolVersion": "2025-11-25", "capabilities": capabilities or ELICITS}), *more)
    return ("--header", "Mcp-Session-Id: " + begun.header("mcp-session-id"))


class Call:
    """A call over HTTP whose events are read as they come."""

    def __init__(self, worker, message, fields):
        self.connection = worker.connect()
        body = json.dumps(message)
        lines = "".join(f"{field}\r\n" for field in fields)
        self.connection.send(f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                             f"Accept: application/json, text/event-stream\r\n{lines}\r\n{body}")
        self.connection.read_until(b"\r\n\r\n")

    def event(self):
        while True:
            for line in self.connection.read_chunk().decode().splitlines():
                if line.startswith("data: "):
                    return json.loads(line[6:])

    def close(self):
        self.connection.sock.shutdown(2)


def begin(worker, name, mine, *fields):
    return Call(worker, request("tools/call", 7, call(name)), [*mine[1::2], *fields])


def test_a_question_of_the_legacy_era(worker):
    mine = session(worker)
    asked = begin(worker, "ask_person", mine)
    question = asked.event()
    assert question["method"] == "elicitation/create" and question["params"]["requestedSchema"]["required"] == ["name"]
    taken = ask(worker, {"jsonrpc": "2.0", "id": question["id"], "result": ANN}, *mine)
    assert taken.status == 202 and taken.body == b""
    assert answered(asked.event()["result"]) == [PERSON]
    late = ask(worker, {"jsonrpc": "2.0", "id": question["id"], "result": ANN}, *mine)
    assert late.status == 400 and "call is over" in late.json()["error"]["message"]


@pytest.mark.parametrize("error, status, action", [
    ({"code": -1, "message": "User rejected"}, 0, "decline"), ({"code": -32601, "message": "no"}, -7, "none"),
    ({"code": -32603, "message": "broken"}, -6, "none")])
def test_a_client_that_answers_with_an_error(worker, error, status, action):
    mine = session(worker)
    asked = begin(worker, "ask_person", mine)
    assert ask(worker, {"jsonrpc": "2.0", "id": asked.event()["id"], "error": error}, *mine).status == 202
    answer, = answers(asked.event()["result"])
    assert (answer["status"], answer["action"]) == (status, action)


@pytest.mark.parametrize("result", [{}, {"action": "perhaps"}, [], "yes", 7, {"action": "accept", "content": ["Ann"]}, {"action": "accept"}], ids=str)
def test_what_is_no_answer(worker, result):
    mine = session(worker)
    asked = begin(worker, "ask_person", mine)
    assert ask(worker, {"jsonrpc": "2.0", "id": asked.event()["id"], "result": result}, *mine).status == 202
    assert answers(asked.event()["result"])[0]["status"] == -1


def test_who_takes_no_events_is_not_asked(worker):
    refused = ask(worker, request("tools/call", 1, call("ask_person")), *session(worker)).json()["result"]
    assert refused["isError"] and "cannot be asked" in refused["content"][0]["text"]


def test_a_page_to_open(worker):
    mine = session(worker)
    asked = begin(worker, "ask_page", mine)
    question = asked.event()["params"] | {"id": None}
    assert question["mode"] == "url" and question["url"] == "https://example.org/sign-in" and question["elicitationId"]
    asked.close()
    forms_only = begin_plain(worker, "ask_page", session(worker, {"elicitation": {}}))
    assert forms_only["result"]["isError"], "who knows forms alone is not asked to open a page"


def begin_plain(worker, name, mine):
    return worker.post("/mcp", request("tools/call", 7, call(name)), *STREAMS, *mine).json()


def test_an_answer_of_somebody_else_is_refused(start_worker, run_host, tmp_path):
    tokens = Tokens(run_host, tmp_path / "tokens.json")
    ann, bob = (bearer(tokens.add(name, "ask_person")) for name in ("ann", "bob"))
    worker = start_worker("mcp_asking", args=["--tokens-file", tokens.file])
    mine = session(worker, ELICITS, *ann)
    asked = begin(worker, "ask_person", mine, ann[1])
    answer = {"jsonrpc": "2.0", "id": asked.event()["id"], "result": ANN}
    assert ask(worker, answer, *bob).status == 400
    assert ask(worker, answer, *mine, *ann).status == 202
    assert answered(asked.event()["result"]) == [PERSON]

    params = call("ask_person", _meta={"io.modelcontextprotocol/clientCapabilities": ELICITS})
    waiting = ask_modern(worker, "tools/call", params, *ann).json()["result"]
    again = {**params, "requestState": waiting["requestState"], "inputResponses": {"person": ANN}}
    assert ask_modern(worker, "tools/call", again, *bob).json()["error"]["code"] == -32602
    assert answered(ask_modern(worker, "tools/call", again, *ann).json()["result"]) == [PERSON]


def test_a_client_that_vanishes_while_it_is_asked(worker):
    asked = begin(worker, "ask_person", session(worker))
    asked.event()
    asked.close()
    until(lambda: in_flight(worker) == 0, "the call ends")


def test_a_cancelled_call_asks_no_more(worker):
    mine = session(worker)
    for name in ("ask_person", "ask_later"):
        asked = begin(worker, name, mine)
        question = asked.event()["id"]
        assert ask(worker, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}, *mine).status == 202
        until(lambda: in_flight(worker) == 0, "the call ends")
        assert ask(worker, {"jsonrpc": "2.0", "id": question, "result": ANN}, *mine).status == 400


# The modern era over HTTP

def asking(worker, name, arguments=None, **more):
    params = call(name, arguments, _meta={"io.modelcontextprotocol/clientCapabilities": ELICITS}, **more)
    return ask_modern(worker, "tools/call", params).json()


def test_a_question_of_the_modern_era(worker):
    first = asking(worker, "ask_later")["result"]
    assert first["resultType"] == "input_required" and list(first["inputRequests"]) == ["person", "pet"]
    page = asking(worker, "ask_page")["result"]
    assert "elicitationId" not in page["inputRequests"]["page"]["params"]
    opened = asking(worker, "ask_page", requestState=page["requestState"], inputResponses={"page": {"action": "accept"}})["result"]
    assert answered(opened) == [("page", "accept", None)]
    second = asking(worker, "ask_later", requestState=first["requestState"], inputResponses={"person": ANN, "nobody": {}})["result"]
    assert list(second["inputRequests"]) == ["pet"], "what had no answer is asked again"
    assert second["requestState"] != first["requestState"]
    assert asking(worker, "ask_later", requestState=first["requestState"])["error"]["code"] == -32602, "a state is good once"
    last = asking(worker, "ask_later", requestState=second["requestState"], inputResponses={"pet": {"action": "decline"}})["result"]
    assert last["resultType"] == "complete" and answered(last) == [PERSON, ("pet", "decline", None)]


@pytest.mark.parametrize("more", [{"requestState": "x"}, {"requestState": ""}, {"requestState": 7}, {"inputResponses": 7}, {"inputResponses": []}], ids=str)
def test_what_a_client_cannot_come_back_with(worker, more):
    assert asking(worker, "ask_person", **more)["error"]["code"] == -32602


def test_a_state_is_of_one_tool(worker):
    state = asking(worker, "ask_person")["result"]["requestState"]
    assert asking(worker, "ask_later", requestState=state)["error"]["code"] == -32602
    assert answered(asking(worker, "ask_person", requestState=state, inputResponses={"person": ANN})["result"]) == [PERSON]


def test_what_is_known_is_not_asked(worker):
    assert answered(asking(worker, "ask_person", inputResponses={"person": ANN})["result"]) == [PERSON]


def test_a_call_that_nobody_comes_back_for_ends(start_worker):
    worker = start_worker("mcp_asking")
    state = asking(worker, "ask_short")["result"]["requestState"]
    until(lambda: in_flight(worker) == 0, "its time is up")
    late = asking(worker, "ask_short", requestState=state, inputResponses={"person": ANN})["result"]
    assert late["isError"], "what became of it is told to who comes late"


# Another process takes over

def test_a_reload_ends_what_is_asked(start_worker):
    worker = start_worker("mcp_asking")
    mine = session(worker)
    asked = begin(worker, "ask_person", mine)
    question = asked.event()["id"]
    state = asking(worker, "ask_person")["result"]["requestState"]
    assert worker.reload().returncode == 0
    assert asked.event()["method"] == "notifications/cancelled"
    answer, = answers(asked.event()["result"])
    assert answer["status"] == -6 and "another process" in answer["text"]
    refused = ask(worker, {"jsonrpc": "2.0", "id": question, "result": ANN}, *mine)
    assert refused.status == 400 and "another process" in refused.json()["error"]["message"]
    assert asking(worker, "ask_person", requestState=state)["error"]["code"] == -32602
    assert answered(asking(worker, "ask_person", inputResponses={"person": ANN})["result"]) == [PERSON], "the new one serves"


# Standard input and output

def test_questions_over_stdio(stdio):
    stdio.result("initialize", {"protocolVersion": "2025-11-25", "capabilities": ELICITS})
    stdio.send(request("tools/call", 2, call("ask_person")))
    question = stdio.read()
    stdio.send({"jsonrpc": "2.0", "id": "somebody else's", "result": ANN})
    stdio.send({"jsonrpc": "2.0", "id": question["id"], "result": ANN})
    answer, before = stdio.answer(2)
    assert answered(answer["result"]) == [PERSON] and before == [], "what answers nothing is of no concern"
    stdio.result("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}, 3)
    assert stdio.result("tools/call", call("ask_person"), 4)["isError"], "it has said that it cannot be asked"


def test_an_end_of_input_ends_what_is_asked(stdio):
    stdio.result("initialize", {"protocolVersion": "2025-11-25", "capabilities": ELICITS})
    stdio.send(request("tools/call", 2, call("ask_person")))
    stdio.read()
    code, rest = stdio.end()
    assert code == 0 and answers(rest[-1]["result"])[0]["status"] == -6, rest


def test_the_modern_era_over_stdio(stdio):
    params = modern(call("ask_person"), ELICITS)
    waiting = stdio.result("tools/call", params)
    again = {**params, "requestState": waiting["requestState"], "inputResponses": {"person": ANN}}
    assert answered(stdio.result("tools/call", again, 2)) == [PERSON]


# Everybody else

def test_other_doors_cannot_ask(worker):
    refused = worker.call("ask_person", {})
    assert refused.status == 415 and "cannot be asked" in refused.json()["detail"], refused

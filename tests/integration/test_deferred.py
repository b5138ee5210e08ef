"""Calls that a plugin makes jobs of: CRANK_DEFER, and a job's callback named in its input."""
import json

import pytest

from mcp_kit import call, request
from test_callbacks import receivers, secret, start_caller, until_callback  # noqa: F401 (fixtures)
from test_jobs import until_over
from test_mcp import ask


@pytest.fixture(scope="module")
def worker(start_shared_worker, tmp_path_factory):
    return start_shared_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("jobs")])


def result_of(worker, job):
    until_over(worker, job)
    return worker.get(f"/v1/jobs/{job}/result").json()


@pytest.mark.parametrize("length", [3, 900_000], ids=["short", "long"])
def test_a_plugin_makes_a_job_of_a_call(worker, length):
    answer = worker.call("test.defer", {"long": True, "text": "x" * length})
    assert answer.status == 202 and answer.header("location") == f"/v1/jobs/{answer.json()['id']}"
    assert answer.header("preference-applied") is None, "nobody asked for it"
    assert result_of(worker, answer.json()["id"]) == {"job": True, "offered": False, "length": length}


def test_a_short_call_is_answered(worker):
    assert worker.call("test.defer", {"text": "xyz"}).json() == {"job": False, "offered": True, "length": 3}


def test_who_waits_gets_no_job(worker):
    answer = worker.call("test.defer", {"long": True}, "--header", "Prefer: wait=20")
    assert answer.status == 200 and answer.json() == {"job": False, "offered": False, "length": 0}


def test_who_asked_for_a_job_has_one_already(worker):
    answer = worker.call("test.defer", {"long": True}, "--header", "Prefer: respond-async")
    assert result_of(worker, answer.json()["id"])["job"] is True


def test_without_jobs_the_call_goes_on(echo):
    assert echo.call("test.defer", {"long": True}).json() == {"job": False, "offered": False, "length": 0}


def test_a_deferred_call_is_counted_as_one(worker):
    before = worker.metric("worker_requests_total", capability="test.defer", status="deferred") or 0
    worker.call("test.defer", {"long": True})
    assert worker.metric("worker_requests_total", capability="test.defer", status="deferred") == before + 1


def test_an_idempotency_key_holds(worker):
    key = ["--header", "Idempotency-Key: deferred-1"]
    first = worker.call("test.defer", {"long": True}, *key)
    again = worker.call("test.defer", {"long": True}, *key)
    assert again.json()["id"] == first.json()["id"] and again.header("x-idempotent-replay") == "true"


def test_a_model_is_told_of_the_job(worker):
    answer = ask(worker, request("tools/call", 1, call("test_defer", {"long": True, "text": "xy"}))).json()["result"]
    assert answer["structuredContent"]["status"] == "accepted"
    job = answer["structuredContent"]["job_id"]
    done = ask(worker, request("tools/call", 2, call("wait_job", {"job_id": job, "timeout_seconds": 60}))).json()["result"]
    assert done["structuredContent"] == {"job": True, "offered": False, "length": 2}


def test_the_input_names_who_is_called_back(start_caller, receivers):  # noqa: F811
    receiver = receivers()
    worker = start_caller("echo")
    for arguments in ({"long": True}, {"long": True, "text": "x" * 900_000}):
        accepted = worker.call("test.defer", {**arguments, "callback_url": receiver.url("/from-input")})
        assert accepted.status == 202, accepted
        until_callback(worker, accepted.json()["id"], "delivered")
    refused = worker.call("test.defer", {"long": True, "callback_url": "ftp://example.org/"})
    assert refused.status == 400 and refused.json()["code"] == "BAD_CALLBACK_URL"
    assert json.loads(receiver.requests[0].body)["status"] == "succeeded"

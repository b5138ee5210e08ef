"""Files that a host keeps for its callers: uploads, and artefacts as inputs of later calls."""
import hashlib

import pytest

from conftest import BOUND
from test_tokens import Tokens, bearer


@pytest.fixture(scope="module")
def worker(start_shared_worker, tmp_path_factory):
    return start_shared_worker("echo", args=["--tls", "off", "--jobs-dir", tmp_path_factory.mktemp("jobs")])


def upload(worker, name, content, *arguments):
    return worker.curl(f"/v1/artifacts/{name}", "--data-binary", "@-", "--header", "Content-Type: text/x-test", *arguments, data=content)


def summary(content):
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@pytest.mark.parametrize("length", [0, 10, 5_000_000])
def test_an_upload_is_kept_and_can_be_the_input_of_a_call(worker, length):
    content = b"ab" * (length // 2)
    answer = upload(worker, "in%20put.txt", content)
    said = answer.json()
    assert answer.status == 201 and answer.header("location") == said["href"]
    assert said == {"name": "in put.txt", "href": said["href"], "media_type": "text/x-test", **summary(content)}
    assert worker.get(said["href"]).body == content
    for address in (said["href"], "crank:" + said["href"], worker.url + said["href"]):
        found = worker.call("test.kept", {"address": address}).json()
        assert found == {"name": "in put.txt", "media_type": "text/x-test", **summary(content), "read": length}


def test_a_result_is_the_input_of_the_next_call(worker):
    answer = worker.call("test.files", {"name": "a.bin", "bytes": 300_000, "body": "x"})
    link = answer.header("link")
    assert worker.call("test.kept", {"address": link[1:link.index(">")]}).json()["bytes"] == 300_000


def test_a_job_can_take_it_too(worker):
    address = upload(worker, "a", b"abc").json()["href"]
    job = worker.call("test.kept", {"address": address}, "--header", "Prefer: respond-async").json()["id"]
    answer = worker.curl(f"/v1/jobs/{job}/events", "--max-time", str(int(BOUND)))
    assert b"succeeded" in answer.body
    assert worker.get(f"/v1/jobs/{job}/result").json()["bytes"] == 3


@pytest.mark.parametrize("address", ["", "/", "/etc/passwd", "/v1/jobs/", "/v1/jobs/0/artifacts/a", "/v1/jobs/../jobs", "crank:/v1/jobs/x"])
def test_what_is_not_there(worker, address):
    worker.call("test.kept", {"address": address}).problem(404)
    there = upload(worker, "a", b"abc").json()["href"]
    worker.call("test.kept", {"address": there + "x"}).problem(404)
    worker.call("test.kept", {"address": there.rsplit("/", 1)[0] + "/%61"}).problem(404)


def test_a_name_is_no_path(worker):
    for name in ("a%2Fb", "%2e%2e", "a%5Cb", "a%00"):
        assert upload(worker, name, b"x").status in (400, 404), name


def test_nobody_else_gets_it(start_worker, run_host, tmp_path):
    tokens = Tokens(run_host, tmp_path / "tokens")
    mine, other = tokens.add("mine"), tokens.add("other")
    worker = start_worker("echo", args=["--tls", "off", "--tokens-file", tmp_path / "tokens", "--jobs-dir", tmp_path / "jobs"])
    address = upload(worker, "a", b"abc", *bearer(mine)).json()["href"]
    assert worker.call("test.kept", {"address": address}, *bearer(mine)).json()["bytes"] == 3
    worker.call("test.kept", {"address": address}, *bearer(other)).problem(404)


def test_without_jobs_nothing_is_kept(echo):
    assert upload(echo, "a", b"x").status == 404
    echo.call("test.kept", {"address": "/v1/jobs/x/artifacts/a"}).problem(415, "UNSUPPORTED")

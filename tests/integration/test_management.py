"""Health, metrics, OpenAPI and the like: on the main port or one of their own, and while every pool thread is busy."""
import concurrent.futures
import json
import pathlib
import re
import subprocess

import pytest

from conftest import BOUND, until

VALIDATOR = pathlib.Path(__file__).parents[1] / "node_modules" / ".bin" / "validate-api"


def test_health(hello):
    answer = hello.get("/health")
    body = answer.json()
    assert answer.status == 200
    assert {"status", "worker_id", "uptime_seconds", "timestamp", "details"} <= set(body)
    assert body["status"] == "healthy"
    assert re.fullmatch(r"worker-[0-9a-f]{8}", body["worker_id"])
    assert body["uptime_seconds"] >= 0
    assert re.search(rb'"uptime_seconds":[0-9]+(\.[0-9]+)?[,}]', answer.body), "plainly: not every old client reads 2.7E1"
    assert all(isinstance(value, str) for value in body["details"].values())
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body["timestamp"]) and body["timestamp"].endswith(("+00:00", "Z"))


def test_liveness_and_readiness(hello):
    assert hello.get("/livez").status == 200
    assert hello.get("/readyz").status == 200


def test_status(hello):
    body = hello.get("/status").json()
    assert body["capabilities"] == ["example.hello_world"]
    assert body["health_status"] == "healthy"
    assert body["worker_id"] == hello.get("/health").json()["worker_id"]
    assert body["uptime_seconds"] >= 0


def test_version(hello):
    text = json.dumps(hello.get("/version").json())
    assert "0.1" in text and "hello" in text


def test_capabilities_listing(hello):
    body = hello.get("/capabilities").json()
    assert "example.hello_world" in json.dumps(body)


def test_metrics(hello):
    before = hello.metric("worker_requests_total", capability="example.hello_world", status="ok") or 0
    for _ in range(3):
        assert hello.post("/greet", {"message": "x"}).status == 200
    hello.post("/greet", {}).problem(422)
    answer = hello.get("/metrics")
    assert answer.header("content-type").startswith("text/plain")
    assert "version=0.0.4" in answer.header("content-type")
    assert hello.metric("worker_requests_total", capability="example.hello_world", status="ok") == before + 3
    assert hello.metric("worker_requests_total", capability="example.hello_world", status="invalid") >= 1
    assert 0 < hello.metric("crank_start_seconds") < BOUND
    assert hello.metric("worker_request_duration_seconds_count", capability="example.hello_world") >= before + 3


def test_metrics_are_in_the_exposition_format(hello):
    """Every line is a comment or a sample, every family has a type, no series comes twice."""
    seen, types = set(), {}
    for line in hello.get("/metrics").body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif line and not line.startswith("#"):
            match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)( \d+)?', line)
            assert match, line
            float(match[2])
            assert match[1] not in seen, line
            seen.add(match[1])
            family = re.sub(r"\{.*", "", match[1])
            assert family in types or re.sub(r"_(bucket|sum|count)$", "", family) in types, line
    assert "counter" in types.values() and "histogram" in types.values()


@pytest.mark.parametrize("plugin", ["hello", "streaming", "echo"])
def test_openapi_is_valid(start_worker, tmp_path, plugin):
    assert VALIDATOR.exists(), "run `make test`, which installs tests/package.json"
    worker = start_worker(plugin)
    answer = worker.get("/openapi.json")
    assert answer.header("content-type").split(";")[0] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1.")
    file = tmp_path / "openapi.json"
    file.write_bytes(answer.body)
    done = subprocess.run([str(VALIDATOR), str(file)], capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_openapi_with_jobs_is_valid(start_worker, tmp_path):
    worker = start_worker("echo", args=["--jobs-dir", tmp_path / "jobs"])
    answer = worker.get("/openapi.json")
    file = tmp_path / "openapi.json"
    file.write_bytes(answer.body)
    done = subprocess.run([str(VALIDATOR), str(file)], capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/v1/jobs/{id}/events" in answer.json()["paths"]


def test_openapi_can_fail(tmp_path):
    """The validator is a real one: it refuses what is wrong."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "x"}, "paths": {"nowhere": {"get": {"responses": 1}}}}))
    done = subprocess.run([str(VALIDATOR), str(file)], capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode != 0


def test_openapi_describes_what_is_served(hello):
    document = hello.get("/openapi.json").json()
    paths = document["paths"]
    operation = paths["/v1/capabilities/example.hello_world"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    assert schema["required"] == ["message"]
    assert "/greet" in paths and "/stats" in paths and "/health" in paths


def worker_call(worker, capability, value):
    """A call on a connection of its own."""
    body = json.dumps(value).encode()
    with worker.connect() as connection:
        connection.send(b"POST /v1/capabilities/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                        % (capability.encode(), len(body)) + body)
        return connection.response()


@pytest.mark.parametrize("separate", [False, True], ids=["main port", "port of its own"])
def test_answers_while_every_pool_thread_is_busy(start_worker, separate):
    worker = start_worker("echo", args=["--pool-threads", "2"] + (["--management-port", "0"] if separate else []))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        held = [pool.submit(worker_call, worker, "test.slow", {"ms": 10000}) for _ in range(2)]
        until(lambda: worker.metric("worker_active_requests", capability="test.slow") == 2, "all pool threads are busy")
        for path in ("/health", "/livez", "/readyz", "/status", "/metrics", "/openapi.json", "/version"):
            assert worker.get(path, base=worker.management_url).status == 200, path
        assert worker.call("test.inline", {"any": "thing"}).status == 200
        assert not any(call.done() for call in held), "they were answered while the calls still ran"
        worker.signal()  # nobody has to wait for the held calls
        worker.signal()
        worker.ended_on_purpose = True
        worker.wait()
        for call in held:
            call.exception()


def test_management_port(start_worker):
    worker = start_worker("hello", args=["--management-port", "0"])
    assert worker.management_url.startswith("http://")
    for path in ("/health", "/livez", "/readyz", "/status", "/metrics", "/openapi.json", "/version"):
        assert worker.get(path, base=worker.management_url).status == 200, path
        worker.get(path).problem(404)
    assert worker.post("/greet", {"message": "x"}).status == 200
    assert worker.curl("/greet", "--data-binary", "{}", "--header", "Content-Type: application/json", base=worker.management_url).status == 404
    assert worker.get("/stats", base=worker.management_url).status == 404

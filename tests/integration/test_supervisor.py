"""Generations: replaced under load, tried as canaries, refused when they are broken, restarted when they crash."""
import asyncio
import os
import re
import shutil
import signal
import subprocess
import threading

import pytest
import websockets

from conftest import BOUND, HOST, plugin_file, until
from load import Load


def crash(worker, how="segv", capability="test.call", request_id=None):
    arguments = ["--header", f"X-Request-Id: {request_id}"] if request_id else []
    return worker.curl(f"/v1/capabilities/{capability}", "--data-binary", f'{{"how":"{how}"}}', "--header",
                       "Content-Type: application/json", *arguments, check=False)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A child of ours that nobody has waited for is dead all the same.
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


# Replacing


def test_status_shows_what_serves(start_worker):
    worker = start_worker("hello")
    worker.get("/livez")
    status = worker.status()
    assert status["state"] == "serving" and status["pid"] == worker.process.pid
    assert status["url"].endswith(f":{worker.port}")
    one, = status["generations"]
    assert one["state"] == "active" and one["generation"] == 1 and one["reason"] == "start"
    assert alive(one["pid"]) and one["pid"] != worker.process.pid
    assert one["rss_bytes"] > 1_000_000
    plugin, = one["plugins"]
    digest = subprocess.run(["sha256sum", plugin["path"]], capture_output=True, text=True, check=True).stdout.split()[0]
    assert plugin["id"] == "hello" and plugin["sha256"] == digest
    text = subprocess.run([str(HOST), "status", "--control", str(worker.control)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"^1 +active +\d+ ", text, re.M) and digest[:12] in text


def test_status_without_a_host_says_so(run_host, tmp_path):
    done = run_host("status", "--control", str(tmp_path / "nobody"))
    assert done.returncode == 1 and "is crank-host running?" in done.stderr
    done = run_host("status", env={"CRANK_RUN_DIR": str(tmp_path)})
    assert done.returncode == 1 and str(tmp_path) in done.stderr


def test_a_host_finds_itself_in_the_run_directory(start_worker, run_host, tmp_path):
    worker = start_worker("hello", control=False, env={"CRANK_RUN_DIR": str(tmp_path / "run")})
    socket = tmp_path / "run" / f"{worker.process.pid}.sock"
    assert oct(socket.stat().st_mode & 0o777) == "0o600"
    done = run_host("status", env={"CRANK_RUN_DIR": str(tmp_path / "run")})
    assert done.returncode == 0 and "hello" in done.stdout
    worker.signal()
    assert worker.wait() == 0
    assert not socket.exists()


@pytest.mark.parametrize("tls", ["on", "off"])
def test_reload_under_load_loses_nothing(start_worker, tls):
    worker = start_worker("hello", args=["--tls", tls])
    with Load(worker) as load:
        until(lambda: load.served > 20, "the load runs")
        for number in range(2, 12):
            served = load.served
            done = worker.reload()
            assert done.returncode == 0, (done.stderr, worker.log())
            assert done.stdout == f"generation {number} serves\n"
            until(lambda: load.served > served + 20, "the load goes on")
    assert not load.failures, load.failures[:5]
    status = until(lambda: len((s := worker.status())["generations"]) == 1 and s, "the old ones have left")
    assert status["swaps"] == 10 and status["crashes"] == 0


def test_sighup_reloads(start_worker):
    worker = start_worker("hello")
    worker.signal(signal.SIGHUP)
    until(lambda: (one := worker.active()) and one["generation"] == 2, "generation 2 serves")
    # Two at once become one more, or two: none is forgotten, none stops the other.
    worker.signal(signal.SIGHUP)
    worker.signal(signal.SIGHUP)
    until(lambda: (one := worker.active()) and one["generation"] >= 3, "generation 3 serves")


def test_an_idle_connection_lives_on_and_is_told_to_close(start_worker):
    worker = start_worker("hello")
    with worker.connect() as connection:
        connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response().header("connection") is None
        assert worker.reload().returncode == 0
        connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.response()
        assert answer.status == 200 and answer.header("connection") == "close"
        assert connection.closed()


def test_a_running_call_is_finished(start_worker):
    worker = start_worker("slow")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(worker.call("test.call", {"ms": 300})))
    thread.start()
    until(lambda: worker.status()["generations"][0]["in_flight"] == 1, "the call runs")
    assert worker.reload().returncode == 0
    thread.join()
    assert answers[0].status == 200


def test_a_websocket_lives_on_until_the_time_is_up(start_worker):
    worker = start_worker("streaming", args=["--tls", "off", "--retire-timeout-ms", "3s", "--drain-timeout-ms", "2s"])

    async def scenario():
        async with websockets.connect(f"ws://127.0.0.1:{worker.port}/ws", open_timeout=BOUND) as client:
            await client.recv()
            done = await asyncio.get_running_loop().run_in_executor(None, worker.reload)
            assert done.returncode == 0
            await client.send('{"content":"still here"}')
            assert "still here" in await asyncio.wait_for(client.recv(), BOUND)
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(client.recv(), BOUND)
            assert client.close_code == 1001

    asyncio.run(scenario())


def test_the_configuration_is_read_again(start_worker, tmp_path):
    config = tmp_path / "crank.toml"
    config.write_text("service_name = 'one'\n")
    worker = start_worker("hostile", args=["--config", config])
    config.write_text("[limits]\nbody_bytes = 10\n")
    assert worker.reload().returncode == 0
    assert worker.call("test.call", {"how": "longer than that"}).status == 413


# Refusing


def test_a_broken_plugin_leaves_the_old_one_serving(start_worker, tmp_path):
    plugin = tmp_path / "libmine.so"
    shutil.copy(plugin_file("hello"), plugin)
    worker = start_worker(plugin)
    for broken, reason in (("bad_manifest", "manifest"), ("crash_in_constructor", "SIGSEGV"), ("start_fails", "start"),
                           ("missing_library", "libnowhere_to_be_found")):
        shutil.copy(plugin_file(broken), tmp_path / "next.so")
        os.replace(tmp_path / "next.so", plugin)
        done = worker.reload()
        assert done.returncode == 1, done.stdout
        assert reason in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
        assert worker.active()["generation"] == 1
        assert worker.get("/livez").status == 200
    assert worker.status()["failed_swaps"] == 4
    assert reason in worker.status()["last_failure"]
    until(lambda: worker.metric("crank_generation_failed_swaps_total") == 4, "the metric follows")
    shutil.copy(plugin_file("echo"), tmp_path / "next.so")
    os.replace(tmp_path / "next.so", plugin)
    assert worker.reload().returncode == 0
    assert worker.call("test.echo", {}).status in (200, 422)


def test_a_crash_in_start_is_reported(start_worker, tmp_path):
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hostile", args=["--config", config])
    config.write_text("[hostile]\ncrash_in_start = true\n")
    done = worker.reload()
    assert done.returncode == 1 and "SIGSEGV" in done.stderr
    assert worker.get("/livez").status == 200
    assert re.search(r"crashed: SIGSEGV at 0x0", worker.log())


def test_a_first_generation_that_cannot_serve_ends_the_host(run_host):
    done = run_host("--plugin", plugin_file("hostile"), "--host", "localhost", "--port", "0", "--control", "off", "--set",
                    "hostile.crash_in_start=true")
    assert done.returncode == 3
    assert "SIGSEGV" in done.stderr.splitlines()[-1]


def test_verify_call_decides(start_worker, tmp_path, run_host):
    config = tmp_path / "crank.toml"
    config.write_text("verify_call = 'test.call {}'\n")
    worker = start_worker("hostile", args=["--config", config])
    config.write_text("verify_call = 'test.call {}'\n[hostile]\nfail = true\n")
    done = worker.reload()
    assert done.returncode == 1 and "verify_call test.call failed" in done.stderr
    assert worker.call("test.call", {}).status == 200
    done = run_host("--plugin", plugin_file("hostile"), "--host", "localhost", "--port", "0", "--control", "off", "--verify-call",
                    "no.such")
    assert done.returncode == 2 and "no.such" in done.stderr


def test_watch_follows_the_file(start_worker, tmp_path):
    plugin = tmp_path / "libmine.so"
    shutil.copy(plugin_file("hello"), plugin)
    worker = start_worker(plugin, args=["--watch"])
    shutil.copy(plugin_file("no_entry"), tmp_path / "next.so")
    os.replace(tmp_path / "next.so", plugin)
    until(lambda: worker.status()["failed_swaps"] == 1, "the broken file is tried")
    assert worker.active()["plugins"][0]["id"] == "hello"
    shutil.copy(plugin_file("echo"), tmp_path / "next.so")
    os.replace(tmp_path / "next.so", plugin)
    until(lambda: (one := worker.active()) and one["plugins"][0]["id"] == "echo", "the new file serves")


# Canary


def requests_on_new_connections(worker, over):
    while not over.is_set():
        worker.call("test.call", {})


@pytest.mark.parametrize("bad", [False, True])
def test_canary_is_promoted_or_rolled_back(start_worker, tmp_path, bad):
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hostile", args=["--config", config, "--tls", "off"])
    config.write_text(f"[hostile]\nfail = {str(bad).lower()}\n")
    over = threading.Event()
    clients = threading.Thread(target=requests_on_new_connections, args=(worker, over))
    clients.start()
    try:
        done = worker.reload("--canary", "50%", "--for", "2s" if not bad else "60s")
    finally:
        over.set()
        clients.join()
    assert done.returncode == (1 if bad else 0), (done.stdout, done.stderr)
    figures = re.search(r"canary, generation 2 .* is (promoted|rolled back): .*new: (\d+) requests, (\d+) failed.*old: (\d+) requests",
                        worker.log())
    assert figures, worker.log()
    new, failed, old = int(figures[2]), int(figures[3]), int(figures[4])
    assert figures[1] == ("rolled back" if bad else "promoted")
    assert abs(new - old) <= 2 and new >= 4, "half of the connections"
    assert failed == (new if bad else 0)
    assert worker.active()["generation"] == (1 if bad else 2)
    assert worker.call("test.call", {}).status == 200


def test_canary_options_are_checked(run_host):
    for share in ("10", "0%", "101%", "-1%", "x%", "nan%"):
        done = run_host("reload", f"--canary={share}", "--control", "x")
        assert done.returncode == 2 and "--canary" in done.stderr, share
    assert run_host("reload", "--for", "10s", "--control", "x").returncode == 2


# Crashing


def test_a_crash_costs_what_was_in_flight_and_is_reported(start_worker):
    worker = start_worker("hostile")
    assert crash(worker, request_id="the-guilty-one") is None
    assert worker.get("/livez").status == 200, "the next request is served"
    assert worker.active()["generation"] == 2
    line = worker.wait_log(r"(.*) generation 1 \(pid \d+\) crashed: SIGSEGV at 0x0 in plugin hostile, operation test.call.*")[0]
    assert "request_id=the-guilty-one" in line
    assert re.search(r"#0 libhostile\.(so|dylib)\+0x[0-9a-f]+", worker.log()), worker.log()
    until(lambda: worker.metric("crank_generation_crashes_total") == 1, "the metric follows")
    assert worker.metric("crank_generation") == 2


@pytest.mark.parametrize("how, name", [("abort", "SIGABRT"), ("overflow", "SIGSEGV")])
@pytest.mark.parametrize("capability", ["test.call", "test.inline"])
def test_crashes_of_other_kinds(start_worker, how, name, capability):
    worker = start_worker("hostile")
    assert crash(worker, how, capability) is None
    assert worker.get("/livez").status == 200
    worker.wait_log(rf"crashed: {name} .* in plugin hostile, operation {capability}")


def test_others_in_flight_are_named(start_worker):
    worker = start_worker("hostile")
    with worker.connect() as waiting:
        body = '{"how":"hang"}'
        waiting.send("POST /v1/capabilities/test.call HTTP/1.1\r\nHost: x\r\nX-Request-Id: innocent\r\n"
                     f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        until(lambda: worker.status()["generations"][0]["in_flight"] == 1, "it is in flight")
        crash(worker)
        assert waiting.closed()
    worker.wait_log(r"2 request\(s\) were in flight, besides it: innocent \(test\.call\)")


def test_crashes_under_load_never_close_the_port(start_worker):
    worker = start_worker("hostile")
    with Load(worker, keeping=2, connecting=2) as load:
        for number in range(2, 6):
            crash(worker)
            until(lambda: (one := worker.active()) and one["generation"] == number, "the next serves")
            served = load.served
            until(lambda: load.served > served + 10, "the load goes on")
    refused = [one for one in load.failures if "refused" in one.lower()]
    assert not refused
    assert len(load.failures) <= 4 * 4, "no more than one for each client and crash"


def test_an_unexpected_end_is_a_failure_too(start_worker):
    worker = start_worker("hostile")
    crash(worker, "exit")
    assert worker.get("/livez").status == 200
    assert re.search(r"generation 1 \(pid \d+\) ended with code 0", worker.log())


def test_the_supervisor_is_killed(start_worker):
    """Nobody is left to restart anything, but what runs is finished and nothing stays behind."""
    worker = start_worker("slow", args=["--tls", "off"])
    pid = worker.serving_pid
    answers = []
    thread = threading.Thread(target=lambda: answers.append(worker.call("test.call", {"ms": 500})))
    thread.start()
    until(lambda: worker.status()["generations"][0]["in_flight"] == 1, "the call runs")
    worker.kill()
    thread.join()
    assert answers[0].status == 200
    until(lambda: not alive(pid), "the generation has ended")


def test_sigkill_of_the_generation(start_worker):
    worker = start_worker("hello")
    os.kill(worker.serving_pid, signal.SIGKILL)
    assert worker.get("/livez").status == 200
    worker.wait_log(r"generation 1 \(pid \d+\) was ended by SIGKILL")


# Another binary


def other_binary(directory):
    """A copy of crank-host beside which nothing of the build lies."""
    binary = directory / "crank-host"
    shutil.copy(HOST, directory / "next")
    os.replace(directory / "next", binary)
    return binary


def test_upgrade_under_load_loses_nothing(start_worker, tmp_path):
    worker = start_worker("hello")
    pid = worker.process.pid
    with Load(worker) as load, worker.connect() as kept:
        for number in range(2, 7):
            binary = other_binary(tmp_path)
            served = load.served
            done = worker.upgrade("--binary", binary)
            assert done.returncode == 0, (done.stderr, worker.log())
            status = until(lambda: (s := worker.status())["upgrades"] == number - 1 and s, "the supervisor is the new one")
            assert status["pid"] == pid and status["binary"] == str(binary)
            assert worker.active()["generation"] == number
            until(lambda: load.served > served + 20, "the load goes on")
        assert os.readlink(f"/proc/{pid}/exe") == str(binary)
        kept.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.response().status == 200, "a client from before all of it"
    assert not load.failures, load.failures[:5]
    assert worker.reload().returncode == 0
    os.kill(worker.serving_pid, signal.SIGKILL)  # the new supervisor has the children, too
    assert worker.get("/livez").status == 200
    assert worker.status()["crashes"] == 1


def test_a_binary_that_cannot_serve_is_not_taken(start_worker, tmp_path):
    worker = start_worker("hello")
    broken = tmp_path / "crank-host"
    for content, mode, reason in (("#!/bin/sh\nexit 7\n", 0o755, "ended with code 7"), ("nonsense", 0o644, "Permission denied"),
                                  (None, 0, "No such file")):
        if content is None:
            broken.unlink()
        else:
            broken.write_text(content)
            broken.chmod(mode)
        done = worker.upgrade("--binary", broken)
        assert done.returncode == 1 and reason in done.stderr, (done.stderr, worker.log())
        assert worker.get("/livez").status == 200
        status = worker.status()
        assert status["upgrades"] == 0 and status["binary"] == str(HOST.resolve())
    assert worker.reload().returncode == 0


def test_a_binary_that_has_gone_is_waited_for(start_worker, tmp_path):
    """No generation can be made of it: the supervisor says so, keeps the port, and tries again."""
    worker = start_worker("hello")
    binary = other_binary(tmp_path)
    assert worker.upgrade("--binary", binary).returncode == 0
    until(lambda: worker.status()["upgrades"] == 1, "the supervisor is the new one")
    hidden = tmp_path / "hidden"
    binary.rename(hidden)
    os.kill(worker.serving_pid, signal.SIGKILL)
    worker.wait_log(r"failed: cannot run .*No such file.*; nobody serves")
    assert worker.status()["state"] == "restarting"
    hidden.rename(binary)
    assert worker.get("/livez").status == 200

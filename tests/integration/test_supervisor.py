"""Generations: replaced under load, tried as canaries, refused when they are broken, restarted when they crash."""
import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest
import websockets

from conftest import BOUND, HOST, TIME_SCALE, has_ipv6, plugin_file, running_call, until
from load import Load

STARTS = 120 if TIME_SCALE == 1 else 30


def crash(worker, how="segv", capability="test.call", request_id=None):
    arguments = ["--header", f"X-Request-Id: {request_id}"] if request_id else []
    return worker.curl(f"/v1/capabilities/{capability}", "--data-binary", f'{{"how":"{how}"}}', "--header",
                       "Content-Type: application/json", *arguments, check=False)


def state(pid):
    """R, S, T and so on, as /proc says."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


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

        def told_to_close():
            """The order to retire is on its way to the old generation; until it is there, it answers as ever."""
            connection.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.response()
            assert answer.status == 200
            return answer.header("connection") == "close"

        until(told_to_close, "the old generation says that it leaves")
        assert connection.closed()


def test_a_running_call_is_finished(start_worker, tmp_path):
    worker = start_worker("slow")
    with running_call(worker, tmp_path / "gate"):
        assert worker.reload().returncode == 0


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


@pytest.mark.parametrize("text, why", [("prot = 1", "did you mean port"), ("port = ", "not valid TOML"), (None, "crank.toml")])
def test_a_reload_that_cannot_read_its_configuration_says_why(start_worker, tmp_path, text, why):
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hello", args=["--config", config, "--log-format", "json"])
    config.unlink()
    if text:
        config.write_text(text)
    done = worker.reload()
    assert done.returncode == 1 and why in done.stderr, done.stderr
    assert why in worker.status()["last_failure"]
    for line in worker.log().splitlines():
        json.loads(line)


def test_a_file_that_changes_while_a_generation_starts_is_loaded_after_it(start_worker, tmp_path):
    plugin, gate = tmp_path / plugin_file("hostile").name, tmp_path / "gate"
    shutil.copy(plugin_file("hostile"), plugin)
    worker = start_worker(plugin, args=["--watch", "--set", f"hostile.start_waits_for={gate}"], wait=False)
    until(lambda: worker.control.exists() and worker.status()["generations"], "there is a generation")
    pid = worker.status()["generations"][0]["pid"]
    until(lambda: str(plugin) in pathlib.Path(f"/proc/{pid}/maps").read_text(), "it has loaded the plugin")
    shutil.copy(plugin_file("hostile"), tmp_path / "next")
    os.replace(tmp_path / "next", plugin)
    gate.touch()
    worker.wait_ready()
    worker.wait_log(rf"{plugin} changed: reloading")
    until(lambda: (one := worker.active()) and one["generation"] == 2, "the file that lies there is loaded")


def test_a_control_socket_by_a_relative_path(start_worker):
    worker = start_worker("hello", args=["--control", "c.sock"], control=False)
    worker.control = worker.directory / "c.sock"
    assert worker.status()["control"] == str(worker.control)


def test_a_service_manager_is_told(start_worker, tmp_path):
    """What systemd's Type=notify waits for (sd_notify(3))."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(BOUND)
        worker = start_worker("hello", env={"NOTIFY_SOCKET": str(path)})
        assert manager.recv(4096).startswith(b"READY=1\n")
        worker.stop()
        assert manager.recv(4096).startswith(b"STOPPING=1\n")


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


def test_every_end_of_a_first_generation_is_noticed(run_host):
    """Also one that comes before anybody listens for it: each of these starts ends, with its reason."""
    outcomes = []

    def start(times):
        for _ in range(times):
            done = run_host("--plugin", plugin_file("short_table"), "--tls", "off", "--host", "127.0.0.1", "--port", "0", "--control", "off")
            outcomes.append((done.returncode, "short_table" in done.stderr))

    threads = [threading.Thread(target=start, args=(STARTS // 6,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [(3, True)] * STARTS


def test_a_child_that_ends_before_anybody_listens_for_it(run_host, preloaded):
    """Without the look that follows the listening, this start hung for ever, SIGTERM or not."""
    done = run_host("--plugin", "/nonexistent.so", "--tls", "off", "--host", "127.0.0.1", "--port", "0", "--control", "off",
                    env=preloaded("late_signals"))
    assert done.returncode == 3 and "/nonexistent.so does not exist" in done.stderr


@pytest.mark.parametrize("whole", [True, False], ids=["both processes", "the supervisor alone"])
def test_a_pause_of_the_machine_ends_nobody(start_worker, whole):
    """A container that is paused, a laptop's lid, a migrating machine: time passes and nobody was slow."""
    worker = start_worker("hello", args=["--tls", "off", "--hang-timeout-ms", "2s"])
    pid = worker.serving_pid
    stopped = [worker.process.pid] + ([pid] if whole else [])
    for _ in range(2):
        for one in stopped:
            os.kill(one, signal.SIGSTOP)
        until(lambda: all(state(one) == "T" for one in stopped), "they stand still")
        threading.Event().wait(3.5)  # the pause itself: longer than the hang timeout
        for one in reversed(stopped):
            os.kill(one, signal.SIGCONT)
        assert worker.get("/livez").status == 200
        assert worker.serving_pid == pid, worker.log()
    assert worker.status()["crashes"] == 0 and "hangs" not in worker.log(), worker.log()


def test_a_failed_reload_lets_go_of_the_port_it_wanted(start_worker, tmp_path):
    """Its clients would connect and wait for nobody."""
    config = tmp_path / "crank.toml"
    config.write_text("")
    worker = start_worker("hello", args=["--config", config, "--tls", "off"])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config.write_text(f'verify_call = "hello.greet 1"\nmanagement_host = "127.0.0.1"\nmanagement_port = {port}\n')
    done = worker.reload()
    assert done.returncode == 1 and "verify" in done.stderr, (done.stderr, worker.log())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=BOUND)
    assert worker.active()["generation"] == 1


def test_signals_that_mean_nothing_end_nobody(start_worker):
    worker = start_worker("hello")
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        worker.process.send_signal(number)
        worker.wait_log(rf"{number.name} means nothing here")
    assert worker.get("/livez").status == 200 and worker.active()["generation"] == 1


def test_an_unexpected_end_is_a_failure_too(start_worker):
    worker = start_worker("hostile")
    crash(worker, "exit")
    assert worker.get("/livez").status == 200
    assert re.search(r"generation 1 \(pid \d+\) ended with code 0", worker.log())


def test_the_supervisor_is_killed(start_worker, tmp_path):
    """Nobody is left to restart anything, but what runs is finished and nothing stays behind."""
    worker = start_worker("slow", args=["--tls", "off", "--drain-timeout-ms", "600s"])
    pid = worker.serving_pid
    with running_call(worker, tmp_path / "gate"):
        worker.kill()
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
    patience = ["--set", "limits.idle_timeout_ms=1h", "--retire-timeout-ms", "1h"]  # for the client that says nothing meanwhile
    worker = start_worker("hello", args=patience)
    pid = worker.process.pid
    with Load(worker) as load, worker.connect() as kept:
        for number in range(2, 7):
            binary = other_binary(tmp_path)
            served = load.served
            done = worker.upgrade("--binary", binary)
            assert done.returncode == 0, (done.stderr, worker.log())
            status = worker.status()
            assert status["upgrades"] == number - 1, "the command has ended, and the supervisor is not the new one"
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


def test_localhost_is_both_loopbacks(start_worker):
    """A client that takes ::1 first (Node.js 17, say) must not be refused, nor come to another program; whatever replaces what serves."""
    if not has_ipv6():
        pytest.skip("this machine has no IPv6")
    worker = start_worker("hello", args=["--management-port", "0", "--management-host", "localhost"])
    ports = [worker.port, int(worker.management_url.rpartition(":")[2])]

    def all_answer():
        for address in ("127.0.0.1", "[::1]"):
            for scheme, port, status in zip(("https", "http"), ports, (404, 200)):  # /livez is on the management port alone
                answer = worker.curl("/livez", "--resolve", f"localhost:{port}:{address}", base=f"{scheme}://localhost:{port}")
                assert answer.status == status

    all_answer()
    assert worker.reload().returncode == 0
    all_answer()
    assert worker.upgrade().returncode == 0
    all_answer()
    assert worker.reload("--canary", "50%", "--for", "1s").returncode == 0
    all_answer()
    with socket.socket(socket.AF_INET6) as other:  # nobody else can take half of it
        with pytest.raises(OSError):
            other.bind(("::1", ports[0]))


@pytest.mark.parametrize("how", [(), ("--no-supervisor",)], ids=["supervised", "alone"])
def test_the_management_port_is_another(start_worker, run_host, how):
    """Two ports that the system picks are two; one port cannot be both."""
    worker = start_worker("hello", args=["--host", "127.0.0.1", "--management-port", "0", *how], control=not how)
    assert worker.management_url.rpartition(":")[2] != str(worker.port)
    assert worker.get("/livez", base=worker.management_url).status == 200
    done = run_host("--plugin", plugin_file("hello"), "--host", "127.0.0.1", "--port", worker.port, "--management-port", worker.port,
                    *(how or ("--control", "off")))
    assert done.returncode == 2 and str(worker.port) in done.stderr, "it is taken, to begin with"
    worker.process.terminate()
    assert worker.process.wait(timeout=BOUND) == 0
    done = run_host("--plugin", plugin_file("hello"), "--host", "127.0.0.1", "--port", worker.port, "--management-port", worker.port,
                    *(how or ("--control", "off")))
    assert done.returncode == 2 and ("management port" in done.stderr or "in use" in done.stderr), done.stderr


def test_an_upgrade_is_done_when_the_supervisor_is(start_worker, tmp_path):
    """A binary that serves, and cannot be run a second time: the command says so, and nobody is worse off."""
    worker = start_worker("hello")
    once = tmp_path / "crank-host"
    once.write_text(f'#!/bin/sh\nrm -- "$0"\nexec "{HOST}" "$@"\n')
    once.chmod(0o755)
    done = worker.upgrade("--binary", once)
    assert done.returncode == 1 and f"cannot run {once}" in done.stderr, (done.stdout, done.stderr)
    status = worker.status()
    assert status["upgrades"] == 0 and status["binary"] == str(HOST.resolve())
    assert worker.active()["generation"] == 2 and worker.get("/livez").status == 200
    assert worker.upgrade().returncode == 0 and worker.status()["upgrades"] == 1


def test_a_binary_that_has_gone_is_still_in_memory(start_worker, tmp_path):
    """A release that was cleaned away, a package that is being replaced: a crash is no outage, but another upgrade is none either."""
    worker = start_worker("hello")
    binary = other_binary(tmp_path)
    assert worker.upgrade("--binary", binary).returncode == 0
    assert worker.status()["upgrades"] == 1
    binary.unlink()
    os.kill(worker.serving_pid, signal.SIGKILL)
    assert worker.get("/livez").status == 200
    worker.wait_log(rf"{binary} cannot be run any more")
    done = worker.upgrade()
    assert done.returncode == 1 and "cannot run" in done.stderr, done.stderr
    assert worker.get("/livez").status == 200 and worker.status()["upgrades"] == 1


def test_an_upgrade_follows_the_link_that_was_started(start_worker, tmp_path):
    """Releases side by side and a link to the current one: it is turned, and the host upgraded."""
    for release in ("1", "2"):
        (tmp_path / release).mkdir()
        other_binary(tmp_path / release)
    current = tmp_path / "current"
    current.symlink_to("1")
    worker = start_worker("hello")
    assert worker.upgrade("--binary", current / "crank-host").returncode == 0
    assert worker.status()["upgrades"] == 1, "the supervisor is the first release"
    (tmp_path / "next").symlink_to("2")
    os.replace(tmp_path / "next", current)
    done = worker.upgrade()
    assert done.returncode == 0 and f"{current}/crank-host" in done.stdout and "crank-host 0." in done.stdout, done.stdout
    assert worker.status()["upgrades"] == 2, "the supervisor is the second release"
    assert os.readlink(f"/proc/{worker.process.pid}/exe") == str(tmp_path / "2" / "crank-host")


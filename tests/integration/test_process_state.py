"""What a host inherits from whoever starts it, and what a plugin does to the descriptors and signals of the process."""
import json
import os
import re
import signal
import subprocess
import tomllib
import urllib.request

import pytest

from conftest import BOUND, HOST, Connection, environment, plugin_file, until


@pytest.fixture
def launch(certificates, tmp_path):
    """launch(*arguments, ...): a serving host started in an odd way; `stderr` and more go to Popen. It is killed at the end."""
    started = []

    def start(*arguments, shell=None, **options):
        command = [str(HOST), "--control", str(tmp_path / "control"), "--ready-file", str(tmp_path / "ready"), "--host", "127.0.0.1",
                   "--port", "0", "--tls", "off", *map(str, arguments)]
        if shell:
            command = ["sh", "-c", shell, "sh", *command]
        options.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen(command, env=environment(certificates, tmp_path), cwd=tmp_path, start_new_session=True, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def url_of(process, tmp_path):
    ready = tmp_path / "ready"
    until(lambda: ready.exists() and ready.read_text().endswith("\n") or process.poll() is not None, "ready file")
    assert process.poll() is None, f"ended with {process.returncode}"
    return ready.read_text().splitlines()[0]


def call(url, value, capability="test.call"):
    done = subprocess.run(["curl", "--silent", "--max-time", str(int(BOUND)), "--data-binary", json.dumps(value), "--header",
                           "Content-Type: application/json", f"{url}/v1/capabilities/{capability}"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def status(tmp_path):
    done = subprocess.run([str(HOST), "status", "--json", "--control", str(tmp_path / "control")], capture_output=True, text=True,
                          timeout=BOUND, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_closed_standard_descriptors_harm_nobody(launch, tmp_path, closed):
    process = launch("--plugin", plugin_file("hostile"), shell=f'exec "$@" {closed}')
    url = url_of(process, tmp_path)
    assert call(url, {"how": "log", "lines": 300}) == {"done": True}
    said = status(tmp_path)
    (one,) = said["generations"]
    assert one["generation"] == 1 and one["state"] == "active", said
    for descriptor in range(3):
        assert not os.readlink(f"/proc/{one['pid']}/fd/{descriptor}").startswith(("socket:", "/memfd:", "anon_inode:")), said
    process.terminate()
    assert process.wait(timeout=BOUND) == 0


def test_commands_with_closed_descriptors(run_host):
    done = subprocess.run(["sh", "-c", 'exec "$@" 2>&- <&-', "sh", str(HOST), "describe", plugin_file("hello")], capture_output=True,
                          text=True, timeout=BOUND, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["manifest"]["id"] == "hello"


@pytest.mark.parametrize("number", [3, 7])
def test_what_was_opened_for_the_host_is_every_generations(launch, tmp_path, number):
    """The first one is a fork of the supervisor, those after it are started anew."""
    (tmp_path / "config").write_text("worker_id = 'from-descriptor'\n")
    process = launch("--plugin", plugin_file("hello"), "--config", f"/dev/fd/{number}", shell=f'exec "$@" {number}<config')
    url = url_of(process, tmp_path)
    for generation in (1, 2, 3):
        with urllib.request.urlopen(f"{url}/health", timeout=BOUND) as answer:
            assert json.load(answer)["worker_id"] == "from-descriptor"
        assert [one["generation"] for one in status(tmp_path)["generations"] if one["state"] == "active"] == [generation]
        done = subprocess.run([str(HOST), "reload", "--control", str(tmp_path / "control")], capture_output=True, text=True,
                              timeout=BOUND, check=False)
        assert done.returncode == 0, done.stderr
    process.terminate()
    assert process.wait(timeout=BOUND) == 0


def test_stderr_that_nobody_reads_stops_neither_calls_nor_the_end(launch, tmp_path):
    reading, writing = os.pipe()
    process = launch("--plugin", plugin_file("hostile"), stderr=writing)
    os.close(writing)
    url = url_of(process, tmp_path)
    for _ in range(3):
        assert call(url, {"how": "log", "lines": 1000}) == {"done": True}  # 400 KB; a pipe holds 64
    metrics = subprocess.run(["curl", "--silent", "--max-time", str(int(BOUND)), f"{url}/metrics"], capture_output=True, text=True, check=True)
    lost = int(re.search(r"^crank_log_lines_lost_total (\d+)$", metrics.stdout, re.MULTILINE)[1])
    assert 1000 < lost < 3000
    first = os.read(reading, 1 << 20).decode()  # somebody has come back
    assert call(url, {"how": "log", "lines": 1}) == {"done": True}
    second = os.read(reading, 1 << 20).decode()
    assert re.search(rf"warn  {lost} log lines before this one were lost", first + second), second[:1000]
    for line in (first + second).splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z ", line), line
        assert "hostile line" not in line or line.endswith(" end") or " end request_id=" in line, line

    assert call(url, {"how": "log", "lines": 2000}) == {"done": True}  # full again
    process.terminate()
    assert process.wait(timeout=BOUND) == 0
    os.close(reading)


def test_a_plugin_that_closes_standard_error_does_not_send_the_log_to_clients(start_worker):
    worker = start_worker("hostile", args=["--tls", "off", "--no-supervisor"])
    assert worker.call("test.call", {"how": "close_standard"}).status == 200
    clients = [Connection(worker.socket()) for _ in range(6)]  # some get the free numbers
    for client in clients:
        client.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.response().status == 200
    assert worker.call("test.call", {"how": "log", "lines": 50}).status == 200
    for client in clients:
        client.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.response().status == 200  # and nothing before it
        assert client.closed()
    worker.wait_log("hostile line 49")


def test_a_plugin_that_closes_standard_descriptors_in_start_is_told(start_worker, run_host):
    worker = start_worker("hostile", args=["--set", "hostile.close_standard_in_start=true"])
    worker.wait_log(r"\[hostile\] closed standard input, output or error in start\(\)")
    for descriptor in range(3):
        assert os.readlink(f"/proc/{worker.serving_pid}/fd/{descriptor}") == "/dev/null"


def test_result_of_a_command_alone_goes_to_stdout(run_host):
    done = run_host("invoke", "test.call", "--plugin", plugin_file("prints"), input="{}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"ok": 1}
    assert done.stderr.count("Loading model") == 3 and done.stderr.count("ready ") == 3
    done = run_host("--print-config", "--plugin", plugin_file("prints"))
    assert done.returncode == 0, done.stderr
    assert "while it is loaded" not in done.stdout
    assert tomllib.loads(done.stdout)["service_name"] == "crank-prints"
    assert done.stderr.count("while it is loaded") == 2


def ignore_everything():
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)


def block_everything():
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))


@pytest.mark.parametrize("inherited", [ignore_everything, block_everything])
@pytest.mark.parametrize("command", ["describe", "verify"])
def test_commands_judge_plugins_alike_whatever_signals_they_inherit(run_host, inherited, command):
    done = subprocess.run([str(HOST), command, plugin_file("hello")], capture_output=True, text=True, timeout=4 * BOUND,
                          preexec_fn=inherited, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("inherited", [ignore_everything, block_everything])
@pytest.mark.parametrize("more", [[], ["--no-supervisor"]])
def test_serving_obeys_sigterm_whatever_signals_it_inherits(launch, tmp_path, inherited, more):
    process = launch("--plugin", plugin_file("hello"), *more, preexec_fn=inherited)
    url_of(process, tmp_path)
    process.terminate()
    assert process.wait(timeout=BOUND) == 0


def test_a_handler_that_a_runtime_installs_while_it_is_loaded_stays(start_worker, run_host):
    worker = start_worker("handler_in_constructor", args=["--tls", "off"])
    assert worker.call("test.call", {}).json() == {"recovered": 1}
    assert worker.call("test.call", {}).json() == {"recovered": 1}
    assert worker.active()["generation"] == 1
    # What it passes on reaches the host's own handler: the crash is told with its operation.
    worker.curl("/v1/capabilities/test.call", "--data-binary", '{"how":"crash"}', "--header", "Content-Type: application/json", check=False)
    worker.wait_log(r"SIGSEGV[^\n]*test\.call")
    done = run_host("verify", plugin_file("handler_in_constructor"), bound=4 * BOUND)
    assert "FAIL  loading: the handler of SIGSEGV was changed while it was loaded" in done.stdout, done.stdout


def limit_descriptors(most):
    import resource
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@pytest.mark.parametrize("more", [[], ["--no-supervisor"]])
def test_too_few_descriptors_are_a_sentence_and_an_exit_code(launch, tmp_path, more):
    """Whichever constructor it is that finds no descriptor any more. With more of them the accepting loops are next: not of this test."""
    failed = 0
    for most in range(6, 14):
        (tmp_path / "ready").unlink(missing_ok=True)
        with open(tmp_path / "log", "wb") as log:
            process = launch("--plugin", plugin_file("hello"), "--io-threads", "2", *more, stderr=log, preexec_fn=limit_descriptors(most))
        until(lambda: process.poll() is not None or (tmp_path / "ready").exists(), f"with {most} it ends or serves")
        said = (tmp_path / "log").read_text()
        assert "terminate called" not in said, (most, said)
        if process.poll() is None:
            process.kill()
            process.wait()
            continue
        failed += 1
        assert process.returncode in (1, 2, 3, 127), (most, process.returncode, said)
        if process.returncode != 127:
            assert re.search(r"^crank-host: \S", said, re.MULTILINE), (most, said)
    assert failed > 0

"""The sub-commands: describe, verify, invoke, healthcheck, and the help."""
import json
import subprocess
import sys

import pytest

from conftest import BOUND, has_ipv6, plugin_file


@pytest.mark.parametrize("plugin", ["hello", "streaming", "echo"])
def test_describe(run_host, plugin):
    done = run_host("describe", plugin_file(plugin))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["manifest"]["id"] == plugin


@pytest.mark.parametrize("plugin", ["crash_in_constructor", "hang_in_constructor", "exit_in_constructor", "missing_library", "bad_manifest", "no_entry"])
def test_describe_survives_a_bad_plugin(run_host, plugin):
    done = run_host("describe", plugin_file(plugin), bound=4 * BOUND)
    assert done.returncode == 3, (done.returncode, done.stderr)
    assert plugin in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("plugin", ["hello", "streaming", "echo"])
def test_verify_passes(run_host, plugin):
    done = run_host("verify", plugin_file(plugin), bound=4 * BOUND)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail" not in done.stdout.lower() or " 0 failed" in done.stdout.lower(), done.stdout


@pytest.mark.parametrize("plugin", ["throws_across", "returns_garbage", "double_finish", "writes_after_finish", "null_call_table",
                                    "crash_in_call", "bad_magic", "future_need", "crash_in_constructor"])
def test_verify_finds_what_is_wrong(run_host, plugin):
    done = run_host("verify", plugin_file(plugin), bound=4 * BOUND)
    assert done.returncode not in (0, 2), done.stdout + done.stderr
    assert plugin in done.stdout + done.stderr


def test_invoke_from_stdin(run_host):
    done = run_host("invoke", "example.hello_world", "--plugin", plugin_file("hello"), input='{"message":"stdin"}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["greeting"] == "Hello, stdin!"


def test_invoke_from_a_file(run_host, tmp_path):
    file = tmp_path / "input.json"
    file.write_text('{"message":"file"}')
    done = run_host("invoke", "example.hello_world", "--plugin", plugin_file("hello"), "--input", file)
    assert json.loads(done.stdout)["greeting"] == "Hello, file!"


def test_invoke_streams_lines(run_host):
    done = run_host("invoke", "test.items", "--plugin", plugin_file("echo"), input='{"count":3}')
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"index": 0}, {"index": 1}, {"index": 2}]


def test_invoke_checks_the_schema_and_tells_errors(run_host):
    done = run_host("invoke", "example.hello_world", "--plugin", plugin_file("hello"), input="{}")
    assert done.returncode not in (0, 2, 3)
    assert "message" in done.stderr
    assert done.stdout == ""
    done = run_host("invoke", "test.fail", "--plugin", plugin_file("echo"), input='{"status":-8,"code":"TEAPOT","text":"short and stout"}')
    assert done.returncode != 0
    assert "TEAPOT" in done.stderr and "short and stout" in done.stderr
    done = run_host("invoke", "example.hello_world", "--plugin", plugin_file("hello"), input="{")
    assert done.returncode != 0 and "JSON" in done.stderr


def test_invoke_unknown_capability_names_the_known(run_host):
    done = run_host("invoke", "example.helo_world", "--plugin", plugin_file("hello"), input="{}")
    assert done.returncode == 2
    assert "example.hello_world" in done.stderr


def test_invoke_time_limit(run_host):
    done = run_host("invoke", "test.slow", "--plugin", plugin_file("echo"), "--timeout-ms", "100", input='{"ms":600000}')
    assert done.returncode != 0
    assert "DEADLINE" in done.stderr.upper()


def healthcheck(run_host, *arguments):
    return run_host("healthcheck", *arguments)


def test_healthcheck(run_host, start_worker):
    worker = start_worker("hello")
    assert healthcheck(run_host, "--port", worker.port, "--host", "localhost").returncode == 0
    assert healthcheck(run_host, "--url", worker.url + "/health").returncode == 0
    managed = start_worker("hello", args=["--management-port", "0", "--client-auth", "required"])
    assert healthcheck(run_host, "--url", managed.management_url + "/health").returncode == 0
    required = start_worker("hello", args=["--client-auth", "required"])
    assert healthcheck(run_host, "--port", required.port, "--host", "localhost").returncode == 0, "it presents the worker's certificate"
    port = worker.port
    worker.stop()
    done = healthcheck(run_host, "--port", port, "--host", "localhost")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::", "127.0.0.2"])
def test_healthcheck_asks_the_address_that_is_served(run_host, start_worker, host):
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    if sys.platform == "darwin" and host == "127.0.0.2":
        pytest.skip("there the loopback has one address")
    worker = start_worker("hello", args=["--host", host, "--client-auth", "off"])
    done = healthcheck(run_host, "--host", host, "--port", worker.port)
    assert done.returncode == 0, done.stderr
    if sys.platform != "darwin" and host != "::":  # whether IPv6's wildcard takes IPv4, too, is the system's affair
        assert healthcheck(run_host, "--host", "127.0.0.3", "--port", worker.port).returncode == (0 if host == "0.0.0.0" else 1)


def test_healthcheck_of_another_authority(run_host, start_worker, tmp_path):
    assert run_host("certs", "init", "--cert-dir", tmp_path / "other").returncode == 0
    worker = start_worker("hello")
    assert healthcheck(run_host, "--port", worker.port, "--host", "localhost", "--cert-dir", tmp_path / "other").returncode == 1


def test_help_is_for_people(run_host):
    done = run_host("--help")
    assert done.returncode == 0 and done.stderr == ""
    for word in ("--plugin", "--port", "--tls", "--set", "--ready-file", "describe", "verify", "invoke", "healthcheck", "certs", "plugins"):
        assert word in done.stdout, word
    assert max(map(len, done.stdout.splitlines())) <= 120
    for command in ("describe", "verify", "invoke", "healthcheck", "certs"):
        assert run_host(command, "--help").returncode == 0


def test_version(run_host):
    done = run_host("--version")
    assert done.returncode == 0 and "0.1" in done.stdout


def test_unknown_command(run_host):
    done = run_host("serv")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_closed_stdout_is_no_crash(run_host):
    from conftest import HOST
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([str(HOST), "describe", str(plugin_file("hello"))], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=BOUND, check=False)
    assert done.returncode == 1

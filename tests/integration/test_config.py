"""Configuration: flags over environment over file over defaults; what is wrong is said in one line, exit code 2."""
import json

import pytest

from conftest import plugin_file


@pytest.fixture
def config(tmp_path):
    def write(text):
        file = tmp_path / "crank.toml"
        file.write_text(text)
        return file
    return write


def printed(run_host, *arguments, env=None, plugin="echo"):
    done = run_host("--plugin", plugin_file(plugin), "--host", "localhost", *arguments, "--print-config", env=env)
    assert done.returncode == 0, done.stderr
    found, section = {}, ""
    for line in done.stdout.splitlines():
        text, _, origin = line.partition("  # ")
        text = text.strip()
        if text.startswith("["):
            section = text.strip("[]") + "."
        elif "=" in text and not text.startswith("#"):
            key, value = (part.strip() for part in text.split("=", 1))
            found[section + key] = (value, origin.strip())
    return found


def test_defaults(run_host):
    found = printed(run_host)
    assert found["log_level"][0] == '"info"' and "default" in found["log_level"][1]
    assert found["limits.header_bytes"][0] == "16384"
    assert found["host"][0] == '"localhost"' and "--host" in found["host"][1]


def test_precedence(run_host, config):
    file = config('log_level = "error"\nio_threads = 1\n[limits]\nheader_bytes = "8KiB"\n[echo]\ncount = 2\ngreeting = "file"\n')
    flags = ["--config", file]
    found = printed(run_host, *flags)
    assert found["log_level"][0] == '"error"' and str(file) in found["log_level"][1]
    assert found["limits.header_bytes"][0] == "8192"
    assert found["echo.count"][0] == "2"
    env = {"CRANK_LOG_LEVEL": "warn", "CRANK_LIMITS_HEADER_BYTES": "4096", "CRANK_ECHO_COUNT": "3"}
    found = printed(run_host, *flags, env=env)
    assert found["log_level"][0] == '"warn"' and "CRANK_LOG_LEVEL" in found["log_level"][1]
    assert found["limits.header_bytes"][0] == "4096"
    assert found["echo.count"][0] == "3" and "CRANK_ECHO_COUNT" in found["echo.count"][1]
    assert found["echo.greeting"][0] == '"file"'
    assert found["io_threads"][0] == "1"
    found = printed(run_host, *flags, "--log-level", "debug", "--set", "limits.header_bytes=2048", "--set", "echo.count=4", env=env)
    assert found["log_level"][0] == '"debug"' and "--log-level" in found["log_level"][1]
    assert found["limits.header_bytes"][0] == "2048" and "--set" in found["limits.header_bytes"][1]
    assert found["echo.count"][0] == "4" and "--set" in found["echo.count"][1]


def test_old_names(run_host, tmp_path):
    found = printed(run_host, env={"LOG_LEVEL": "WARNING", "SERVICE_NAME": "old-name", "CERT_DIR": str(tmp_path)})
    assert found["log_level"] [0] == '"warn"' and "LOG_LEVEL" in found["log_level"][1]
    assert found["service_name"][0] == '"old-name"'
    assert found["cert_dir"][0] == f'"{tmp_path}"'
    assert printed(run_host, env={"LOG_LEVEL": "error", "CRANK_LOG_LEVEL": "debug"})["log_level"][0] == '"debug"'


def test_port_environment_of_the_manifest(run_host):
    assert printed(run_host, plugin="streaming")["port"][0] == "8500"
    found = printed(run_host, env={"STREAMING_HTTPS_PORT": "9123"}, plugin="streaming")
    assert found["port"][0] == "9123" and "STREAMING_HTTPS_PORT" in found["port"][1]
    assert printed(run_host, "--port", "9124", env={"STREAMING_HTTPS_PORT": "9123"}, plugin="streaming")["port"][0] == "9124"


def test_a_service_link_of_kubernetes_is_no_port(run_host, start_worker):
    """For a Service named `crank` every container of the namespace gets this."""
    link = {"CRANK_PORT": "tcp://10.0.0.1:8500"}
    assert printed(run_host, env=link, plugin="streaming")["port"][0] == "8500"
    start_worker("hello", env=link).wait_log(r"CRANK_PORT=.*tcp://10\.0\.0\.1:8500.* is ignored")
    found = printed(run_host, env={"STREAMING_HTTPS_PORT": "tcp://10.0.0.1:8500"}, plugin="streaming")["port"]
    assert found[0] == "8500" and "STREAMING_HTTPS_PORT" in found[1]


def test_printed_configuration_gives_the_same_settings_again(run_host, config):
    first = run_host("--plugin", plugin_file("echo"), "--host", "localhost", "--set", "echo.count=5", "--set", "limits.max_connections=99",
                     "--print-config")
    again = run_host("--config", config(first.stdout), "--print-config")
    assert again.returncode == 0, again.stderr

    def values(text):
        lines = [line.partition("  # ")[0].rstrip() for line in text.splitlines()]
        return [line for line in lines if not line.startswith("#")]
    assert values(again.stdout) == values(first.stdout)


def test_the_plugin_gets_what_is_printed(start_worker, config):
    file = config('[echo]\ncount = 2\n')
    worker = start_worker("echo", args=["--config", file, "--set", "echo.loud=true"], env={"CRANK_ECHO_GREETING": "ahoy"})
    assert worker.call("test.config", {}).json() == {"greeting": "ahoy", "count": 2, "loud": True}


@pytest.mark.parametrize("arguments, words", [
    (["--port", "65536"], ["port", "65535"]),
    (["--port", "x"], ["port"]),
    (["--io-threads", "-1"], ["io-threads"]),
    (["--log-level", "loud"], ["loud", "debug"]),
    (["--client-auth", "maybe"], ["client-auth", "required"]),
    (["--no-such-flag"], ["--no-such-flag"]),
    (["--prot", "1"], ["--prot"]),
    (["--set", "limits.no_such=1"], ["no_such"]),
    (["--set", "limits.header_bytes=64kB"], ["header_bytes"]),
    (["--set", "limits.header_bytes=-1"], ["header_bytes"]),
    (["--set", "nonsense"], ["nonsense"]),
    (["--set", "echo.count=9"], ["echo.count", "--set"]),
    (["--set", "echo.count=true"], ["echo.count"]),
    (["--set", "echo.unknown=1"], ["unknown"]),
    (["--set", "other.key=1"], ["other"]),
    (["--config", "/no/such/file.toml"], ["/no/such/file.toml"]),
    (["--tls", "perhaps"], ["tls"]),
])
def test_bad_flags(run_host, arguments, words):
    done = run_host("--plugin", plugin_file("echo"), "--host", "localhost", "--port", "0", *arguments)
    refused(done, *words)


def refused(done, *words):
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text, words", [
    ("log_level = ", ["crank.toml"]),
    ('log_level = "loud"', ["crank.toml", "log_level"]),
    ("log_levle = 1", ["crank.toml", "log_levle"]),
    ("port = 70000", ["crank.toml", "port"]),
    ('port = "8500x"', ["crank.toml", "port"]),
    ("[limits]\nheader_byte = 1", ["crank.toml", "header_byte"]),
    ("[echo]\ncount = 0", ["echo.count"]),
    ("[echo]\ncoutn = 1", ["coutn"]),
    ("[unloaded]\nx = 1", ["unloaded"]),
    ("io_threads = 1.5", ["io_threads"]),
    ("tls = \xff", ["crank.toml"]),
])
def test_bad_files(run_host, config, text, words):
    file = config("")
    file.write_bytes(text.encode("latin-1"))
    refused(run_host("--plugin", plugin_file("echo"), "--host", "localhost", "--port", "0", "--config", file), *words)


@pytest.mark.parametrize("variable, value", [("CRANK_PORT", "x"), ("CRANK_LOG_LEVEL", "loud"), ("CRANK_LIMITS_BODY_BYTES", "many"),
                                             ("CRANK_ECHO_COUNT", "9"), ("CRANK_TLS", "perhaps")])
def test_bad_environment(run_host, variable, value):
    refused(run_host("--plugin", plugin_file("echo"), "--host", "localhost", env={variable: value}), variable)


def test_unwritable_ready_file(run_host):
    done = run_host("--plugin", plugin_file("hello"), "--host", "localhost", "--port", "0", "--ready-file", "/no/such/directory/ready")
    assert done.returncode in (1, 2)
    assert "/no/such/directory/ready" in done.stderr


def test_worker_id_and_service_name_are_seen(start_worker):
    worker = start_worker("hello", args=["--worker-id", "my-worker.1", "--log-format", "json"])
    assert worker.get("/health").json()["worker_id"] == "my-worker.1"
    assert all(json.loads(line)["worker_id"] == "my-worker.1" for line in worker.log().splitlines())

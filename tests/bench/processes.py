"""Servers under measurement and what the kernel says of them. Knows /proc, crank-host's and nginx's command lines; no figures."""
import contextlib
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
READY_BOUND = 30  # seconds


def raise_file_limit():
    """For this process and its children: 10,000 sockets on either side."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)] if core is not None else list(map(str, command))


def tree(pid):
    """The process and its descendants."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            children = pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text()
            for child in children.split():
                found += tree(int(child))
    return found


def cpu_seconds(pid):
    """User and system time of the process and its descendants."""
    total = 0
    for each in tree(pid):
        fields = pathlib.Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / CLOCK_TICKS


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError("no VmRSS")


def proportional_kib(pid):
    """Its share of the memory that it has in common with others, and all of its own."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise RuntimeError("no Pss")


class Serving:
    """The process that serves, and the supervisor over it (the same, without one)."""

    def __init__(self, supervisor):
        self.supervisor = supervisor
        children = [pid for pid in tree(supervisor) if pid != supervisor]
        self.pid = children[0] if children else supervisor


def wait_for(condition, process, what):
    end = time.monotonic() + READY_BOUND
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(what)
        time.sleep(0.005)


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Host:
    """Starts crank-host from a build directory."""

    def __init__(self, build, directory):
        self.binary = build / "host" / "crank-host"
        self.build, self.directory = build, directory
        self.certificates = directory / "certificates"
        subprocess.run([str(self.binary), "certs", "init", "--cert-dir", str(self.certificates)], check=True, capture_output=True)
        self.authority = self.certificates / "ca.crt"

    def plugin(self, name):
        return self.build / "plugins" / name / f"lib{name}.so"

    def command(self, plugin, *arguments, port=0):
        return [self.binary, "--plugin", self.plugin(plugin), "--host", "localhost", "--port", port, "--cert-dir", self.certificates,
                "--log-level", "warn", *arguments]

    @contextlib.contextmanager
    def serve(self, plugin, *arguments, core=None):
        """Yields (process, port) of a ready worker."""
        ready = pathlib.Path(tempfile.mktemp(dir=self.directory))
        command = pinned(core, self.command(plugin, *arguments, "--ready-file", ready))
        with running(command) as process:
            wait_for(lambda: ready.exists() and ready.read_text().endswith("\n"), process, "crank-host did not become ready")
            yield Serving(process.pid), int(ready.read_text().splitlines()[0].rsplit(":", 1)[1].rstrip("/"))


def nginx_configuration(host, directory, plain, tls, body):
    answer = f"return 200 '{body}';"
    user = "user root;" if os.geteuid() == 0 else ""
    return f"""
{user} daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log stderr error;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; default_type application/json;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  ssl_certificate {host.certificates}/client.crt; ssl_certificate_key {host.certificates}/client.key;
  ssl_protocols TLSv1.2 TLSv1.3;
  server {{ listen 127.0.0.1:{plain}; location / {{ {answer} }} }}
  server {{ listen 127.0.0.1:{tls} ssl; location / {{ {answer} }} }}
}}
"""


@contextlib.contextmanager
def nginx(host, directory, body, core=None):
    """Yields (process, plain port, TLS port) of nginx answering every request with `body`."""
    plain, tls = free_port(), free_port()
    work = directory / f"nginx-{plain}"
    work.mkdir()
    file = work / "nginx.conf"
    file.write_text(nginx_configuration(host, work, plain, tls, body))

    def listens():
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", plain)) == 0

    with running(pinned(core, ["nginx", "-e", "stderr", "-p", work, "-c", file])) as process:
        wait_for(listens, process, "nginx did not start")
        yield process, plain, tls

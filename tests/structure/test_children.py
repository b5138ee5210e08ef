"""A child process begins in one place, where what it inherits is decided (host/os/start_child.hpp)."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGINS = re.compile(r"(?<![\w.>])(?:::|std::)?(v?fork|f?exec[lv]p?e?|posix_spawnp?|popen|system)\s*\(")
COMMENT = re.compile(r"//.*")
# A supervisor that becomes another binary makes no child of it.
ALLOWED = {("os/start_child.cpp", "fork"), ("os/start_child.cpp", "execve"), ("supervisor/succession.cpp", "execv")}


def beginnings(text):
    return {match[1] for match in BEGINS.finditer(COMMENT.sub("", text))}


def test_children_begin_in_one_place():
    host = ROOT / "host"
    found = {(str(path.relative_to(host)), name) for path in host.rglob("*.[ch]pp") for name in beginnings(path.read_text())}
    assert found == ALLOWED


def test_the_checker_sees_them():
    for text in ("const pid_t child = ::fork();", "if (fork() == 0)", "execvp(path, a);", "::posix_spawn(&p,", "std::system(x)", "popen (x)"):
        assert beginnings(text), text
    for text in ("// a fork() without exec", "file.system(x)", "filesystem(x)", "make_system(x)", "p->fork(x)"):
        assert not beginnings(text), text

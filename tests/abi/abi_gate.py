"""What the ABI gates share: tools that must exist, the version a header claims, and which headers are the ABI.

A gate is a small program: exit status 0 passes, 1 fails with a reason and what to do. A missing tool or file fails.
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

# Headers hide what is younger than a plugin's need; gates look at all of it.
EVERYTHING = '-DCRANK_SEES_MINOR=CRANK_ABI_MINOR'
REPOSITORY = Path(__file__).resolve().parents[2]
NEW_MINOR = (
    'The released ABI does not change. If you added to the tail of a table:\n'
    '  1. raise CRANK_ABI_MINOR in plugin_api/include/crank/crank.h,\n'
    '  2. run tests/abi/update_baseline (frozen headers and libabigail baseline of the new minor),\n'
    '  3. copy tests/abi/layout_<last>.c to the new minor, add the new members, and include it in layouts.c,\n'
    '  4. commit all of it together. Anything else than an addition at a tail: undo it.'
)


class Failure(Exception):
    """The gate does not pass; the text says why and what to do."""


def tool(command):
    """The words of a command whose program exists."""
    words = command if isinstance(command, list) else shlex.split(command)
    if not words or shutil.which(words[0]) is None:
        raise Failure(f'{words[0] if words else "a tool"} is not installed. This gate does not skip: install it '
                      '(Debian: abigail-tools for abidw and abidiff, rustc, binutils for nm).')
    return words


def run(command, stdin=None, cwd=None):
    # Messages are matched by people and by prove_gates.py, so they come in one language.
    return subprocess.run([str(word) for word in command], input=stdin, cwd=cwd, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, 'LC_ALL': 'C'}, check=False)


def must(command, what, advice='', **options):
    """Runs a command that has to succeed, and returns its output."""
    result = run(command, **options)
    if result.returncode != 0:
        raise Failure(f'{what}\n{result.stdout.rstrip()}\n{advice}'.rstrip())
    return result.stdout


def version(include):
    """'major.minor' of a copy of crank.h."""
    path = include / 'crank/crank.h'
    if not path.is_file():
        raise Failure(f'{path} is missing')
    found = dict(re.findall(r'^#define CRANK_ABI_(MAJOR|MINOR) (\d+)$', path.read_text(), re.M))
    if set(found) != {'MAJOR', 'MINOR'}:
        raise Failure(f'{path} does not define CRANK_ABI_MAJOR and CRANK_ABI_MINOR as plain numbers')
    return f'{found["MAJOR"]}.{found["MINOR"]}'


def abi_headers(include):
    """The headers that are the ABI, relative to `include`. The others are conveniences compiled into a plugin; drafts
    may still change."""
    return sorted(['crank/crank.h', *(str(p.relative_to(include)) for p in include.glob('crank/ext/*.h'))])


class Tree:
    """Where things lie in a checkout, or in the copy of one that prove_gates.py breaks."""

    def __init__(self, root):
        self.root = Path(root).resolve()
        self.include = self.root / 'plugin_api/include'
        self.abi = self.root / 'plugin_api/abi'
        self.tests = self.root / 'tests/abi'

    def released(self):
        """The folder of the version that today's header claims."""
        claimed = version(self.include)
        folder = self.abi / claimed
        if not folder.is_dir():
            raise Failure(f'crank.h says {claimed}, and plugin_api/abi/{claimed} does not exist.\n{NEW_MINOR}')
        return folder

    def every_release(self):
        return sorted((p for p in self.abi.iterdir() if (p / 'include').is_dir()),
                      key=lambda p: [int(n) for n in p.name.split('.')])


def arguments(description, **extra):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--root', default=REPOSITORY, help='the checkout to look at')
    parser.add_argument('--cc', default=os.environ.get('CC', 'cc'), help='C compiler')
    parser.add_argument('--cxx', default=os.environ.get('CXX', 'c++'), help='C++ compiler')
    for name, options in extra.items():
        parser.add_argument(name, **options)
    return parser.parse_args()


def main(gate, *values):
    """Runs a gate and turns its verdict into an exit status."""
    try:
        passed = gate(*values)
    except Failure as failure:
        print(f'FAILED: {failure}', file=sys.stderr)
        sys.exit(1)
    print(f'passed: {passed}')

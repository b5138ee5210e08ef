#!/usr/bin/python3
"""Breaks the ABI on purpose, in a copy, one way at a time, and asserts which gates fail.

A gate that never fails guards nothing. The table this prints is the one in README.md. It works on a copy of the
headers, the baselines and these gates, and changes nothing here.
"""
import os
import shutil
import sys
import tempfile
from pathlib import Path

from abi_gate import REPOSITORY, Failure, arguments, main, run

GATES = ('headers', 'layout', 'abidiff', 'frozen')
CRANK, SESSION, TIMER = 'crank/crank.h', 'crank/ext/session.h', 'crank/ext/timer.h'
LAST_OF_CALL = '  void (*finish)(crank_call *call, crank_status status) CRANK_NOTHROW;\n'
MINOR_2, MINOR_3 = '#define CRANK_ABI_MINOR 2\n', '#define CRANK_ABI_MINOR 3\n'
APPENDED = LAST_OF_CALL + '  int32_t (*later)(crank_call *call) CRANK_NOTHROW;\n'
STOP = '  void (*stop)(crank_plugin *plugin) CRANK_NOTHROW;\n'
DESTROY = '  void (*destroy)(crank_plugin *plugin) CRANK_NOTHROW;\n'
FIELD_INSERTED = (CRANK, '  crank_str content_type;', '  uint64_t inserted;\n  crank_str content_type;')


class Copy:
    """A copy of what the gates look at, to be broken."""

    def __init__(self, folder, options):
        self.root = Path(folder) / 'copy'
        self.options = options
        self.path = None  # None: the environment's
        # As the world was at 0.2, whatever came later, so that the edits below find their text. Without the convenience
        # headers: they have no frozen copy, and compiling them costs time.
        for part in ('plugin_api/abi/0.2', 'tests/abi'):
            shutil.copytree(REPOSITORY / part, self.root / part, ignore=shutil.ignore_patterns('__pycache__'))
        (self.root / 'tests/abi/layouts.c').write_text('#include "layout_0_2.c"\n')
        shutil.copytree(REPOSITORY / 'plugin_api/abi/0.2/include', self.include)

    @property
    def include(self):
        return self.root / 'plugin_api/include'

    def edit(self, path, old, new):
        text = path.read_text()
        if text.count(old) != 1:
            raise Failure(f'{path.name} does not contain exactly once: {old!r}')
        path.write_text(text.replace(old, new))

    def edit_header(self, name, old, new):
        self.edit(self.include / name, old, new)

    def update_baseline(self, *flags):
        return run([sys.executable, self.root / 'tests/abi/update_baseline', '--root', self.root, *self.compilers(),
                    *flags])

    def compilers(self):
        return ['--cc', self.options.cc, '--cxx', self.options.cxx]

    def verdict(self, gate):
        """(passed, first line of what the gate said)"""
        env = [] if self.path is None else ['env', f'PATH={self.path}']
        result = run([*env, sys.executable, self.root / f'tests/abi/gate_{gate}.py', '--root', self.root,
                      *self.compilers()])
        lines = result.stdout.strip().splitlines() or ['']
        if 'Traceback' in result.stdout:
            raise Failure(f'gate_{gate}.py itself broke:\n{result.stdout}')
        return result.returncode == 0, lines[0]


def header(*edits):
    return lambda copy: [copy.edit_header(*edit) for edit in edits]


def header_and_frozen(*edits):
    """An edit that also "corrects" the frozen copy."""
    def apply(copy):
        for name, old, new in edits:
            copy.edit_header(name, old, new)
            copy.edit(copy.root / 'plugin_api/abi/0.2/include' / name, old, new)
    return apply


def rewritten_release(copy):
    copy.edit_header(*FIELD_INSERTED)
    if copy.update_baseline().returncode == 0:
        raise Failure('update_baseline overwrote a released version without being told to')
    if copy.update_baseline('--unreleased').returncode != 0:
        raise Failure('update_baseline --unreleased does not work')


def new_extension(copy):
    text = '#ifndef CRANK_EXT_NEW_H\n#define CRANK_EXT_NEW_H\n#include "../crank.h"\ntypedef struct crank_new {\n' \
           '  size_t size;\n} crank_new;\n#endif\n'
    (copy.include / 'crank/ext/new.h').write_text(text)


def without_baseline(copy):
    (copy.root / 'plugin_api/abi/0.2/anchor.abi').unlink()


def without_libabigail(copy):
    """A PATH that has the compilers and nothing else."""
    tools = copy.root / 'tools'
    tools.mkdir()
    for name in ('cc', 'c++', 'as', 'ld', 'env', 'gcc', 'g++', 'clang', 'clang++', copy.options.cc, copy.options.cxx):
        found = shutil.which(name)
        if found and not (tools / Path(name).name).exists():
            (tools / Path(name).name).symlink_to(found)
    copy.path = str(tools)


def forgotten_assert(copy):
    copy.edit(copy.root / 'tests/abi/layout_0_2.c', 'FIELD(crank_call, deadline_ms, 96, 8);\n', '')


def released_properly(copy):
    """What a new minor is supposed to look like."""
    copy.edit_header(CRANK, LAST_OF_CALL, APPENDED)
    copy.edit_header(CRANK, MINOR_2, MINOR_3)
    done = copy.update_baseline()
    if done.returncode != 0:
        raise Failure(f'update_baseline refuses a new minor:\n{done.stdout}')
    tests = copy.root / 'tests/abi'
    text = (tests / 'layout_0_2.c').read_text()
    text = text.replace('TABLE(crank_call, 192, 2);', 'TABLE(crank_call, 200, 3);')
    text = text.replace(', 2);\nFIELD', ', 3);\nFIELD')
    text += 'FIELD(crank_call, later, 192, 8);\nCALLBACK(crank_call, later, int32_t, (crank_call *));\n'
    (tests / 'layout_0_3.c').write_text(text)
    with (tests / 'layouts.c').open('a') as layouts:
        layouts.write('#include "layout_0_3.c"\n')


# (what is done, how, the gates that must fail; all others must pass)
BREAKAGES = [
    ('nothing', lambda copy: None, ''),
    ('a tail addition with a new minor, baseline and layout', released_properly, ''),
    ('field inserted in the middle of crank_call', header(FIELD_INSERTED), 'layout abidiff frozen'),
    ('function appended to crank_call, minor not raised', header((CRANK, LAST_OF_CALL, APPENDED)),
     'layout abidiff frozen'),
    ('function appended and minor raised, no new baseline',
     header((CRANK, LAST_OF_CALL, APPENDED), (CRANK, MINOR_2, MINOR_3)), 'layout abidiff frozen'),
    ('stop and destroy of crank_plugin swapped (equal types)',
     header((CRANK, STOP, '@'), (CRANK, DESTROY, STOP), (CRANK, '@', DESTROY)), 'layout abidiff frozen'),
    ('CRANK_BUSY renumbered from 2 to 3', header((CRANK, '#define CRANK_BUSY 2 ', '#define CRANK_BUSY 3 ')),
     'layout frozen'),
    ('a flag of timers renumbered', header((TIMER, 'LEADING 1u', 'LEADING 2u')), 'layout frozen'),
    ('the oldest minor a plugin may claim raised', header((CRANK, 'CRANK_NEEDS_MINOR < 2', 'CRANK_NEEDS_MINOR < 3')),
     'headers layout abidiff frozen'),
    ('id of the timer extension changed', header((TIMER, 'TIMER "crank.timer/1"', 'TIMER "crank.timer/2"')),
     'layout frozen'),
    ('parameter of crank_timers.cancel narrowed',
     header((TIMER, '(*cancel)(const crank_host *host, uint64_t id)', '(*cancel)(const crank_host *host, uint32_t id)')),
     'layout abidiff frozen'),
    ('result of crank_sessions.count made signed', header((SESSION, '  uint64_t (*count)', '  int64_t (*count)')),
     'layout abidiff frozen'),
    ('crank_call.body_size made signed, same size', header((CRANK, '  uint64_t body_size;', '  int64_t body_size;')),
     'abidiff frozen'),
    ('crank_message.reserved renamed', header((SESSION, '  uint32_t reserved;', '  uint32_t flags;')),
     'layout abidiff frozen'),
    ('noexcept dropped from crank_plugin.stop', header((CRANK, STOP, STOP.replace(' CRANK_NOTHROW', ''))),
     'layout frozen'),
    ('padding: crank_message.reserved removed', header((SESSION, '  uint32_t reserved;', '')),
     'headers layout abidiff frozen'),
    ('session.h no longer includes crank.h', header((SESSION, '#include "../crank.h"\n', '')), 'headers frozen'),
    ('parameter named by a C++ keyword', header((CRANK, 'void *buffer, size_t capacity', 'void *new, size_t capacity')),
     'headers layout frozen'),
    ('contract in a comment tightened', header((CRANK, 'Never NULL. [control & started]', '[control & started]')),
     'frozen'),
    ('new extension header, minor not raised', new_extension, 'abidiff frozen'),
    ('field inserted, frozen copy edited along',
     header_and_frozen(FIELD_INSERTED), 'layout abidiff'),
    ('field inserted, release rewritten with --unreleased', rewritten_release, 'layout'),
    ('one assert deleted from layout_0_2.c', forgotten_assert, 'layout'),
    ('baseline deleted', without_baseline, 'abidiff'),
    ('libabigail not installed', without_libabigail, 'abidiff'),
]


def prove(options, name, apply, expected):
    """Returns the row of the table, or raises where other gates failed than should."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(folder, options)
        apply(copy)
        verdicts = {gate: copy.verdict(gate) for gate in GATES}
    failed = {gate for gate, (passed, _) in verdicts.items() if not passed}
    row = f'{name}: ' + (', '.join(gate for gate in GATES if gate in failed) or 'all pass')
    print(row, flush=True)
    for gate in sorted(failed):
        print(f'    {gate}: {verdicts[gate][1]}')
    if failed != set(expected.split()):
        raise Failure(f'{name}: expected to fail: {expected or "none"}; failed: {" ".join(sorted(failed)) or "none"}')


def prove_symbols(options):
    """The gate on exported symbols: a plugin that exports one too many, one with none, one whose entry is code."""
    plugin = (REPOSITORY / 'tests/abi/frozen_0_2_plugin.c').read_text()
    second = '\nCRANK_EXPORT int second_symbol(void);\nint second_symbol(void) { return 2; }\n'
    cases = [('a plugin with one symbol', plugin, True),
             ('a plugin that exports a second symbol', plugin + second, False),
             ('a library without entry', 'int nothing_exported;\n', False),
             ('an entry that is a function', '__attribute__((visibility("default"))) void crank_entry_v0(void);\n'
              'void crank_entry_v0(void) {}\n', False)]
    for name, text, should_pass in cases:
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / 'libplugin.so'
            built = run([*options.cc.split(), '-shared', '-fPIC', '-fvisibility=hidden', '-x', 'c', '-o', library, '-I',
                         REPOSITORY / 'plugin_api/abi/0.2/include', '-'], text)
            if built.returncode != 0:
                raise Failure(f'{name} does not compile:\n{built.stdout}')
            verdict = run([sys.executable, REPOSITORY / 'tests/abi/gate_symbols.py', library])
        print(f'{name}: {"passes" if verdict.returncode == 0 else "symbols"}', flush=True)
        if (verdict.returncode == 0) != should_pass:
            raise Failure(f'{name}: the symbol gate said\n{verdict.stdout}')


def gate(options):
    os.environ['PYTHONDONTWRITEBYTECODE'] = '1'
    for name, apply, expected in BREAKAGES:
        prove(options, name, apply, expected)
    prove_symbols(options)
    return f'{len(BREAKAGES)} states of the headers and 4 plugins were judged as they should be'


if __name__ == '__main__':
    main(gate, arguments(__doc__))

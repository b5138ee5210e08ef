#!/usr/bin/python3
"""Static asserts of every offset, size, signature and constant of every released version, in C99 and in C++20.

Today's headers must satisfy the asserts of every release; a frozen release must satisfy its own. The asserts
are written by hand, so this also looks that none was forgotten.
"""
import re

from abi_gate import EVERYTHING, NEW_MINOR, Failure, Tree, abi_headers, arguments, main, run, tool, version

STRUCT = re.compile(r'^(?:typedef )?struct (crank_\w+) \{\n(.*?)^\}', re.M | re.S)
COMMENT = re.compile(r'/\*.*?\*/', re.S)
CALLBACK = re.compile(r'\(\*(\w+)\)\(')
FIELD = re.compile(r'(\w+)$')
CONSTANT = re.compile(r'^#define (CRANK_\w+) ([("0-9U])', re.M)
# What may change, and what a plugin says.
FREE = {'CRANK_ABI_MINOR', 'CRANK_NEEDS_MINOR', 'CRANK_SEES_MINOR'}


def members(body):
    """Yields (name, is a function pointer) for each member of a struct's body."""
    for declaration in body.split(';'):
        text = declaration.replace('CRANK_NOTHROW', '').strip()
        callback = CALLBACK.search(text)
        field = FIELD.search(text)
        if callback or field:
            yield (callback or field).group(1), callback is not None


def expected(include):
    """The asserts that a layout file for these headers has to contain, as 'MACRO(first, second' prefixes."""
    for header in abi_headers(include):
        text = COMMENT.sub('', (include / header).read_text())
        for name, first in CONSTANT.findall(text):
            if name not in FREE:
                yield f'TEXT({name},' if first == '"' else f'CONSTANT({name},'
        for struct, body in STRUCT.findall(text):
            yield f'SIZE({struct},'  # or TABLE, for one that may grow
            for member, callback in members(body):
                yield f'FIELD({struct}, {member},'
                if callback:
                    yield f'CALLBACK({struct}, {member},'


def check_complete(release, tests):
    path = tests / f'layout_{release.name.replace(".", "_")}.c'
    if not path.is_file():
        raise Failure(f'tests/abi/{path.name} is missing, so nothing holds the layout of {release.name}.\n{NEW_MINOR}')
    text = path.read_text()
    wanted = list(expected(release / 'include'))
    missing = [macro for macro in wanted if macro not in text and macro.replace('SIZE(', 'TABLE(') not in text]
    if missing:
        raise Failure(f'{path.name} says nothing of ' + ' '.join(f'{m} ...)' for m in missing))
    if f'#include "{path.name}"' not in (tests / 'layouts.c').read_text():
        raise Failure(f'layouts.c does not include {path.name}')
    return len(wanted)


def compile_asserts(source, include, command, standard, what):
    flags = [EVERYTHING, '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only', f'-std={standard}']
    result = run([*command, *flags, '-I', include, source])
    if result.returncode != 0:
        raise Failure(f'{what} has another layout than was released ({source.name} as {standard}).\n'
                      f'{result.stdout.rstrip()}\n{NEW_MINOR}')


def gate(options):
    tree = Tree(options.root)
    compilers = [('layouts.c', tool(options.cc), 'c99'), ('layouts.cpp', tool(options.cxx), 'c++20')]
    current = tree.released()
    for source, command, standard in compilers:
        compile_asserts(tree.tests / source, tree.include, command, standard, "today's header")
    count = 0
    for release in tree.every_release():
        if version(release / 'include') != release.name:
            raise Failure(f'plugin_api/abi/{release.name} holds headers of {version(release / "include")}')
        count += check_complete(release, tree.tests)
        layout = tree.tests / f'layout_{release.name.replace(".", "_")}.c'
        for _, command, standard in compilers:
            language = 'c++' if 'c++' in standard else 'c'
            compile_asserts(layout, release / 'include', [*command, '-x', language], standard, f'frozen {release.name}')
    return f'{count} asserts of {len(tree.every_release())} release(s) hold; the header is at {current.name}'


if __name__ == '__main__':
    main(gate, arguments(__doc__))

#!/usr/bin/python3
"""Every public header compiles alone, twice, without a warning, in every language mode it promises.

-Wpadded is the rule "no padding in a public struct"; it holds for the C headers, whose structs cross the boundary.
"""
from abi_gate import EVERYTHING, Failure, Tree, arguments, main, run, tool
from gate_layout import STRUCT

WARNINGS = [EVERYTHING, '-Wall', '-Wextra', '-pedantic', '-Werror', '-fsyntax-only']
C_HEADER_MODES = [('c', 'c99'), ('c++', 'c++11'), ('c++', 'c++17'), ('c++', 'c++20')]
CPP_HEADER_MODES = [('c++', 'c++20')]


def problems(header, tree, compilers):
    is_c = header.suffix == '.h'
    name = header.relative_to(tree.include)
    structs = [struct for struct, _ in STRUCT.findall(header.read_text())] if is_c else []
    for language, standard in C_HEADER_MODES if is_c else CPP_HEADER_MODES:
        flags = WARNINGS + (['-Wpadded'] if is_c else [])
        # Clang lays a struct out, and looks for padding, only when its size is asked for.
        sizes = [f'extern char size_of_{struct}[sizeof({struct})];\n' for struct in structs]
        # An empty translation unit is an ISO C warning of its own, hence the last declaration.
        source = f'#include <{name}>\n#include <{name}>\n{"".join(sizes)}extern int not_empty;\n'
        result = run([*compilers[language], *flags, f'-std={standard}', '-x', language, '-I', tree.include, '-'],
                     source)
        if result.returncode != 0:
            yield f'{name} alone as {standard}:\n{result.stdout.rstrip()}'


def gate(options):
    tree = Tree(options.root)
    compilers = {'c': tool(options.cc), 'c++': tool(options.cxx)}
    headers = sorted(p for p in tree.include.rglob('*') if p.suffix in ('.h', '.hpp'))
    if not headers:
        raise Failure(f'no headers under {tree.include}')
    found = [text for header in headers for text in problems(header, tree, compilers)]
    if found:
        raise Failure('a public header does not stand alone.\n' + '\n'.join(found))
    return f'{len(headers)} headers'


if __name__ == '__main__':
    main(gate, arguments(__doc__))

#!/usr/bin/env python3
"""The gates of the code style: sizes, layers, banned calls, first comments, tests beside files.

Exceptions stand in allow.txt, one a line: GATE PATH[:FUNCTION] reason. An entry that is not needed is itself a fault, so the list only shrinks.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILE_LINES, FUNCTION_LINES, COMPLEXITY, COLUMNS = 800, 80, 20, 100
BANNED = r'\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|rand|srand|system|alloca|strtok|usleep)\s*\('
BRANCH = re.compile(r'\b(if|for|while|case)\b|&&|\|\||\?')
LAYERS = {  # what the files of a folder may include
    'include/limen/': ['limen/'],
    'core/base/': ['limen/', 'core/base/'],
    'core/media/': ['limen/', 'core/base/', 'core/media/', 'core/sdp/'],
    'core/sdp/': ['limen/', 'core/base/', 'core/sdp/'],
    'core/session/': ['limen/', 'core/base/', 'core/media/', 'core/sdp/', 'core/session/', 'core/version.h'],
    'core/host/': ['limen/', 'core/base/', 'core/media/', 'core/sdp/', 'core/session/', 'core/host/'],
    'kit/': ['limen/', 'kit/'],
}
OWNERS = {  # one library, one place
    'nice/': ['core/media/ice_agent.c'], 'stun/': ['core/media/stun.c'], 'intel-ipsec-mb': ['core/media/srtp_seal.c'], 'openssl/': ['core/media/cert.c', 'core/media/dtls', 'core/media/srtp_openssl.c', 'core/session/jwt.c'],
    'srtp2/': ['core/media/srtp.c', 'core/media/srtp_openssl.'], 'libconfig.h': ['core/base/config'], 'libwebsockets.h': ['kit/lws', 'transports/', 'tests/'],
}


def sources():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard', '*.c', '*.h'], cwd=ROOT, capture_output=True, text=True, check=True)
    return [f for f in listed.stdout.split() if os.path.exists(os.path.join(ROOT, f))]


def bare(text):
    """The text without comments, strings and characters, keeping its lines."""
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def functions(code):
    """Name, line and body of each function: a line with a brace at column 0 opens one."""
    lines = code.split('\n')
    start = None
    for i, line in enumerate(lines):
        if line.startswith('{'):
            start = i
        elif line.startswith('}') and start is not None:
            head = ' '.join(lines[max(0, start - 3):start])
            names = re.findall(r'(\w+)\s*\(', head)
            if names:
                yield names[0] if len(names) == 1 else re.findall(r'(\w+)\s*\((?:[^()]|\([^()]*\))*\)\s*$', head.strip())[-1:] or names[-1], start + 1, lines[start + 1:i]
            start = None


def allowed_includes(path):
    for folder in sorted(LAYERS, key=len, reverse=True):
        if path.startswith(folder):
            return LAYERS[folder]
    m = re.match(r'((?:plugins|transports|events)/[^/]+/)', path)
    return ['limen/', 'kit/', m.group(1)] if m else None


def check_includes(path, text):
    allowed = allowed_includes(path)
    for inc in re.findall(r'#include [<"]([^>"]+)[>"]', text):
        own = inc.startswith(('limen/', 'core/', 'kit/', 'plugins/', 'transports/', 'events/', 'tests/'))
        if own and allowed is not None and not any(inc.startswith(a) for a in allowed):
            yield 'layer', path, f'includes {inc}'
        for library, owners in OWNERS.items():
            if inc.startswith(library) and not any(path.startswith(o) for o in owners) and not path.startswith('tests/'):
                yield 'library', path, f'includes {inc}, which belongs to {", ".join(owners)}'


def check_file(path):
    text = open(os.path.join(ROOT, path), encoding='utf-8').read()
    code = bare(text)
    if text.count('\n') > FILE_LINES:
        yield 'file-size', path, f'{text.count(chr(10))} lines, at most {FILE_LINES}'
    if not text.lstrip().startswith('/*'):
        yield 'first-comment', path, 'does not open with what it does'
    for n, line in enumerate(text.split('\n'), 1):
        if len(line.expandtabs(8)) > COLUMNS:
            yield 'columns', path, f'line {n} has {len(line.expandtabs(8))} columns'
    for n, line in enumerate(code.split('\n'), 1):
        if re.search(BANNED, line):
            yield 'banned', path, f'line {n}: {re.search(BANNED, line).group(1)}()'
    if re.search(r'\b(TO[D]O|FIX[M]E|XX[X])\b', text):
        yield 'unfinished', path, 'has an unfinished mark'
    yield from check_includes(path, text)
    for name, line, body in functions(code):
        name = name if isinstance(name, str) else name[0]
        branches = 1 + sum(len(BRANCH.findall(b)) for b in body)
        if len(body) > FUNCTION_LINES:
            yield 'function-size', f'{path}:{name}', f'{len(body)} lines, at most {FUNCTION_LINES}'
        if branches > COMPLEXITY:
            yield 'complexity', f'{path}:{name}', f'{branches}, at most {COMPLEXITY}'


def check_tests(files):
    have = {os.path.basename(f) for f in files if f.startswith('tests/')}
    for f in files:
        if re.match(r'core/(base|media|sdp)/\w+\.c$', f) and f'test_{os.path.basename(f)}' not in have:
            yield 'test', f, 'has no test of its name'


def check_videoroom():
    """docs/videoroom.md names every request and option of the plugin, and tests that exist."""
    doc, plugin = 'docs/videoroom.md', 'plugins/videoroom/videoroom.c'
    text = open(os.path.join(ROOT, doc), encoding='utf-8').read()
    for file, name in re.findall(r'`([a-z0-9-]+): ([a-z0-9-]+)`', text):
        path = f'tests/plugins/test_videoroom_{file.replace("-", "_")}.c'
        have = open(os.path.join(ROOT, path), encoding='utf-8').read() if os.path.exists(os.path.join(ROOT, path)) else ''
        if f'"/videoroom/{file}/{name}"' not in have:
            yield 'documented', doc, f'names the test {file}: {name}, which is not in {path}'
    tables = open(os.path.join(ROOT, plugin), encoding='utf-8').read()
    options = re.findall(r'\{ "(?:general|room-\*)", "(\w+)"', tables)
    requests = re.findall(r'\{ "(\w+)", [A-Z0-9 |]+,', tables.split('limen_request_row requests[]', 1)[1])
    if len(options) < 30 or len(requests) < 20:
        yield 'documented', plugin, 'has its tables in a form that the gate does not read'
    for name in options + requests:
        if f'`{name}`' not in text:
            yield 'documented', doc, f'does not tell of {name}'


def read_allowances():
    path = os.path.join(ROOT, 'tests/style/allow.txt')
    entries = {}
    for line in open(path, encoding='utf-8'):
        if line.strip() and not line.startswith('#'):
            gate, where, reason = line.strip().split(' ', 2)
            entries[(gate, where)] = reason
    return entries


def main():
    files = sources()
    faults = [f for path in files for f in check_file(path)] + list(check_tests(files)) + list(check_videoroom())
    allowed = read_allowances()
    used = {(g, w) for g, w, _ in faults} & set(allowed)
    shown = [f for f in faults if (f[0], f[1]) not in allowed]
    shown += [('allow', w, f'{g} is not needed any more') for g, w in sorted(set(allowed) - used)]
    tap = '--tap' in sys.argv
    for gate, where, what in shown:
        print(f'{"not ok - " if tap else ""}{gate} {where}: {what}')
    if tap and not shown:
        print(f'ok - style of {len(files)} files')
    return 1 if shown else 0


sys.exit(main())

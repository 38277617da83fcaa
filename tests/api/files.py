"""Static files of the folder html/, and nothing else."""
import os

from tests.api.rest import Rest
from tests.api.runner import ROOT

OUTSIDE = [
    '/../README.md', '/%2e%2e/README.md', '/..%2fREADME.md', '/%2e%2e%2fREADME.md', '/echotest/../../README.md',
    '/echotest/%2e%2e/%2e%2e/README.md', '/..%5cREADME.md', '/....//README.md', '/..;/README.md', '/%00', '/index.html%00.js',
    '/%252e%252e/README.md', '//etc/passwd', '/etc/passwd', '/.git/config', '/./.git', '/%c0%ae%c0%ae/README.md', '/nothing',
    '/index.html/', '/index.html/x', '/janusx', '/x' * 1000]


def body_of(name):
    with open(os.path.join(ROOT, 'html', name), 'rb') as f:
        return f.read()


def test_files(gateway):
    rest = Rest(gateway.http_port)
    for path, name, kind in (('/', 'index.html', 'text/html'), ('/index.html', 'index.html', 'text/html'),
                             ('/limen.js', 'limen.js', 'text/javascript'), ('/style.css', 'style.css', 'text/css'),
                             ('/echotest/', 'echotest/index.html', 'text/html'), ('/limen.js?v=1', 'limen.js', 'text/javascript')):
        answer = rest.get(path)
        assert answer.status == 200 and answer.body == body_of(name), (path, answer)
        assert answer.headers['content-type'].startswith(kind), (path, answer.headers)
        assert int(answer.headers['content-length']) == len(answer.body)


def test_folders_and_caching(gateway):
    rest = Rest(gateway.http_port)
    answer = rest.get('/echotest')
    assert answer.status == 302 and answer.headers['location'].endswith('/echotest/'), answer
    first = rest.get('/limen.js')
    again = rest.get('/limen.js', headers={'If-None-Match': first.headers['etag']})
    assert again.status == 304 and again.body == b'', again
    head = rest.ask('HEAD', '/limen.js')
    assert head.status == 200 and head.body == b'' and head.headers['content-length'] == first.headers['content-length']


def test_nothing_outside_of_the_folder(gateway):
    rest = Rest(gateway.http_port)
    secrets = [body_of('../README.md'), body_of('/etc/passwd')]
    shown = body_of('index.html')
    for path in OUTSIDE:
        try:
            answer = rest.get(path)
        except OSError:
            continue  # refused without an answer
        assert answer.status in (302, 400, 403, 404) or '%00' in path and answer.body == shown, (path, answer)
        assert answer.body not in secrets, path
        assert answer.status != 302 or answer.headers['location'].startswith('/'), answer
        assert not answer.headers.get('location', '').startswith('//'), answer
    assert rest.get('/').status == 200


def test_files_are_only_read(gateway):
    rest = Rest(gateway.http_port)
    for method in ('POST', 'PUT', 'DELETE', 'OPTIONS'):
        assert rest.ask(method, '/index.html', b'x').status == 405, method

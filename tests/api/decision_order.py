"""Which error wins: a request that breaks several rules gets the error of the first (spec api-core §1.1)."""
import json

from tests.api.common import UNAUTHORIZED, expect_error
from tests.api.ws import Client

SECRET = 's3cret'
BOTH, NO_TRANSACTION, NO_SESSION = ('session_id', 'transaction'), ('session_id',), ('transaction',)
OPEN = {'apisecret': SECRET}


def config(folder):
    return {'limen': {'general': {'api_secret': SECRET}}}


def text_of(member, kind):
    return f'Invalid element type ({member} should be {kind})'


def path_of(verb):
    return f"Unhandled request '{verb}' at this path"


def rows(s, h):
    """Request, code, text, ids of the reply; each breaks its own rule and as many later ones as it can."""
    lost = f'No such handle 5 in session {s}'
    return [
        # 2: the envelope, before everything
        ('[]', 456, 'Missing mandatory element (transaction)', ()),
        ('[{"janus":"ping","transaction":"t"}]', 456, 'Missing mandatory element (transaction)', ()),
        ({}, 456, 'Missing mandatory element (transaction)', ()),
        ({'session_id': 7, 'handle_id': 0}, 456, 'Missing mandatory element (transaction)', NO_TRANSACTION),
        ({'session_id': -7}, 456, 'Missing mandatory element (transaction)', ()),
        ({'session_id': '7'}, 456, 'Missing mandatory element (transaction)', ()),
        ({'transaction': 1, 'session_id': 7}, 467, text_of('transaction', 'a string'), NO_TRANSACTION),
        ({'transaction': None, 'janus': 1}, 467, text_of('transaction', 'a string'), ()),
        ({'transaction': 't', 'id': -1, 'session_id': 7}, 456, 'Missing mandatory element (janus)', NO_TRANSACTION),
        ({'transaction': 't', 'janus': 5, 'id': -1}, 467, text_of('janus', 'a string'), ()),
        ({'transaction': 't', 'janus': None}, 467, text_of('janus', 'a string'), ()),
        ({'transaction': 't', 'janus': 'bogus', 'id': -1}, 467, text_of('id', 'a positive integer'), ()),
        ({'transaction': 't', 'janus': 'ping', 'id': None}, 467, text_of('id', 'a positive integer'), ()),
        ({'transaction': 't', 'janus': 'ping', 'id': '1'}, 467, text_of('id', 'a positive integer'), ()),
        ({'transaction': 't', 'janus': 'ping', 'id': 1.5, 'session_id': s}, 467,
         text_of('id', 'a positive integer'), NO_TRANSACTION),
        # 3: neither session nor handle, before the secret
        *[({'transaction': 't', 'janus': verb}, 457, path_of(verb), NO_SESSION) for verb in (
            'attach', 'destroy', 'claim', 'keepalive', 'detach', 'hangup', 'message', 'trickle', 'bogus', '', 'AttacH')],
        ({'transaction': 't', 'janus': 'keepalive', 'session_id': str(s)}, 457, path_of('keepalive'), NO_SESSION),
        ({'transaction': 't', 'janus': 'keepalive', 'session_id': None, 'handle_id': None}, 457,
         path_of('keepalive'), NO_SESSION),
        # 3: create asks for the secret itself, and looks at the id after it
        ({'transaction': 't', 'janus': 'create'}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'apisecret': 'S3cret'}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'apisecret': SECRET + 'x'}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'apisecret': ''}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'apisecret': 5}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'id': s}, 403, UNAUTHORIZED, NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'id': s, **OPEN}, 468, 'Session ID already in use', BOTH),
        # 4: a handle that cannot be, before the secret
        ({'transaction': 't', 'janus': 'bogus', 'handle_id': h}, 458, 'Session not found', NO_SESSION),
        ({'transaction': 't', 'janus': 'create', 'handle_id': h}, 458, 'Session not found', NO_SESSION),
        ({'transaction': 't', 'janus': 'bogus', 'handle_id': 'x'}, 458, 'Session not found', NO_SESSION),
        ({'transaction': 't', 'janus': 'bogus', 'session_id': 99, 'handle_id': 0}, 459, 'Handle not found', BOTH),
        ({'transaction': 't', 'janus': 'bogus', 'session_id': s, 'handle_id': str(h)}, 459, 'Handle not found', BOTH),
        ({'transaction': 't', 'janus': 'bogus', 'session_id': s, 'handle_id': {}}, 459, 'Handle not found', BOTH),
        # 5: the secret, before anything is looked up
        ({'transaction': 't', 'janus': 'bogus', 'session_id': 99, 'handle_id': 5}, 403, UNAUTHORIZED, BOTH),
        ({'transaction': 't', 'janus': 'bogus', 'session_id': s, 'handle_id': None}, 403, UNAUTHORIZED, BOTH),
        ({'transaction': 't', 'janus': 'info', 'session_id': s}, 403, UNAUTHORIZED, BOTH),
        # 6: the session
        ({'transaction': 't', 'janus': 'bogus', 'session_id': 99, 'handle_id': 5, **OPEN}, 458,
         'No such session 99', BOTH),
        ({'transaction': 't', 'janus': 'keepalive', 'session_id': 2 ** 53, **OPEN}, 458,
         f'No such session {2 ** 53}', BOTH),
        # 7: the handle
        ({'transaction': 't', 'janus': 'bogus', 'session_id': s, 'handle_id': 5, **OPEN}, 459, lost, BOTH),
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, 'handle_id': 5, **OPEN}, 459, lost, BOTH),
        # 8: the verb's level, before its members
        *[({'transaction': 't', 'janus': verb, 'session_id': s, 'handle_id': h, **OPEN}, 457, path_of(verb), BOTH)
          for verb in ('attach', 'destroy', 'info', 'ping', 'create')],
        *[({'transaction': 't', 'janus': verb, 'session_id': s, **OPEN}, 457, path_of(verb), BOTH)
          for verb in ('detach', 'hangup', 'message', 'trickle', 'info', 'ping', 'create')],
        ({'transaction': 't', 'janus': 'bogus', 'session_id': s, **OPEN}, 453, "Unknown request 'bogus'", BOTH),
        ({'transaction': 't', 'janus': 'Bogus', 'session_id': s, 'handle_id': h, **OPEN}, 453,
         "Unknown request 'Bogus'", BOTH),
        # then what the verb itself asks for
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, **OPEN}, 456, 'Missing mandatory element (plugin)', BOTH),
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, 'plugin': 5, **OPEN}, 467,
         text_of('plugin', 'a string'), BOTH),
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, 'plugin': 'foo', 'opaque_id': 5, **OPEN}, 467,
         text_of('opaque_id', 'a string'), BOTH),
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, 'plugin': 'foo', 'loop_index': -1, **OPEN}, 467,
         text_of('loop_index', 'a positive integer'), BOTH),
        ({'transaction': 't', 'janus': 'attach', 'session_id': s, 'plugin': 'foo', **OPEN}, 460,
         "No such plugin 'foo'", BOTH),
    ]


def test_which_error_wins(gateway):
    c = Client(gateway.ws_port)
    s = c.create(**OPEN)
    h = c.attach(s, **OPEN)
    table = rows(s, h)
    for request, code, text, ids in table:
        answer = c.raw(request if isinstance(request, str) else json.dumps(request))
        try:
            expect_error(answer, code, text, ids)
        except AssertionError as e:
            raise AssertionError(f'{request}: {answer}') from e
        assert answer.get('transaction', 't') == 't', answer
    assert c.events == []
    return f'{len(table)} rows'


def test_info_and_ping_need_no_secret(gateway):
    c = Client(gateway.ws_port)
    assert c.call(janus='ping')['janus'] == 'pong'
    assert c.call(janus='info')['janus'] == 'server_info'
    assert c.call(janus='info', apisecret='wrong')['api_secret'] is True


def test_secret_opens(gateway):
    c = Client(gateway.ws_port)
    s = c.create(**OPEN)
    assert c.call(janus='keepalive', session_id=s, **OPEN)['janus'] == 'ack'
    expect_error(c.call(janus='destroy', session_id=s), 403, UNAUTHORIZED)
    assert c.call(janus='destroy', session_id=s, **OPEN)['janus'] == 'success'

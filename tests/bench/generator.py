"""One run of a load generator against a server."""
import json
import os
import subprocess


def figures(build, program, server, arguments, limit_s):
    """What it measured, or None when it failed; its words are shown either way."""
    path = os.path.join(build, f'{program}.json')
    command = [os.path.join(build, 'tests/bench', program), '--url', server.url, '--pid', str(server.process.pid), '--json', path, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        print('    took too long', flush=True)
        return None
    print(f'    {(done.stdout + done.stderr).strip()}', flush=True)
    if done.returncode:
        return None
    with open(path, encoding='utf-8') as f:
        return json.load(f)

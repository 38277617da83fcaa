"""The sample files in conf/ are what the gateway prints from its tables (`./dev conf` writes them)."""
import os
import subprocess

from tests.api.runner import ROOT

CONF = os.path.join(ROOT, 'conf')


def test_samples_are_up_to_date(gateway):
    program, modules = gateway.process.args[0], gateway.process.args[gateway.process.args.index('-M') + 1]
    files = sorted(os.listdir(CONF))
    assert len(files) >= 5, files
    for file in files:
        name = file.removesuffix('.jcfg').split('.')[-1]
        done = subprocess.run([program, '-M', modules, '--print-conf', name], capture_output=True, text=True, check=True)
        with open(os.path.join(CONF, file), encoding='utf-8') as f:
            assert f.read() == done.stdout, f'{file} is out of date: ./dev conf'

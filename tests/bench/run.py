#!/usr/bin/env python3
"""Benchmarks: run.py bench|profile BUILD [ARGUMENTS]. See `./dev bench --help` and `./dev profile --help`."""
import argparse
import os
import sys

import generator
import profiler
import report
import rooms
import servers
from cases import CASES, GROUPS, HEAVIEST, chosen

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, 'docs/performance.md')
PLOT = os.path.join(ROOT, 'docs/performance.png')
SETUP_SECONDS = 300


def generate(build, server, case, options):
    arguments = ['--seconds', str(options.seconds), '--warmup', str(options.warmup), *CASES[case].arguments]
    return generator.figures(build, 'limen-bench', server, arguments, SETUP_SECONDS + options.seconds)


def measure(build, names, options):
    """Figures by case and server; servers take turns within each round."""
    results = {case: {s: [] for s in CASES[case].servers} for case in names}
    start = servers.starters(build)
    for case in names:
        for number in range(1, options.rounds + 1):
            for name in CASES[case].servers:
                print(f'{case}, round {number}, {name}', flush=True)
                with start[name]() as server:
                    figures = generate(build, server, case, options)
                if figures:
                    results[case][name].append(figures)
    return results


def bench(build, arguments):
    parser = argparse.ArgumentParser(prog='./dev bench', description=f'Cases: {" ".join([*CASES, *GROUPS])}')
    parser.add_argument('case', nargs='*', help='none: all, and docs/performance.md is written')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--seconds', type=int, default=10, help='that are measured in each run')
    parser.add_argument('--warmup', type=int, default=3, help='seconds of media before that')
    parser.add_argument('--docs', action='store_true', help='write docs/performance.md and the plot for chosen cases, too')
    parser.add_argument('--rooms', action='store_true', help=f'what rooms and joining cost instead; cases: {" ".join(rooms.CASES)}')
    options = parser.parse_args(arguments)
    if options.rooms:
        text = rooms.run(build, options.case, options.rounds, arguments)
        print(f'\n{text}')
        if options.docs or not options.case:
            report.write_section(PAGE, 'rooms', text)
        return
    load = os.getloadavg()[0]
    results = measure(build, chosen(options.case), options)
    text = report.markdown(results, arguments, load)
    print(f'\n{text}')
    if options.docs or not options.case:
        report.write_section(PAGE, 'bench', text)
        report.plot(results, PLOT)


def profile(build, arguments):
    parser = argparse.ArgumentParser(prog='./dev profile', description='The functions of limen in which a packet spends its time.')
    parser.add_argument('case', nargs='?', default=HEAVIEST, choices=CASES)
    parser.add_argument('--seconds', type=int, default=10)
    parser.add_argument('--top', type=int, default=30, help='functions shown')
    parser.add_argument('--docs', action='store_true', help='write them to docs/performance.md, too')
    options = parser.parse_args(arguments)
    text = profiler.run(build, options)
    print(text)
    if options.docs:
        report.write_section(PAGE, 'profile', text)


def main():
    verbs = {'bench': bench, 'profile': profile}
    verbs[sys.argv[1]](os.path.abspath(sys.argv[2]), sys.argv[3:])


main()

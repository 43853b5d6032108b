#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the numbered examples cost to compile: user and system seconds of the compiler, the best of some rounds.

    benchmarks/compile_time.py [--against REVISION] [--compiler g++] [--rounds 3] [--flags "-O3 -march=native"] [12 15 ...]

Variants take turns within a round, so that ratios hold on a busy machine: the revision (a git name, of which the headers
and the examples are taken), these headers, these headers with vantage::precompiled declared, these headers alone. The
library itself is timed once a round too. Needs Eigen, and MuJoCo below build/ for the examples that use it.
"""
import argparse
import math
import os
import pathlib
import resource
import shlex
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", nargs="*", default=["01", "02", "12", "15"], help="their numbers")
    parser.add_argument("--against", metavar="REVISION", help="also compile the headers and examples of a git revision")
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-O3 -march=native")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--eigen", default="/usr/include/eigen3", help="folder of Eigen's headers")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        trees = {"now": TOP}
        if options.against:
            archive = subprocess.run(["git", "archive", options.against, "include", "examples"], cwd=TOP, check=True,
                                     capture_output=True).stdout
            trees["before"] = scratch / "before"
            trees["before"].mkdir()
            subprocess.run(["tar", "-x", "-C", trees["before"]], input=archive, check=True)

        base = [*shlex.split(options.compiler), "-std=c++20", *shlex.split(options.flags), "-isystem", options.eigen]
        for mujoco in sorted(TOP.glob("build/mujoco-*/mujoco/include"))[:1]:
            base += ["-isystem", str(mujoco)]

        def compile_one(tree, source, *more):
            return seconds([*base, f"-I{tree / 'include'}", *more, "-c", str(source), "-o", str(scratch / "out.o")])

        jobs = {}
        for number in options.examples:
            found = [sorted((tree / "examples").glob(f"{number}_*.cpp")) for tree in trees.values()]
            if not all(found):
                sys.exit(f"compile_time: expected the number of an example, got {number}")
            source = found[0][0]
            if options.against:
                jobs[source.stem, "before"] = lambda source=found[1][0]: compile_one(trees["before"], source)
            jobs[source.stem, "now"] = lambda source=source: compile_one(TOP, source)
            jobs[source.stem, "precompiled"] = lambda source=source: compile_one(TOP, source, "-DVANTAGE_PRECOMPILED")
        headers = scratch / "headers.cpp"
        headers.write_text('#include "vantage/vantage.hpp"\n')
        library = scratch / "library.cpp"
        library.write_text((TOP / "include/vantage/precompiled.hpp").read_text().replace("extern template", "template"))
        if options.against:
            jobs["vantage.hpp alone", "before"] = lambda: compile_one(trees["before"], headers, "-fsyntax-only")
        jobs["vantage.hpp alone", "now"] = lambda: compile_one(TOP, headers, "-fsyntax-only")
        jobs["the library itself", "now"] = lambda: compile_one(TOP, library)

        best = dict.fromkeys(jobs, math.inf)
        for _ in range(options.rounds):
            for job, run in jobs.items():
                best[job] = min(best[job], run())
                print(f"{' '.join(job)}: {best[job]:.1f} s", file=sys.stderr)

    columns = [*(["before"] if options.against else []), "now", "precompiled"]
    reference = columns[0]
    print(f"{options.compiler} {options.flags}: user and system seconds, best of {options.rounds}; share of {reference}\n")
    print("| what | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name in dict.fromkeys(name for name, _ in jobs):
        cells = []
        for column in columns:
            time = best.get((name, column))
            share = time and best.get((name, reference)) and f" ({time / best[name, reference]:.2f})"
            cells.append(f"{time:.1f}{share if share and column != reference else ''}" if time else "")
        print(f"| {name} | " + " | ".join(cells) + " |")


main()

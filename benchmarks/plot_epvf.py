#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pictures of the runs of epvf_study.py.

    benchmarks/plot_epvf.py runs/epvf [--output docs/results] [--part pole ...] [--seeds 5] [--populations 256 ...]

epvf_pole.png    the policy's own return over the episodes that were played
epvf_robots.png  a task a column: the policy's own return over environment steps, and over wall time
epvf_ant.png     the mean return of the population over iterations: its sizes, and the exchanged parts

A line is the mean over the seeds that are there and ends where the first of them ends; a band is their lowest to highest.
Unfinished runs are left out, and parts without finished ones. Needs gnuplot.
"""
import argparse
import functools
import math
import pathlib
import sys

import epvf_study
import picture


@functools.cache
def say_once(message):
    print(message, file=sys.stderr)


def over_seeds(args, folder_of, read, name):
    """Mean, lowest and highest of the curves `read(folder)` of the finished runs."""
    folders = [folder for folder in map(folder_of, range(1, args.seeds + 1)) if (folder / "summary.json").exists()]
    runs = [[point for point in read(folder) if not math.isnan(point[1])] for folder in folders]
    runs = [run for run in runs if run]
    if 0 < len(runs) < args.seeds:
        say_once(f"{name}: {len(runs)} of {args.seeds} seeds")
    return picture.over_seeds(runs)


def pole(args):
    curves = []
    for color, name in zip(picture.COLORS, epvf_study.POLE):
        def read(folder):
            return [(row["iteration"] * epvf_study.POPULATION[name], row["mean_return"])
                    for row in epvf_study.rows(folder / "evaluation.csv")]

        points = over_seeds(args, lambda seed: epvf_study.pole_folder(args.runs, name, seed), read, name)
        curves.append(picture.Curve(points, name, color))
    settings = ("set title 'CartPole-v1'\nset xlabel 'episodes played'\nset ylabel 'return of the policy itself'\n"
                "set logscale x\nset key bottom right\nset yrange [0:520]")
    return [picture.Panel(curves, settings)], {}


def robots(args):
    panels = []
    for column, scale, label in (("env_steps", 1e-6, "environment steps (millions)"), ("wall_seconds", 1, "wall time (s)")):
        for task in epvf_study.ROBOTS:
            curves = []
            for name in epvf_study.methods_for(task):
                color = picture.COLORS[list(epvf_study.METHODS).index(name)]

                def read(folder):
                    return [(row[column] * scale, row["mean_return"]) for row in epvf_study.evaluations(folder)]

                points = over_seeds(args, lambda seed: epvf_study.robots_folder(args.runs, task, name, seed), read,
                                    f"{task}, {name}")
                curves.append(picture.Curve(points, name, color))
            key = "set key top left" if task == epvf_study.ROBOTS[-1] else "unset key"
            panels.append(picture.Panel(curves, f"set title '{task}'\nset xlabel '{label}'\nset xrange [0:]\nset xtics font ',8'\n"
                                                f"set ylabel 'return of the policy itself'\n{key}"))
    return panels, {"columns": len(epvf_study.ROBOTS), "width": 1260, "height": 760}


def ant(args):
    def read(folder):
        return [(row["iteration"], row["mean_return"]) for row in epvf_study.rows(folder / "progress.csv")]

    def curve(name, title, color, dash=1):
        points = over_seeds(args, lambda seed: epvf_study.ant_folder(args.runs, name, seed), read, f"ant, {name}")
        return picture.Curve([point[:2] for point in points], title, color, dash)

    sizes, parts = [], []
    for color, size in zip(picture.COLORS, args.populations):
        sizes.append(curve(epvf_study.size_name(size), f"{size:,}", color))
        sizes.append(curve(epvf_study.size_name(size, clip=False), "", color, dash=2))
    parts.append(curve(epvf_study.size_name(args.part_population), "the preset", 8))
    for i, part in enumerate(epvf_study.ANT_PARTS):
        cycle, color = divmod(i, len(picture.COLORS) - 1)
        parts.append(curve(epvf_study.part_name(args.part_population, part), part, picture.COLORS[color], 1 + cycle))
    shared = "set xlabel 'iterations'\nset xrange [0:]\nset ylabel 'mean return of the population'\n"
    return [picture.Panel(sizes, f"{shared}set title 'TargetSpeedAnt-v0, by population (dashed: no clip)'\nset key top left"),
            picture.Panel(parts, f"{shared}set title 'One part exchanged, population {args.part_population:,}'\n"
                                 "set key below horizontal samplen 2 width -3")], {"columns": 2, "width": 1140}


def main():
    parts = {"pole": pole, "robots": robots, "ant": ant}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=pathlib.Path, help="folder of the runs")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/results"), help="folder of the pictures")
    parser.add_argument("--part", nargs="+", choices=list(parts), default=list(parts))
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1 to this")
    parser.add_argument("--populations", nargs="+", type=int, default=[256, 512, 1024, 2048, 4096], help="of `ant`")
    parser.add_argument("--part-population", type=int, default=256, help="of the runs of `ant` with one part exchanged")
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    for part in args.part:
        panels, layout = parts[part](args)
        if any(curve.points for panel in panels for curve in panel.curves):
            picture.draw(args.output / f"epvf_{part}.png", panels, **layout)
        else:
            print(f"{part}: no finished runs in {args.runs}", file=sys.stderr)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""Curves as pictures, by gnuplot."""
import bisect
import dataclasses
import statistics
import subprocess
import sys

COLORS = (1, 2, 3, 4, 6, 7, 8)  # of gnuplot's line types; the fifth is a yellow that is hard to see


@dataclasses.dataclass
class Curve:
    """Points (x, y) or, for a band around the line, (x, y, lowest, highest); without a title it is not in the key."""
    points: list
    title: str = ""
    color: int = 1
    dash: int = 1
    width: int = 2


@dataclasses.dataclass
class Panel:
    curves: list
    settings: str = ""


def value_at(points, x):
    """The value at x, linear between the points, which are in order.

    >>> value_at([(1, 1), (3, 3)], 1.5)
    1.5
    >>> value_at([(0, 1), (2, 3)], 2)
    3
    """
    i = bisect.bisect_left(points, x, key=lambda point: point[0])
    right, value = points[i]
    if right == x:
        return value
    left, before = points[i - 1]
    return before + (value - before) * (x - left) / (right - left)


def over_seeds(runs):
    """(x, mean, lowest, highest) at each x of any run, from where all of them have begun to where the first one ends.

    >>> over_seeds([[(0, 1), (2, 3)], [(-1, 0), (0, 3), (1, 5), (3, 5)]])
    [(0, 2.0, 1, 3), (1, 3.5, 2.0, 5), (2, 4.0, 3, 5.0)]
    >>> over_seeds([[(0, 1)], [(1, 1)]])
    []
    >>> over_seeds([])
    []
    """
    if not runs:
        return []
    begin, end = max(run[0][0] for run in runs), min(run[-1][0] for run in runs)
    result = []
    for x in sorted({x for run in runs for x, _ in run if begin <= x <= end}):
        values = [value_at(run, x) for run in runs]
        result.append((x, statistics.fmean(values), min(values), max(values)))
    return result


def draw(picture, panels, columns=1, width=900, height=560):
    """Writes a PNG of the panels, row by row; where gnuplot is not there, says so."""
    blocks, plots = [], []
    for panel in panels:
        bands, lines = [], []
        for curve in filter(lambda curve: curve.points, panel.curves):
            block = f"$d{len(blocks)}"
            blocks.append(f"{block} << E\n" + "\n".join(" ".join(map(str, point)) for point in curve.points) + "\nE\n")
            # a line of one point would not be seen
            style = f"lines lw {curve.width} dt {curve.dash}" if len(curve.points) > 1 else "points pt 7"
            lines.append(f"{block} using 1:2 with {style} lc {curve.color} title '{curve.title}'")
            if len(curve.points[0]) == 4:
                bands.append(f"{block} using 1:3:4 with filledcurves fs transparent solid 0.2 noborder lc {curve.color} notitle")
        plots.append(f"{panel.settings}\nplot " + ", ".join(bands + lines or ["[0:1] [0:1] 2 notitle"]) + "\n")
    script = (f"set terminal pngcairo size {width},{height}\nset output '{picture}'\nset grid\n" + "".join(blocks)
              + f"set multiplot layout {-(-len(panels) // columns)},{columns}\n" + "".join(plots))
    try:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
        print(f"picture: {picture}")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no picture: gnuplot: {error}", file=sys.stderr)

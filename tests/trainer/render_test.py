#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""End-to-end tests of vantage-render: render_test.py <test> <vantage-train> <vantage-eval> <vantage-render>."""
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

TRAIN, EVAL, RENDER = (os.path.abspath(path) for path in sys.argv[2:5])
NO_GL = "no way to draw without a screen"


def policy(root, task):
    """A policy that has hardly learned."""
    folder = root / task
    subprocess.run([TRAIN, "--task", task, "--output", str(folder), "--environments", "6", "--batch", "192", "--steps",
                    "384", "--value-steps", "2", "--hidden", "16", "--log-std", "0.5", "--quiet"], check=True)
    return folder / "policy.safetensors"


def render(*options, code=0, **arguments):
    """What the program says; of an option that is given twice the last counts."""
    words = list(map(str, options))
    for i in range(len(words) - 1, 0, -1):
        if words[i] in ("--width", "--height", "--seed", "--steps") and words[i] in words[i + 1:]:
            del words[i:i + 2]
    result = subprocess.run([RENDER, *words], capture_output=True, text=True, **arguments)
    output = result.stdout + result.stderr
    if code == 0 and NO_GL in output:
        print("skipped:", output)
        sys.exit(0)
    assert result.returncode == code, (options, result.returncode, output)
    return output


def read_png(path):
    """Width, height and rows of a file of 8-bit RGB, by the book."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    at, packed, size = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + body), path
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
            assert body[8:] == b"\x08\x02\x00\x00\x00", path
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    raw, (width, height), rows = zlib.decompress(packed), size, []
    above = bytes(3 * width)
    for y in range(height):
        kind, line = raw[y * (3 * width + 1)], bytearray(raw[y * (3 * width + 1) + 1:(y + 1) * (3 * width + 1)])
        for x in range(3 * width):
            a, b, c = (line[x - 3] if x >= 3 else 0), above[x], (above[x - 3] if x >= 3 else 0)
            nearest = min((a, b, c), key=lambda value: abs(a + b - c - value))
            line[x] = (line[x] + (0, a, b, (a + b) // 2, nearest)[kind]) % 256
        rows.append(bytes(line))
        above = rows[-1]
    return width, height, rows


def probe(path):
    result = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)],
                            capture_output=True, text=True, check=True)
    assert not result.stderr, result.stderr
    stream, = json.loads(result.stdout)["streams"]
    return stream


def decode(path):
    """The pictures of a video as bytes of RGB, one after another."""
    return subprocess.run(["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                          capture_output=True, check=True).stdout


def test_video(root):
    if not (shutil.which("ffmpeg") and shutil.which("ffprobe")):
        print("skipped: no ffmpeg")
        return
    file = policy(root, "HalfCheetah-v5")
    shown = [file, "--episodes", 2, "--steps", 12, "--width", 160, "--height", 120]
    render(*shown, "--output", root / "pictures")
    pictures = sorted((root / "pictures").iterdir())
    assert len(pictures) == 24
    for name, codecs in (("run.mp4", {"h264", "mpeg4"}), ("run.gif", {"gif"})):
        (root / name).write_bytes(b"an older one")
        output = render(*shown, "--output", root / name)
        assert f"{name}: 24 pictures, 20 a second" in output, output
        stream = probe(root / name)
        assert stream["codec_name"] in codecs and (stream["width"], stream["height"]) == (160, 120), stream
        assert stream["nb_read_frames"] == "24" and stream["r_frame_rate"] == "20/1", stream
        assert abs(float(stream["duration"]) - 1.2) < 0.01, stream
        # the same pictures, but for what the encoding loses
        raw = decode(root / name)
        assert len(raw) == 24 * 160 * 120 * 3
        for i in (0, 5, 23):
            _, _, rows = read_png(pictures[i])
            frame = raw[i * 57600:(i + 1) * 57600]
            error = sum(abs(a - b) for a, b in zip(frame, b"".join(rows))) / 57600
            assert error < 8, (name, i, error)

    # a step of 8 ms: every third makes at most 60 a second; every fifth at most 30 in a .gif
    hopper = policy(root, "Hopper-v5")
    shown = [hopper, "--steps", 10, "--width", 64, "--height", 64]
    assert "4 pictures, 41.6667 a second" in render(*shown, "--output", root / "hopper.mp4")
    assert probe(root / "hopper.mp4")["nb_read_frames"] == "4"
    assert "2 pictures, 25 a second" in render(*shown, "--output", root / "hopper.gif")
    # 72 ms at 500 a second, each state four times
    assert "37 pictures, 500 a second" in render(*shown, "--fps", 500, "--output", root / "slow.mp4")
    assert {path.name for path in root.iterdir() if path.is_file()} == {"run.mp4", "run.gif", "hopper.mp4",
                                                                         "hopper.gif", "slow.mp4"}


def test_pictures(root):
    file = policy(root, "HalfCheetah-v5")
    shown = [file, "--steps", 7, "--width", 96, "--height", 64, "--seed", 3]
    for name in ("a", "b"):
        render(*shown, "--output", root / name)
    names = sorted(path.name for path in (root / "a").iterdir())
    assert names == [f"frame_{i:06}.png" for i in range(7)]
    pictures = [read_png(root / "a" / name) for name in names]
    for name, (width, height, rows) in zip(names, pictures):
        assert (width, height) == (96, 64)
        pixels = b"".join(rows)
        assert len({pixels[i:i + 3] for i in range(0, len(pixels), 3)}) > 50, "blank"
        assert (root / "a" / name).read_bytes() == (root / "b" / name).read_bytes(), "the same seed, other pictures"
    assert len({b"".join(rows) for _, _, rows in pictures}) == 7, "the robot stands still"
    # another seed and a sample of the actions show something else, from the second picture at the latest
    for options in (["--seed", 4], ["--stochastic"]):
        render(*shown, *options, "--output", root / options[0])
        assert (root / options[0] / names[1]).read_bytes() != (root / "a" / names[1]).read_bytes(), options

    # a strip: pictures 0, 3 and 6 of the same, and one that starts later
    render(*shown, "--strip", 3, "--output", root / "strip.png")
    width, height, rows = read_png(root / "strip.png")
    assert (width, height) == (3 * 96 + 2 * 2, 64)
    for i, number in enumerate((0, 3, 6)):
        assert [row[3 * i * 98:3 * (i * 98 + 96)] for row in rows] == pictures[number][2], number
    render(*shown, "--start", 2, "--steps", 4, "--strip", 2, "--output", root / "later.png")
    _, _, rows = read_png(root / "later.png")
    assert [row[:3 * 96] for row in rows] == pictures[2][2] and [row[3 * 98:] for row in rows] == pictures[5][2]

    # where libEGL has no driver OSMesa draws, if it is there
    def drawn(name, variable, value):
        environment = {key: text for key, text in os.environ.items() if key != "MUJOCO_GL"}
        result = subprocess.run([RENDER, *map(str, shown), "--output", str(root / name)], capture_output=True, text=True,
                                env={**environment, variable: value})
        return result.returncode == 0 and [path.read_bytes() for path in sorted((root / name).iterdir())]

    by_osmesa = drawn("osmesa", "MUJOCO_GL", "osmesa")
    assert not by_osmesa or by_osmesa == drawn("fallback", "__EGL_VENDOR_LIBRARY_DIRS", str(root / "none"))

    # the episodes are those of vantage-eval
    for flag in ("--deterministic", "--stochastic"):
        output = render(file, "--width", 8, "--height", 8, "--fps", 0.5, "--episodes", 2, "--seed", 5, flag, "--output",
                        root / ("whole" + flag))
        returns = [float(text) for text in re.findall(r"return (\S+) in 1000 steps", output)]
        options = [flag] if flag == "--deterministic" else []
        result = json.loads(subprocess.run([EVAL, str(file), "--episodes", "2", "--seed", "5", "--json", *options],
                                           capture_output=True, text=True, check=True).stdout)["return"]
        for mine, theirs in ((min(returns), result["min"]), (max(returns), result["max"])):
            assert abs(mine - theirs) <= 1e-8 * abs(theirs), (flag, returns, result)
        # 50 s, a picture every 2 s
        assert len(list((root / ("whole" + flag)).iterdir())) == 2 * 25


def test_refusals(root):
    file = policy(root, "HalfCheetah-v5")
    small = [file, "--steps", 3, "--width", 32, "--height", 32]
    render(*small, "--output", root / "full")
    before = sorted(path.name for path in root.iterdir())
    old = root / "old.mp4"
    for options, words, code in (
            ([*small, "--output", root / "x.avi"], ["--output", ".mp4", "x.avi"], 2),
            ([*small, "--output", root / "no/x.mp4"], ["--output", "no/x.mp4"], 2),
            ([*small, "--output", root / "full"], ["full", "empty"], 1),
            ([*small, "--strip", 2, "--output", root / "x.mp4"], [".png", "--strip"], 2),
            ([*small, "--strip", 9, "--output", root / "x.png"], ["--strip", "(3)", "9"], 2),
            ([*small, "--start", 2000, "--output", root / "x"], ["--start", "2000"], 2),
            ([*small, "--fps", 1e9, "--output", root / "x.mp4"], ["--fps", "0.001 to 1000", "1e+09"], 2),
            ([*small, "--fps", 200, "--output", root / "x.gif"], ["--fps", "0.001 to 100", "200"], 2),
            ([*small, "--width", 33, "--output", root / "x.mp4"], ["even", "33"], 2),
            ([*small, "--width", 100000, "--output", root / "x"], ["width", "100000"], 2),
            ([*small, "--camera", "side", "--output", root / "x"], ["camera", "{track}", "side"], 2),
            ([*small, "--task", "Hopper-v5", "--output", root / "x"], ["17", "11", "Hopper-v5", "HalfCheetah-v5"], 2),
            ([root / "none", "--output", root / "x"], ["none"], 1),
            ([policy(root, "PointMass"), "--output", root / "x"], ["PointMass", "MuJoCo"], 2)):
        output = render(*options, code=code)
        assert all(word in output for word in words), (options, output)
    shutil.rmtree(root / "PointMass")
    # the same sizes, another task: shown, with a note
    assert "learned HalfCheetah-v5" in render(*small, "--task", "Walker2d-v5", "--output", root / "walker")
    shutil.rmtree(root / "walker")

    # no ffmpeg; one that fails at once, one that fails at the end: the older video stays, and nothing else
    old.write_bytes(b"old")
    programs = root / "bin"
    programs.mkdir()
    output = render(*small, "--output", old, code=1, env={**os.environ, "PATH": str(programs)})
    assert "install the package ffmpeg" in output, output
    for script in ("exec <&-; echo out of luck >&2; exit 3", "cat >/dev/null; echo out of luck >&2; exit 3"):
        (programs / "ffmpeg").write_text(f"#!/bin/sh\n{script}\n")
        (programs / "ffmpeg").chmod(0o755)
        output = render(*small, "--output", old, code=1, env={**os.environ, "PATH": f"{programs}:/usr/bin:/bin"})
        assert "ffmpeg failed: out of luck" in output, output
    assert old.read_bytes() == b"old"

    # no library that draws
    broken = root / "lib"
    broken.mkdir()
    for name in ("libEGL.so.1", "libEGL.so", "libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"):
        (broken / name).touch()
    output = render(*small, "--output", root / "x", code=1, env={**os.environ, "LD_LIBRARY_PATH": str(broken)})
    assert NO_GL in output and "install libosmesa6" in output and output.count("\n") == 1, output

    # Ctrl-C leaves nothing behind, whatever ffmpeg is about: it reads, reads no more, or does not come to its end
    for target, script in (("x", ""), ("x.mp4", "exec cat >/dev/null"), ("x.mp4", "exec sleep 600"),
                           ("x.mp4", "cat >/dev/null; exec sleep 600")):
        (programs / "ffmpeg").write_text(f"#!/bin/sh\necho $$ >{root}/bin/process\n{script}\n")
        short = ["--steps", "20"] if "; exec" in script else ["--episodes", "1000"]
        process = subprocess.Popen([RENDER, str(file), *short, "--width", "64", "--height", "64", "--output",
                                    str(root / target)], env={**os.environ, "PATH": f"{programs}:/usr/bin:/bin"},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.time() + 60
        while time.time() < deadline and not list(root.glob("x.*.tmp/*5.png")) and target == "x":
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(signal.SIGTERM if script else signal.SIGINT)
        assert process.wait(60) == 1 and "interrupted" in process.communicate()[1]
        assert target == "x" or not pathlib.Path("/proc", (programs / "process").read_text().strip()).exists()
    assert sorted(path.name for path in root.iterdir()) == sorted([*before, "bin", "lib", "old.mp4"])


with tempfile.TemporaryDirectory() as temporary:
    globals()["test_" + sys.argv[1]](pathlib.Path(temporary))

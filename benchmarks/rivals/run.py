#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""vantage beside other libraries, in turns and in one run: environment steps a second.

    benchmarks/rivals/run.py --all --cleanrl cleanrl/cleanrl/ppo_continuous_action.py
    benchmarks/rivals/run.py --only envpool mjbatch --quick
    benchmarks/rivals/run.py --only programs --program "mine=./mine --threads {threads}" --pattern "steps/s ([0-9.e+]+)"

Sets up what Python's registry serves in --venvs, then lets the programs of each piece of work take turns, round by round, with
each number of threads. A program's figure is the best of its turns at its better number of threads. Ends with one table of
ratios, as Markdown and as CSV beside it. What cannot be installed or fails is said in the table and stops nothing.
README.md says what is compared. Needs nothing else but Python's standard library, and a quiet machine: PyTorch with two
threads on two cores crawls beside any other load.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).parent
WORLD = ["--environments", 16, "--batch", 2048, "--seed", 1]
SHORT = ["--environments", 16, "--batch", 80, "--seed", 1]

# for each rival the folder of its environment, and what is installed there in one call
COMMON = ["gymnasium[mujoco]==1.2.3", "mujoco==3.3.7"]
SB3 = ["stable-baselines3==2.7.1", "torch==2.8.0", *COMMON]
PACKAGES = {
    "sb3": ("common", SB3),
    "sb3-contrib": ("common", ["sb3-contrib==2.7.1", *SB3]),
    "sbx": ("common", ["sbx-rl==0.23.0", *SB3]),
    "cleanrl": ("common", ["tyro==1.0.17", "tensorboard==2.21.0", "torch==2.8.0", *COMMON]),
    "envpool": ("common", ["envpool==1.2.5"]),
    "gymnasium": ("common", COMMON),
    # it brings a MuJoCo of its own
    "mjbatch": ("mjbatch", ["mjbatch==0.1.4", "gymnasium==1.2.3"]),
    # ours, with the flags of the preset release
    "vantage": ("vantage", [str(HERE.parent.parent.resolve() / "python"), "--config-settings=cmake.define.CMAKE_CXX_FLAGS=-march=native",
                            "gymnasium==1.2.3"]),
}
RIVALS = [*PACKAGES, "programs"]

# what an iteration does, and the options of vantage-train that ask for it
WORK = {
    "ppo": "PPO, batch 2048, 10 epochs of minibatches of 64 for policy and value",
    "trpo": "TRPO, batch 2048, 10 Fisher products, 20 full-batch value steps",
    "a2c": "A2C, batch 80, one step each",
}
VANTAGE = {
    "ppo": ["--update", "ppo", "--epochs", 10, "--policy-minibatch", 64, "--value-steps", 320, "--minibatch", 64,
            "--learning-rate", 3e-4, "--max-gradient-norm", 0.5, "--advantage-normalization", "minibatch", *WORLD],
    "trpo": ["--update", "trpo", "--value-steps", 20, "--minibatch", 0, "--learning-rate", 1e-3, "--cg-iterations", 10,
             "--advantage-normalization", "batch", *WORLD],
    "a2c": ["--update", "a2c", *SHORT],
}
STEPPED = ["HalfCheetah-v5", "Ant-v5", "Humanoid-v5"]


class Failed(Exception):
    pass


def run(command, pattern=None, seconds=None):
    """What a command prints or, with a pattern, the number that its first group last matches."""
    words = [str(word) for word in command]
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=seconds)
    except OSError as error:
        raise Failed(f"{words[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {seconds:.0f} s") from None
    if result.returncode != 0:
        said = (result.stderr.strip() or result.stdout.strip()).splitlines()
        raise Failed(said[-1] if said else f"ended with {result.returncode}")
    if pattern is None:
        return result.stdout
    found = re.findall(pattern, result.stdout + result.stderr)
    if not found:
        raise Failed(f"printed nothing like {pattern}")
    try:
        return float(found[-1])
    except (TypeError, ValueError):
        raise Failed(f"expected one group with a number in {pattern}, got {found[-1]}") from None


def fill_in(text, values):
    """The text with the words in braces that stand for values; other braces stay."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


class Environments:
    """Virtual environments with the rivals, made when first asked for. With -E they know nothing of the caller's PYTHONPATH."""

    def __init__(self, folder):
        self.folder = folder
        self.failed = {}
        # ours is of the tree as it is now
        (folder / PACKAGES["vantage"][0] / "vantage.txt").unlink(missing_ok=True)

    def python(self, rival):
        """Throws Failed where the rival could not be installed, now or before."""
        name, packages = PACKAGES[rival]
        python = self.folder / name / "bin/python"
        if rival in self.failed:
            raise Failed(self.failed[rival])
        stamp = self.folder / name / f"{rival}.txt"
        if stamp.exists() and stamp.read_text() == "\n".join(packages):
            return python
        print(f"installing {rival}: {' '.join(packages)}", file=sys.stderr)
        try:
            if not python.exists():
                run([sys.executable, "-m", "venv", self.folder / name])
            run([python, "-E", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
        except Failed as error:
            self.failed[rival] = f"not installed: {error}"
            raise Failed(self.failed[rival]) from None
        stamp.write_text("\n".join(packages))
        return python

    def versions(self, rival):
        name, packages = PACKAGES[rival]
        wanted = {re.split(r"[=\[]", package)[0].lower() for package in packages}
        wanted |= {"mujoco"} | {"sbx": {"jax"}, "vantage": {"vantage"}}.get(rival, set())
        listed = json.loads(run([self.folder / name / "bin/python", "-E", "-m", "pip", "list", "--format=json",
                                 "--disable-pip-version-check"]))
        return ", ".join(f"{each['name']} {each['version']}" for each in listed
                         if each["name"].lower().replace("_", "-") in wanted)


class Program:
    """One that takes turns: its name, its rival or None for vantage, and a function from a number of threads to its rate."""

    def __init__(self, name, rate, rival=None, threads=None):
        self.name, self.rate, self.rival, self.threads = name, rate, rival, threads
        self.best, self.failure = {}, ""

    def take_turn(self, threads):
        if self.failure:
            return
        try:
            rate = self.rate(threads)
        except Failed as error:
            self.failure = str(error)
            print(f"  {self.name}: {self.failure}", file=sys.stderr)
            return
        self.best[threads] = max(rate, self.best.get(threads, 0))
        print(f"  {self.name}, {threads} threads: {rate:.0f}", file=sys.stderr, flush=True)

    def figure(self):
        return max(self.best.values()) if self.best and not self.failure else None


def vantage_training(arguments, method):
    def rate(threads):
        with tempfile.TemporaryDirectory() as folder:
            run([arguments.bin / "vantage-train", "--task", arguments.task, *VANTAGE[method], "--hidden", "64,64",
                 "--threads", threads, "--steps", arguments.steps * 5, "--output", folder, "--overwrite", "--quiet"])
            return json.loads((pathlib.Path(folder) / "summary.json").read_text())["steps_per_second"]
    return rate


def vantage_stepping(arguments, task):
    command = [arguments.bin / "physics_benchmark", "--task", task, "--only", "collector", "--environments", 16,
               "--seconds", arguments.seconds]
    return lambda threads: float(run([*command, "--threads", threads]).split()[-1])


def of_script(environments, rival, script, options):
    return lambda threads: run([environments.python(rival), "-E", HERE / script, *options, "--threads", threads], r"steps/s (\d+)")


def training_programs(arguments, environments, method):
    options = ["--task", arguments.task, "--steps", arguments.steps, *(SHORT if method == "a2c" else WORLD)]
    rival = "sb3-contrib" if method == "trpo" else "sb3"
    name = f"{'sb3-contrib' if method == 'trpo' else 'Stable-Baselines3'} {method.upper()}"
    found = [Program("vantage", vantage_training(arguments, method)),
             Program(name, of_script(environments, rival, "sb3_speed.py", ["--method", method, *options]), rival)]
    if method == "ppo":
        sbx = of_script(environments, "sbx", "sb3_speed.py", ["--library", "sbx", *options])
        found.append(Program("SBX PPO", sbx, "sbx"))
    if method == "ppo" and arguments.cleanrl:
        cleanrl = of_script(environments, "cleanrl", "cleanrl_speed.py", [arguments.cleanrl, *options])
        found.append(Program("CleanRL PPO", cleanrl, "cleanrl"))
    return found


def stepping_programs(arguments, environments, task):
    options = ["--task", task, "--environments", 16, "--seconds", arguments.seconds]
    found = [Program("vantage, with its policy", vantage_stepping(arguments, task))]
    for name, library in (("EnvPool, sync", "envpool-sync"), ("EnvPool, async", "envpool-async"),
                          ("mjbatch, physics alone", "mjbatch"), ("Gymnasium", "gymnasium"),
                          ("vantage from Python", "vantage")):
        rival = library.split("-")[0]
        found.append(Program(name, of_script(environments, rival, "stepping_speed.py", [library, *options]), rival))
    return found


def pieces_of_work(arguments, environments):
    """A title and the programs of each piece, without those that were not asked for."""
    pieces = [(f"{arguments.task}, 16 environments, 64-64 tanh: {text}", training_programs(arguments, environments, method))
              for method, text in WORK.items()]
    pieces += [(f"{task}, 16 environments: stepping", stepping_programs(arguments, environments, task))
               for task in arguments.stepped]
    kept = []
    for title, programs in pieces:
        asked = [program for program in programs if program.rival is None or program.rival in arguments.only]
        if len(asked) > 1:
            kept.append((title, asked))
    if "programs" in arguments.only:
        for title, entries in named_programs(arguments).items():
            kept.append((title, [Program(entry["name"], of_command(entry, arguments), "programs" if place else None)
                                 for place, entry in enumerate(entries)]))
    return kept


def of_command(entry, arguments):
    def rate(threads):
        with tempfile.TemporaryDirectory() as folder:
            command = fill_in(entry["command"], {"threads": threads, "bin": arguments.bin, "folder": folder})
            value = run(shlex.split(command), entry["pattern"], arguments.limit)
        # a program may print seconds: then it says how many steps they took
        return entry["steps"] / value if "steps" in entry else value
    return rate


def named_programs(arguments):
    """Lists of programs under the work that they do; the first of a list is vantage's, which the others are compared with."""
    found = {}
    if arguments.programs:
        with open(arguments.programs, "rb") as file:
            for title, entries in tomllib.load(file).items():
                found[title] = entries if isinstance(entries, list) else [entries]
    line = []
    for place, text in enumerate(arguments.program):
        name, _, command = text.partition("=")
        line.append({"name": name, "command": command, "pattern": arguments.pattern[place]})
    if line:
        own = {"name": "vantage", "pattern": r"steps_per_second\": ([0-9.e+]+)",
               "command": f"sh -c '{{bin}}/vantage-train {arguments.vantage} --threads {{threads}} --output {{folder}} "
                          "--overwrite --quiet && cat {folder}/summary.json'"}
        found["Programs of the command line"] = [own, *line]
    for title, entries in found.items():
        for entry in entries:
            if not isinstance(entry, dict) or not {"name", "command", "pattern"} <= set(entry):
                sys.exit(f"run.py: {title}: expected name, command and pattern of each program, got {entry}")
            try:
                groups = re.compile(entry["pattern"]).groups
            except re.error as error:
                sys.exit(f"run.py: {entry['pattern']}: {error}")
            if groups != 1:
                sys.exit(f"run.py: {entry['pattern']}: expected one group, the number, got {groups}")
    return found


def machine():
    model = "an unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if pathlib.Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def rows_of(title, programs):
    own = programs[0].figure()
    rows = []
    for program in programs:
        figure = program.figure()
        if figure is None:
            rows.append([title, program.name, "", "", "", program.failure or "no turn"])
            continue
        threads = max(program.best, key=program.best.get)
        rows.append([title, program.name, f"{figure:.0f}", threads, f"{own / figure:.2f}" if own else "", ""])
    return rows


def markdown(rows, notes):
    text = "| work | program | steps/s | threads | vantage : program |\n|---|---|---|---|---|\n"
    last = None
    for title, name, rate, threads, ratio, failure in rows:
        rate = f"{float(rate):,.0f}" if rate else failure.replace("|", "\\|")
        text += f"| {title if title != last else ''} | {name} | {rate} | {threads} | {ratio} |\n"
        last = title
    return text + "\n" + "\n".join(f"- {note}" for note in notes) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="everything that was found or named")
    parser.add_argument("--only", nargs="+", choices=RIVALS, help="these rivals alone")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that all of it runs")
    parser.add_argument("--venvs", type=pathlib.Path, default="build/rivals", help="folder of the virtual environments")
    parser.add_argument("--bin", type=pathlib.Path, default="build/release/bin", help="folder of vantage's programs")
    parser.add_argument("--cleanrl", type=pathlib.Path, help="your copy of CleanRL's ppo_continuous_action.py")
    parser.add_argument("--programs", type=pathlib.Path, help="TOML file of other programs, see README.md")
    parser.add_argument("--program", action="append", default=[],
                        help="name=command of another program; {threads} is filled in")
    parser.add_argument("--pattern", action="append", default=[],
                        help="its rate in what it prints: a regular expression with one group")
    parser.add_argument("--vantage", default="--task Pendulum-v1 --update ppo",
                        help="options of vantage-train beside --program")
    parser.add_argument("--task", default="HalfCheetah-v5", help="of training")
    parser.add_argument("--stepped", nargs="*", default=STEPPED, help="tasks that are stepped")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--steps", type=int, help="of a rival's training turn; vantage takes five times as many")
    parser.add_argument("--seconds", type=float, help="of a stepping turn")
    parser.add_argument("--limit", type=float, default=3600, help="seconds after which a program of --program is given up")
    parser.add_argument("--output", type=pathlib.Path, default="build/rivals/speed", help="the tables, without .md and .csv")
    arguments = parser.parse_args()
    if arguments.all == bool(arguments.only):
        parser.error("expected either --all or --only")
    if len(arguments.program) != len(arguments.pattern):
        parser.error(f"expected a --pattern for each --program, got {len(arguments.pattern)} and {len(arguments.program)}")
    if any("=" not in text for text in arguments.program):
        parser.error("expected --program name=command")
    arguments.only = set(arguments.only or RIVALS)
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    arguments.steps = arguments.steps or (4096 if arguments.quick else 24576)
    arguments.seconds = arguments.seconds or (0.5 if arguments.quick else 3)
    if arguments.rounds < 1 or min(arguments.threads) < 1 or arguments.steps < 1 or arguments.seconds <= 0:
        parser.error("expected rounds, threads, steps and seconds above 0")
    if arguments.cleanrl and not arguments.cleanrl.is_file():
        parser.error(f"expected CleanRL's ppo_continuous_action.py, found no file {arguments.cleanrl}")
    arguments.bin, arguments.venvs = arguments.bin.absolute(), arguments.venvs.absolute()
    steps = arguments.only & {"envpool", "mjbatch", "gymnasium", "vantage"} and arguments.stepped
    for name in ("vantage-train", *(["physics_benchmark"] if steps else [])):
        if not (arguments.bin / name).exists():
            sys.exit(f"run.py: expected {arguments.bin / name}; build the preset release with the target {name}")

    environments = Environments(arguments.venvs)
    work = pieces_of_work(arguments, environments)
    if not work:
        parser.error("expected work, got none: --only programs goes with --program or --programs, cleanrl with --cleanrl")
    # installing is no part of anybody's turn
    installed = {}
    for rival in sorted({program.rival for _, programs in work for program in programs} & set(PACKAGES)):
        try:
            environments.python(rival)
            installed[rival] = environments.versions(rival)
        except Failed as error:
            installed[rival] = str(error)
    before = os.getloadavg()[0]
    rows = []
    for title, programs in work:
        print(title, file=sys.stderr, flush=True)
        for _ in range(arguments.rounds):
            for program in programs:
                for threads in arguments.threads:
                    program.take_turn(threads)
        rows += rows_of(title, programs)

    day = datetime.date.today().isoformat()
    threads = ", ".join(map(str, arguments.threads))
    notes = [f"{day}, {machine()}; best of {arguments.rounds} interleaved rounds, threads {threads}; "
             f"mean number of running processes in the minute before {before:.1f}",
             f"vantage {run([arguments.bin / 'vantage-train', '--version']).strip()}, MuJoCo {mujoco_of(arguments)}"]
    notes += [f"{rival}: {text}" for rival, text in installed.items()]
    if "cleanrl" in arguments.only and not arguments.cleanrl:
        notes.append("cleanrl: left out, --cleanrl names no file")
    text = markdown(rows, notes)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".md").write_text(text)
    with open(arguments.output.with_suffix(".csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["work", "program", "steps_per_second", "threads", "vantage_to_program", "failure"])
        writer.writerows(rows)
    print(text)


def mujoco_of(arguments):
    """The version that vantage was built with, which the configuration of a run begins with."""
    with tempfile.TemporaryDirectory() as folder:
        run([arguments.bin / "vantage-train", "--task", "CartPole-v1", "--steps", 1, "--output", folder, "--overwrite",
             "--quiet"])
        return re.search(r"MuJoCo ([\d.]+)", (pathlib.Path(folder) / "config.toml").read_text()).group(1)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Walks with an exported policy and nothing of vantage: numpy, MuJoCo's Python package and onnxruntime.

    walk.py quadruped.xml policy.onnx --episodes 20
    walk.py quadruped.xml policy.onnx --episodes-of episodes.csv   # those that quadruped-play --record wrote
"""
import argparse
import csv
import os
import sys

os.environ.setdefault("MUJOCO_GL", "disable")  # nothing is drawn
try:
    import mujoco
    import numpy as np
    import onnxruntime
except ImportError as error:
    if "VANTAGE_ALL_CHECKS" in os.environ:
        raise
    print("skipped:", error)
    sys.exit(0)

FEET = ("front_left_foot", "front_right_foot", "rear_left_foot", "rear_right_foot")


class Robot:
    """The robot, its motors' controllers and what is asked of it, from the model and the policy's metadata."""

    def __init__(self, xml, onnx):
        self.model = mujoco.MjModel.from_xml_path(xml)
        self.data = mujoco.MjData(self.model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.type = np.float64 if "double" in self.session.get_inputs()[0].type else np.float32
        known = self.known = self.session.get_modelmeta().custom_metadata_map
        numbers = lambda key: np.array([float(word) for word in known[key].split(",")])
        joints = [self.model.joint(name) for name in known["joint_names"].split(",")]
        self.positions = [joint.qposadr[0] for joint in joints]
        self.velocities = [joint.dofadr[0] for joint in joints]
        self.stiffness, self.damping = numbers("joint_stiffness"), numbers("joint_damping")
        self.stand, self.scale = numbers("default_joint_pos"), numbers("action_scale")
        self.limits = self.model.actuator_ctrlrange.T
        self.substeps = round(1 / (float(known["control_rate_hertz"]) * self.model.opt.timestep))
        self.gait = 2 * np.pi * float(known["gait_hertz"])
        self.feet = [self.model.geom(name).id for name in FEET]

    def start(self, qpos, qvel, speed):
        mujoco.mj_resetDataKeyframe(self.model, self.data, self.model.key("stand").id)
        self.data.qpos[:], self.data.qvel[:], self.speed = qpos, qvel, speed
        mujoco.mj_forward(self.model, self.data)
        self.before, self.last = np.zeros(self.model.nu), np.zeros(self.model.nu)
        self.seen = self.observe()

    def in_trunk(self, vector):
        back, seen = np.zeros(4), np.zeros(3)
        mujoco.mju_negQuat(back, self.data.qpos[3:7])
        mujoco.mju_rotVecQuat(seen, np.asarray(vector, float), back)
        return seen

    def observe(self):
        clock = self.gait * self.data.time
        return np.concatenate([self.in_trunk([0, 0, -1]), self.data.qvel[3:6], self.data.qpos[self.positions] - self.stand,
                               self.data.qvel[self.velocities], [self.speed, np.sin(clock), np.cos(clock)]])

    def step(self):
        """One decision of the policy; the reward, and whether the robot has fallen."""
        now = self.observe()
        shown = np.concatenate([self.seen, now, self.before, self.last])
        action = self.session.run(["actions"], {"obs": shown[None].astype(self.type)})[0][0].astype(float)
        for _ in range(self.substeps):
            torque = (self.stiffness * (self.stand + self.scale * action - self.data.qpos[self.positions])
                      - self.damping * self.data.qvel[self.velocities])
            self.data.ctrl[:] = np.clip(torque, *self.limits)
            mujoco.mj_step(self.model, self.data)
        reward = self.reward(action)
        self.seen, self.before, self.last = now, self.last, action
        fallen = self.in_trunk([0, 0, -1])[2] > -0.6 or self.data.sensor("trunk").data[0] > 0
        return reward, fallen

    def reward(self, action):
        data = self.data
        gravity, velocity = self.in_trunk([0, 0, -1]), self.in_trunk(data.qvel[:3])
        swing = np.sin(self.gait * data.time) * np.array([1, -1, -1, 1])
        height = data.geom_xpos[self.feet, 2] - self.model.geom_size[self.feet, 0]
        misplaced = np.sum((height - 0.07 * np.maximum(0, swing)) ** 2)
        return (np.exp(-((velocity[0] - self.speed) ** 2 + velocity[1] ** 2) / 0.15)
                + 0.3 * np.exp(-data.qvel[5] ** 2 / 0.25) + 0.5 * np.exp(-misplaced / 0.003) + 0.3
                - 1.5 * np.sum(gravity[:2] ** 2) - 20 * (data.qpos[2] - 0.3) ** 2 - 0.5 * velocity[2] ** 2
                - 0.03 * np.sum(data.qvel[3:5] ** 2) - 2e-4 * np.sum(data.actuator_force ** 2)
                - 0.01 * np.sum((action - self.last) ** 2))


def episode(robot, qpos, qvel, speed, steps):
    robot.start(qpos, qvel, speed)
    total = 0
    for count in range(1, steps + 1):
        reward, fallen = robot.step()
        total += reward
        if fallen:
            break
    return total, count


def report(name, numbers):
    error = np.std(numbers, ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else float("nan")
    print(f"{name}: mean {np.mean(numbers):.3f}, standard error {error:.3f}, from {np.min(numbers):.3f} to {np.max(numbers):.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("xml")
    parser.add_argument("onnx")
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--episodes-of", help="play the episodes in this file again, and compare")
    parser.add_argument("--tolerance", type=float, help="largest difference of a return or a position, m or rad, that is no error")
    asked = parser.parse_args()
    robot = Robot(asked.xml, asked.onnx)
    model = robot.model
    returns, lengths, distances, differences = [], [], [], []
    if asked.episodes_of:
        if robot.known["mujoco_version"] != mujoco.__version__:
            print(f"skipped: these episodes are of MuJoCo {robot.known['mujoco_version']}, this is {mujoco.__version__}")
            return
        for row in csv.DictReader(open(asked.episodes_of)):
            numbers = lambda name, count: np.array([float(row[f"{name}_{i}"]) for i in range(count)])
            start = numbers("qpos", model.nq)
            total, count = episode(robot, start, numbers("qvel", model.nv), float(row["speed"]), asked.steps)
            returns.append(total), lengths.append(count), distances.append(robot.data.qpos[0] - start[0])
            differences.append((abs(total - float(row["return"])), np.abs(robot.data.qpos - numbers("end", model.nq)).max()))
    else:
        rng = np.random.default_rng(asked.seed)
        for _ in range(asked.episodes):
            qpos = model.key("stand").qpos.copy()
            qpos[7:] += rng.uniform(-0.1, 0.1, model.nu)
            total, count = episode(robot, qpos, rng.uniform(-0.1, 0.1, model.nv), rng.uniform(0.5, 1.0), asked.steps)
            returns.append(total), lengths.append(count), distances.append(robot.data.qpos[0] - qpos[0])
    report("return", returns)
    report("steps", lengths)
    report("distance, m", distances)
    if differences:
        of_returns, of_positions = np.max(differences, axis=0)
        print(f"largest difference: of a return {of_returns:.3g}, of a last position {of_positions:.3g}")
        if asked.tolerance is not None and max(of_returns, of_positions) > asked.tolerance:
            sys.exit(f"expected differences of at most {asked.tolerance:g}")


if __name__ == "__main__":
    main()

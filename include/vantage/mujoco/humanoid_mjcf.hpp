// SPDX-License-Identifier: MIT
#ifndef VANTAGE_MUJOCO_HUMANOID_MJCF_HPP
#define VANTAGE_MUJOCO_HUMANOID_MJCF_HPP

#include <array>
#include <string>
#include <utility>

namespace vantage::mujoco {

/// How the humanoid's trunk and legs are laid out: upright, or flat on the back. All else is common to both models.
struct HumanoidPosture {
  const char* camera;      ///< the camera's place
  const char* torso;       ///< of the torso in the world
  const char* head;        ///< of the head in the torso
  const char* waist_x;     ///< of the upper waist in the torso
  const char* waist_z;     ///< of the upper waist in the torso
  const char* abdomen;     ///< of the lower waist in the torso
  const char* pelvis;      ///< of the pelvis in the lower waist
  const char* hip_z;       ///< of the thighs in the pelvis
  const char* thigh_x;     ///< where the thigh's capsule ends
  const char* thigh_z;     ///< where the thigh's capsule ends
  const char* knee_x;      ///< of the shin in the thigh
  const char* knee_z;      ///< of the shin in the thigh
  const char* shin;        ///< where the shin's capsule ends
  const char* foot;        ///< of the foot in the shin
  const char* left_hip_y;  ///< lower end of that joint's range, which the right one does not share
};

/// On its feet, as Humanoid begins.
inline constexpr HumanoidPosture standing_humanoid{"0 -4 0",      "0 0 1.4",   "0 0 .19", "-.01",     "-.12",
                                                   "-.01 0 -.26", "0 0 -.165", "-.04",    "0",        "-.34",
                                                   "0",           "-.403",     "0 0 -.3", "0 0 -.45", "-110"};
/// Lying, as HumanoidStandup begins.
inline constexpr HumanoidPosture lying_humanoid{"0 -3 .5", "0 0 .105", "-.15 0 0", ".11",       "0",
                                                ".21 0 0", ".165 0 0", "0",        ".34",       "0",
                                                ".403",    "0",        ".3 0 0",   ".35 0 -.1", "-120"};

/// MJCF of both, with gaps for the numbers of a posture.
inline constexpr const char* humanoid_template = R"(<mujoco model="humanoid">
  <compiler angle="degree" inertiafromgeom="true"/>
  <option integrator="RK4" solver="PGS" iterations="50" timestep="0.003"/>
  <default>
    <joint type="hinge" limited="true" armature="1" damping="1"/>
    <geom type="capsule" condim="1" margin=".001" rgba=".75 .55 .35 1"/>
    <motor ctrllimited="true" ctrlrange="-.4 .4" gear="100"/>
    <default class="trunk">
      <joint armature=".02" damping="5" stiffness="10"/>
    </default>
    <default class="hip">
      <joint armature=".01" damping="5" stiffness="10"/>
    </default>
    <default class="knee">
      <joint pos="0 0 .02" axis="0 -1 0" armature=".006" range="-160 -2"/>
    </default>
    <default class="shoulder">
      <joint armature=".0068" stiffness="1"/>
      <motor gear="25"/>
    </default>
    <default class="elbow">
      <joint armature=".0028" range="-90 50"/>
    </default>
  </default>
  <worldbody>
    <light directional="true" pos="0 0 4" dir="0 0 -1" diffuse=".9 .9 .9"/>
    <geom name="floor" type="plane" size="20 20 .125" condim="3" friction="1 .1 .1" rgba=".35 .45 .4 1"/>
    <body name="torso" pos="{torso}">
      <camera name="track" mode="trackcom" pos="{camera}" xyaxes="1 0 0 0 0 1"/>
      <joint name="root" type="free" limited="false" armature="0" damping="0"/>
      <geom name="torso1" size=".07" fromto="0 -.07 0 0 .07 0"/>
      <geom name="head" type="sphere" size=".09" pos="{head}"/>
      <geom name="uwaist" size=".06" fromto="{waist_x} -.06 {waist_z} {waist_x} .06 {waist_z}"/>
      <body name="lwaist" pos="{abdomen}" quat="1 0 -.002 0" childclass="trunk">
        <geom name="lwaist" size=".06" fromto="0 -.06 0 0 .06 0"/>
        <joint name="abdomen_z" axis="0 0 1" pos="0 0 .065" range="-45 45" stiffness="20"/>
        <joint name="abdomen_y" axis="0 1 0" pos="0 0 .065" range="-75 30"/>
        <body name="pelvis" pos="{pelvis}" quat="1 0 -.002 0">
          <joint name="abdomen_x" axis="1 0 0" pos="0 0 .1" range="-35 35"/>
          <geom name="butt" size=".09" fromto="-.02 -.07 0 -.02 .07 0"/>
          <body name="right_thigh" pos="0 -.1 {hip_z}" childclass="hip">
            <joint name="right_hip_x" axis="1 0 0" range="-25 5"/>
            <joint name="right_hip_z" axis="0 0 1" range="-60 35"/>
            <joint name="right_hip_y" axis="0 1 0" range="-110 20" armature=".008" stiffness="20"/>
            <geom name="right_thigh1" size=".06" fromto="0 0 0 {thigh_x} .01 {thigh_z}"/>
            <body name="right_shin" pos="{knee_x} .01 {knee_z}">
              <joint name="right_knee" class="knee"/>
              <geom name="right_shin1" size=".049" fromto="0 0 0 {shin}"/>
              <body name="right_foot" pos="{foot}">
                <geom name="right_foot" type="sphere" size=".075" pos="0 0 .1"/>
              </body>
            </body>
          </body>
          <body name="left_thigh" pos="0 .1 {hip_z}" childclass="hip">
            <joint name="left_hip_x" axis="-1 0 0" range="-25 5"/>
            <joint name="left_hip_z" axis="0 0 -1" range="-60 35"/>
            <joint name="left_hip_y" axis="0 1 0" range="{left_hip_y} 20" stiffness="20"/>
            <geom name="left_thigh1" size=".06" fromto="0 0 0 {thigh_x} -.01 {thigh_z}"/>
            <body name="left_shin" pos="{knee_x} -.01 {knee_z}">
              <joint name="left_knee" class="knee" stiffness="1"/>
              <geom name="left_shin1" size=".049" fromto="0 0 0 {shin}"/>
              <body name="left_foot" pos="{foot}">
                <geom name="left_foot" type="sphere" size=".075" pos="0 0 .1"/>
              </body>
            </body>
          </body>
        </body>
      </body>
      <body name="right_upper_arm" pos="0 -.17 .06" childclass="shoulder">
        <joint name="right_shoulder1" axis="2 1 1" range="-85 60"/>
        <joint name="right_shoulder2" axis="0 -1 1" range="-85 60" armature=".0051"/>
        <geom name="right_uarm1" size=".04 .16" fromto="0 0 0 .16 -.16 -.16"/>
        <body name="right_lower_arm" pos=".18 -.18 -.18">
          <joint name="right_elbow" class="elbow" axis="0 -1 1"/>
          <geom name="right_larm" size=".031" fromto=".01 .01 .01 .17 .17 .17"/>
          <geom name="right_hand" type="sphere" size=".04" pos=".18 .18 .18"/>
        </body>
      </body>
      <body name="left_upper_arm" pos="0 .17 .06" childclass="shoulder">
        <joint name="left_shoulder1" axis="2 -1 1" range="-60 85"/>
        <joint name="left_shoulder2" axis="0 1 1" range="-60 85" armature=".0051"/>
        <geom name="left_uarm1" size=".04 .16" fromto="0 0 0 .16 .16 -.16"/>
        <body name="left_lower_arm" pos=".18 .18 -.18">
          <joint name="left_elbow" class="elbow" axis="0 -1 -1"/>
          <geom name="left_larm" size=".031" fromto=".01 -.01 .01 .17 -.17 .17"/>
          <geom name="left_hand" type="sphere" size=".04" pos=".18 -.18 .18"/>
        </body>
      </body>
    </body>
  </worldbody>
  <tendon>
    <fixed name="left_hipknee">
      <joint joint="left_hip_y" coef="-1"/>
      <joint joint="left_knee" coef="1"/>
    </fixed>
    <fixed name="right_hipknee">
      <joint joint="right_hip_y" coef="-1"/>
      <joint joint="right_knee" coef="1"/>
    </fixed>
  </tendon>
  <actuator>
    <motor name="abdomen_y" joint="abdomen_y"/>
    <motor name="abdomen_z" joint="abdomen_z"/>
    <motor name="abdomen_x" joint="abdomen_x"/>
    <motor name="right_hip_x" joint="right_hip_x"/>
    <motor name="right_hip_z" joint="right_hip_z"/>
    <motor name="right_hip_y" joint="right_hip_y" gear="300"/>
    <motor name="right_knee" joint="right_knee" gear="200"/>
    <motor name="left_hip_x" joint="left_hip_x"/>
    <motor name="left_hip_z" joint="left_hip_z"/>
    <motor name="left_hip_y" joint="left_hip_y" gear="300"/>
    <motor name="left_knee" joint="left_knee" gear="200"/>
    <motor name="right_shoulder1" joint="right_shoulder1" class="shoulder"/>
    <motor name="right_shoulder2" joint="right_shoulder2" class="shoulder"/>
    <motor name="right_elbow" joint="right_elbow" class="shoulder"/>
    <motor name="left_shoulder1" joint="left_shoulder1" class="shoulder"/>
    <motor name="left_shoulder2" joint="left_shoulder2" class="shoulder"/>
    <motor name="left_elbow" joint="left_elbow" class="shoulder"/>
  </actuator>
</mujoco>)";

/// The model in this posture.
[[nodiscard]] inline std::string humanoid_mjcf(const HumanoidPosture& posture) {
  const std::array<std::pair<const char*, const char*>, 15> places{{
      {"{camera}", posture.camera},
      {"{torso}", posture.torso},
      {"{head}", posture.head},
      {"{waist_x}", posture.waist_x},
      {"{waist_z}", posture.waist_z},
      {"{abdomen}", posture.abdomen},
      {"{pelvis}", posture.pelvis},
      {"{hip_z}", posture.hip_z},
      {"{thigh_x}", posture.thigh_x},
      {"{thigh_z}", posture.thigh_z},
      {"{knee_x}", posture.knee_x},
      {"{knee_z}", posture.knee_z},
      {"{shin}", posture.shin},
      {"{foot}", posture.foot},
      {"{left_hip_y}", posture.left_hip_y},
  }};
  std::string text = humanoid_template;
  for (const auto& [place, value] : places) {
    const std::string name = place;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

}  // namespace vantage::mujoco

#endif

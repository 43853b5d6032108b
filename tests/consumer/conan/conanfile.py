# SPDX-License-Identifier: MIT
# builds and runs the foreign project with the package that conan create has just made
import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout


class Consumer(ConanFile):
    settings = "os", "arch", "compiler", "build_type"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        options = self.dependencies["vantage"].options
        toolchain.cache_variables["CONSUMER_MUJOCO"] = bool(options.mujoco)
        toolchain.cache_variables["CONSUMER_PRECOMPILED"] = bool(options.precompiled)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure(build_script_folder="..")
        cmake.build(target=self._program)

    def test(self):
        self.run(os.path.join(self.cpp.build.bindir, self._program), env="conanrun")

    @property
    def _program(self):
        return "linked_trainer" if self.dependencies["vantage"].options.precompiled else "consumer"

# SPDX-License-Identifier: MIT
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load, rmdir


class Vantage(ConanFile):
    name = "vantage"
    description = "Policy-gradient reinforcement learning over Eigen and MuJoCo"
    license = "MIT"
    settings = "os", "arch", "compiler", "build_type"
    package_type = "header-library"
    options = {"mujoco": [True, False], "precompiled": [True, False]}
    default_options = {"mujoco": False, "precompiled": False}

    @property
    def _tree(self):
        return os.path.join(self.recipe_folder, "..", "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._tree, "include", "vantage", "version.hpp"))
        self.version = re.search(r'define VANTAGE_VERSION "(.+)"', header).group(1)

    def export_sources(self):
        for pattern in "CMakeLists.txt", "LICENSE", "package.xml", "cmake/*", "include/*":
            copy(self, pattern, src=self._tree, dst=self.export_sources_folder)

    def configure(self):
        if self.options.precompiled:
            self.package_type = "static-library"

    def requirements(self):
        self.requires("eigen/[>=3.4]", transitive_headers=True)
        if self.options.mujoco:
            self.requires("mujoco/[>=2.2.2 <4 || >=4.0.1]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)

    # headers are the same for all
    def package_id(self):
        if not self.info.options.precompiled:
            self.info.clear()

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        # what the target vantage::mujoco links is said below
        for part in "TESTS", "EXAMPLES", "BENCHMARKS", "MUJOCO":
            toolchain.cache_variables[f"VANTAGE_{part}"] = False
        toolchain.cache_variables["VANTAGE_PRECOMPILED"] = bool(self.options.precompiled)
        toolchain.generate()
        CMakeDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        # Conan writes files for CMake and pkg-config itself
        rmdir(self, os.path.join(self.package_folder, "share"))
        rmdir(self, os.path.join(self.package_folder, "lib", "cmake"))

    def package_info(self):
        self.cpp_info.set_property("cmake_target_name", "vantage::all")
        core = self._component("vantage", ["eigen::eigen"])
        if self.settings.os in ("Linux", "FreeBSD"):
            core.system_libs = ["pthread"]
        if self.options.mujoco:
            mujoco = self._component("mujoco", ["vantage", "mujoco::mujoco"])
            if self.settings.os == "Linux":
                mujoco.system_libs = ["dl"]
        if self.options.precompiled:
            precompiled = self._component("precompiled", ["vantage"])
            precompiled.libdirs = ["lib"]
            precompiled.libs = ["vantage_precompiled"]
            precompiled.defines = ["VANTAGE_PRECOMPILED"]

    def _component(self, name, requires):
        component = self.cpp_info.components[name]
        component.set_property("cmake_target_name", f"vantage::{name}")
        component.set_property("pkg_config_name", name if name == "vantage" else f"vantage-{name}")
        component.requires = requires
        component.bindirs = component.libdirs = []
        return component

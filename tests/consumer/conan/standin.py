# SPDX-License-Identifier: MIT
# Eigen and MuJoCo as this machine has them, under the names and targets of Conan's own packages: nothing is downloaded.
# conan create standin.py --name eigen|mujoco --version ...; the folder is in STANDIN_FOLDER
import os

from conan import ConanFile
from conan.tools.files import copy


class StandIn(ConanFile):
    def package(self):
        folder = os.environ["STANDIN_FOLDER"]
        if self.name == "eigen":
            copy(self, "*", src=os.path.join(folder, "Eigen"), dst=os.path.join(self.package_folder, "include", "Eigen"))
        else:
            copy(self, "*.h", src=os.path.join(folder, "include"), dst=os.path.join(self.package_folder, "include"))
            library = copy(self, "libmujoco.so.*", src=folder, dst=os.path.join(self.package_folder, "lib"))[0]
            os.symlink(os.path.basename(library), os.path.join(self.package_folder, "lib", "libmujoco.so"))

    def package_info(self):
        if self.name == "eigen":
            self.cpp_info.set_property("cmake_file_name", "Eigen3")
            self.cpp_info.set_property("cmake_target_name", "Eigen3::Eigen")
        else:
            self.cpp_info.libs = ["mujoco"]

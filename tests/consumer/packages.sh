#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# the part of run.sh about packages, which reads it: each is made of what was installed, and used by the foreign project
# shellcheck disable=SC2154
version=$(sed -n 's/^#define VANTAGE_VERSION "\(.*\)"$/\1/p' include/vantage/version.hpp)
# same(what, expected, got)
same() {
  [[ $2 == "$3" ]] || { printf '%s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3" >&2; return 1; }
}
# quietly(command...): its output is shown only where it fails
quietly() {
  "$@" >"$work/quietly.log" 2>&1 || { cat "$work/quietly.log" >&2; return 1; }
}
# absent(tool, what): said, and an error where all checks run
absent() {
  printf '%s is not here: %s is not tried\n' "$1" "$2"
  [[ -z ${VANTAGE_ALL_CHECKS:-} ]]
}
wheel=$top/build/mujoco-3.3.7/mujoco
files_of() { (cd "$1" && find . -type f | sort); }

if command -v pkg-config >/dev/null; then
  name=vantage
  options=()
  if [[ -d $wheel ]]; then
    name=vantage-mujoco
    options=(--define-variable=mujoco_includedir="$wheel/include"
      --define-variable=mujoco_library="$wheel/libmujoco.so.3.3.7 -Wl,-rpath,$wheel")
  fi
  export PKG_CONFIG_PATH=$work/prefix/share/pkgconfig
  same "pkg-config --modversion" "$version" "$(pkg-config --modversion "$name")"
  read -ra compile <<<"$(pkg-config "${options[@]}" --cflags "$name")"
  read -ra link <<<"$(pkg-config "${options[@]}" --libs "$name")"
  [[ -d $wheel ]] && compile+=(-DCONSUMER_MUJOCO)
  ${CMAKE_CXX_COMPILER_LAUNCHER:-} c++ -std=c++20 "${compile[@]}" -c tests/consumer/main.cpp -o "$work/with-pkg-config.o"
  c++ "$work/with-pkg-config.o" "${link[@]}" -o "$work/with-pkg-config"
  printf 'pkg-config: '
  "$work/with-pkg-config"
  unset PKG_CONFIG_PATH
else
  absent pkg-config vantage.pc
fi

if command -v dpkg-deb >/dev/null; then
  deb=$work/deb/libvantage-dev_${version}_all.deb
  quietly cpack --config "$work/vantage/CPackConfig.cmake" -B "$work/deb"
  dpkg-deb -x "$deb" "$work/deb/root"
  same "the .deb's depends" "libeigen3-dev (>= 3.4)" "$(dpkg-deb -f "$deb" Depends)"
  same "the .deb's architecture" all "$(dpkg-deb -f "$deb" Architecture)"
  same "the .deb's files" "$(files_of "$work/prefix")" "$(files_of "$work/deb/root/usr")"
  try deb -D CMAKE_PREFIX_PATH="$top/$work/deb/root/usr" "${mujoco[@]}"
  quietly cpack --config "$work/vantage-precompiled/CPackConfig.cmake" -B "$work/deb-precompiled"
  same "the architecture of a .deb with a library" "$(dpkg --print-architecture)" \
    "$(dpkg-deb -f "$work"/deb-precompiled/*.deb Architecture)"
else
  absent dpkg-deb "the .deb"
fi

python3 - "$work/prefix/share/vantage/package.xml" "$version" <<'PY'
import sys
import xml.etree.ElementTree

package = xml.etree.ElementTree.parse(sys.argv[1]).getroot()
assert (package.tag, package.get("format")) == ("package", "3")
said = {name: package.findtext(name) for name in ("name", "version", "license", "export/build_type")}
assert said == {"name": "vantage", "version": sys.argv[2], "license": "MIT", "export/build_type": "cmake"}, said
assert package.findtext("description") and "@" in package.find("maintainer").get("email")
assert [depend.text for depend in package.findall("depend")] == ["eigen"]
print("package.xml: vantage", said["version"])
PY

if [[ -n ${VCPKG_ROOT:-} ]]; then
  quietly "$VCPKG_ROOT/vcpkg" install --classic vantage --overlay-ports=cmake/packaging/vcpkg --x-install-root="$work/vcpkg"
  vcpkg=$(dirname "$(find "$top/$work/vcpkg" -path '*/share/vantage')")/..
  try vcpkg -D CMAKE_PREFIX_PATH="$vcpkg" -D CONSUMER_MUJOCO=OFF
else
  port=(-D SOURCE_DIR=. -D WORK="$work/vcpkg")
  [[ -d $wheel ]] && port+=(-D FEATURES=mujoco)
  quietly cmake "${port[@]}" -P tests/consumer/vcpkg_port.cmake
  if [[ -d $wheel ]]; then
    try vcpkg -D CMAKE_PREFIX_PATH="$top/$work/vcpkg/package" "${mujoco[@]}"
  else
    try vcpkg -D CMAKE_PREFIX_PATH="$top/$work/vcpkg/package" -D CONSUMER_MUJOCO=OFF
  fi
fi

# a cache of its own, no server: Eigen and MuJoCo are this machine's
export CONAN_HOME=$top/$work/conan PYTHONPATH=$top/build/python${PYTHONPATH:+:$PYTHONPATH}
conan() { python3 -c 'import sys; from conan.cli.cli import main; main(sys.argv[1:])' "$@"; }
if python3 -c 'import conan.cli.cli' 2>/dev/null; then
  # stand_in(name, version, folder)
  stand_in() {
    STANDIN_FOLDER=$3 quietly conan create tests/consumer/conan/standin.py --name "$1" --version "$2" --no-remote --test-folder=
  }
  # create(name, settings and options...)
  create() {
    local name=$1
    shift
    conan create cmake/packaging/conan --test-folder "$top/tests/consumer/conan" --no-remote -s compiler.cppstd=20 \
      -c tools.cmake.cmaketoolchain:generator=Ninja -c tools.cmake.cmake_layout:test_folder="$top/$work/$name" "$@" \
      >"$work/$name.log" 2>&1 || { cat "$work/$name.log" >&2; return 1; }
  }
  quietly conan profile detect
  stand_in eigen 3.4.0 "$eigen"
  with_mujoco=()
  if [[ -d $wheel ]]; then
    stand_in mujoco 3.3.7 "$wheel"
    with_mujoco=(-o 'vantage/*:mujoco=True')
  fi
  create conan-headers "${with_mujoco[@]}"
  printf 'conan: %s\n' "$(tail -n 2 "$work/conan-headers.log" | grep ^vantage)"
  create conan-precompiled -s build_type=Debug -o 'vantage/*:precompiled=True'
  printf 'conan, precompiled: %s\n' "$(grep ^ppo: "$work/conan-precompiled.log")"
else
  absent Conan "its recipe"
fi

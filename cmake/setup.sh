#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brings what a build needs: apt packages by name, and MuJoCo's C library out of its Python wheel, into build/.
# Quiet where there is nothing to do, and then without network.
#   cmake/setup.sh                  the compiler, the libraries, MuJoCo 3.3.7
#   cmake/setup.sh --ci             also what the checks need (clang, Debian's MuJoCo, OSMesa, Open MPI, ffmpeg, doxygen, numpy ...)
#   cmake/setup.sh --mujoco 4.0.1   also this MuJoCo (repeatable)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

default_mujoco=3.3.7
packages=(g++ cmake ninja-build libeigen3-dev catch2 libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libpng-dev
  gnuplot-nox python3 python3-pip ca-certificates)
versions=("$default_mujoco")
ci=false

while (($#)); do
  case "$1" in
    --ci)
      packages+=(ccache clang clang-format clang-tidy libclang-rt-14-dev libmujoco-dev libosmesa6 ffmpeg git doxygen pkg-config python3-dev python3-venv
        libopenmpi-dev openmpi-bin)
      ci=true
      shift
      ;;
    --mujoco)
      [[ $# -ge 2 ]] || { echo "setup.sh: expected a version after --mujoco" >&2; exit 2; }
      versions+=("$2")
      shift 2
      ;;
    *)
      echo "setup.sh: expected --ci or --mujoco VERSION, got $1" >&2
      exit 2
      ;;
  esac
done

say() { printf 'setup: %s\n' "$*"; }

# apt packages that are missing; root needs no sudo
install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || { say "please install: ${missing[*]} (neither root nor sudo here)"; return 1; }
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# SHA-256 of each wheel that is known; another version or machine has none and says so
wheel_sha256() {
  case "$1-$(uname -m)" in
    3.3.7-x86_64) echo 9371506f0df2d82152685fc8d38465843abcea8d371745ea7c125001e8f3f2d8 ;;
    4.0.1-x86_64) echo be28c0c7587347ef996b4de0487264e9da296282082b092bae211a9163e9aed6 ;;
  esac
}

# fetch_mujoco(version): build/mujoco-<version>/mujoco/{include,libmujoco.so.<version>}. From 4.0 on the C library has a wheel
# of its own name. The Python inside the wheel is never used, so any tag will do
fetch_mujoco() {
  local version=$1 target="build/mujoco-$1" package=mujoco
  [[ -e "$target/mujoco/include/mujoco/mujoco.h" ]] && return 0
  ((${version%%.*} >= 4)) && package=mujoco_core
  mkdir -p build
  local download
  download=$(mktemp -d build/.mujoco-XXXXXX)
  say "fetching MuJoCo $version"
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation cp \
    --python-version 3.11 --platform "manylinux_2_28_$(uname -m)" --platform "manylinux_2_27_$(uname -m)" \
    --dest "$download" "$package==$version"; then
    rm -rf "$download"
    return 1
  fi
  local wheels=("$download"/*.whl) expected
  expected=$(wheel_sha256 "$version")
  if [[ -z $expected ]]; then
    say "no SHA-256 is pinned for MuJoCo $version on $(uname -m), the wheel is taken as it came"
  elif ! echo "$expected  ${wheels[0]}" | sha256sum --check --status; then
    say "the wheel of MuJoCo $version is not the pinned one: expected $expected, got $(sha256sum <"${wheels[0]}")"
    rm -rf "$download"
    exit 1
  fi
  python3 -m zipfile -e "${wheels[0]}" "$download/unpacked" || return 1
  # the move comes last: a folder that exists is whole
  rm -rf "$target"
  mv "$download/unpacked" "$target"
  rm -rf "$download"
}

install_packages "${packages[@]}"
for version in "${versions[@]}"; do
  if ! fetch_mujoco "$version"; then
    [[ $version == "$default_mujoco" ]] || { say "MuJoCo $version cannot be fetched"; exit 1; }
    say "the Python package index cannot be reached: falling back to Debian's MuJoCo 2.2.2, 1.2 to 1.4 times slower"
    install_packages libmujoco-dev
  fi
done

# Python's own readers of what vantage writes, for tests, which are skipped without them; Conan, which reads the recipe
readers=(safetensors tensorboard onnx onnxruntime conan)
if $ci && ! (cd build/python 2>/dev/null && ls -d "${readers[@]}" >/dev/null 2>&1); then
  mkdir -p build
  download=$(mktemp -d build/.python-XXXXXX)
  # what was there stays unless all of it came
  if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$download/python" \
    numpy safetensors==0.5.3 tensorboard==2.21.0 onnx==1.23.2 onnxruntime==1.32.0 conan==2.34.0; then
    rm -rf build/python
    mv "$download/python" build/python
  else
    say "the Python readers ${readers[*]} cannot be fetched: tests that need them are skipped or, in .ci/run, fail"
  fi
  rm -rf "$download"
fi

# what builds the Python package without network and what its tests need, in an environment of its own
package=(scikit-build-core==1.1.2 nanobind==3.1.0 numpy==2.4.6 gymnasium==1.2.3 mujoco=="$default_mujoco" imageio==2.38.1)
if $ci && [[ $(cat build/venv/vantage.txt 2>/dev/null) != "${package[*]}" ]]; then
  if python3 -m venv build/venv && build/venv/bin/pip install --quiet --disable-pip-version-check "${package[@]}"; then
    echo "${package[*]}" >build/venv/vantage.txt
  else
    say "the environment of the Python package cannot be made: .ci/run fails at its stage"
  fi
fi

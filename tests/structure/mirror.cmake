# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
get_filename_component(SOURCE_DIR "${SOURCE_DIR}" ABSOLUTE)
# every header include/vantage/<folder>/<name>.hpp has a test tests/<folder>/<name>_test.cpp, and every test a header
set(no_test_of_its_own)
# tests of more than one header
set(no_header_of_its_own env/classic_alignment mujoco/alignment train/learning train/allocation train/privileged_critic train/reward_scale io/injected_faults train/schedules train/hidden_velocity train/ranks train/overlap)

set(missing)
file(GLOB headers RELATIVE "${SOURCE_DIR}/include/vantage" "${SOURCE_DIR}/include/vantage/*/*.hpp")
foreach(header IN LISTS headers)
  string(REGEX REPLACE "\\.hpp$" "" name "${header}")
  get_filename_component(folder "${name}" DIRECTORY)
  # the umbrella of a folder carries the folder's name
  if(name STREQUAL "${folder}/${folder}")
    continue()
  endif()
  if(NOT name IN_LIST no_test_of_its_own AND NOT EXISTS "${SOURCE_DIR}/tests/${name}_test.cpp")
    string(APPEND missing "\n  include/vantage/${header} has no tests/${name}_test.cpp")
  endif()
endforeach()

file(GLOB tests RELATIVE "${SOURCE_DIR}/tests" "${SOURCE_DIR}/tests/*/*_test.cpp")
# kinds of errors, across headers; parts of the programs
list(FILTER tests EXCLUDE REGEX "^(bugs_of_others|trainer)/")
foreach(test IN LISTS tests)
  string(REGEX REPLACE "_test\\.cpp$" "" name "${test}")
  if(NOT name IN_LIST no_header_of_its_own AND NOT EXISTS "${SOURCE_DIR}/include/vantage/${name}.hpp")
    string(APPEND missing "\n  tests/${test} has no include/vantage/${name}.hpp")
  endif()
endforeach()

if(missing)
  message(FATAL_ERROR "tests do not mirror headers:${missing}")
endif()

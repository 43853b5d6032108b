# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
get_filename_component(SOURCE_DIR "${SOURCE_DIR}" ABSOLUTE)
# no field has a default that names fields of its own: who names another field of it would lose that default. What
# differs by owner is an optional that the owner resolves
set(wrong)
file(GLOB_RECURSE headers RELATIVE "${SOURCE_DIR}/include/vantage" "${SOURCE_DIR}/include/vantage/*.hpp")
foreach(header IN LISTS headers)
  file(STRINGS "${SOURCE_DIR}/include/vantage/${header}" lines REGEX "^  [A-Za-z_:<>, ]+ [a-z_]+ = [A-Za-z_:<>]*{\\.")
  foreach(line IN LISTS lines)
    string(APPEND wrong "\n  ${header}: ${line}")
  endforeach()
endforeach()

if(wrong)
  message(FATAL_ERROR "defaults that are lost where one of their siblings is named:${wrong}")
endif()

# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -D OUTPUT=unit.cpp "-D SOURCES=a_test.cpp,b_test.cpp" -P unite.cmake: one source of several tests. Their includes
# come first, so that inside each test's own namespace they are empty; hence no two tests can disturb each other
string(REPLACE "," ";" sources "${SOURCES}")
set(includes)
set(bodies)
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  file(STRINGS "${source}" lines REGEX "^#[ \t]*include ")
  list(APPEND includes ${lines})
  string(APPEND bodies "\nnamespace unit_${name} {\n#include \"${source}\"\n}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(JOIN includes "\n" includes)
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "${includes}\n${bodies}" @ONLY)
file(TOUCH "${OUTPUT}")

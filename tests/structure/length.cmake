# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
get_filename_component(SOURCE_DIR "${SOURCE_DIR}" ABSOLUTE)
# a header is one noun: at most 250 lines
set(too_long)
file(GLOB_RECURSE headers "${SOURCE_DIR}/include/vantage/*.hpp")
foreach(header IN LISTS headers)
  file(READ "${header}" text)
  string(REGEX MATCHALL "\n" ends "${text}")
  list(LENGTH ends lines)
  if(lines GREATER 250)
    string(APPEND too_long "\n  ${header}: ${lines} lines")
  endif()
endforeach()

if(too_long)
  message(FATAL_ERROR "headers of more than 250 lines:${too_long}")
endif()

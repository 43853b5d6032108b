# SPDX-License-Identifier: MIT
# vantage::precompiled: what vantage/precompiled.hpp lists, compiled once, for who would rather link it than compile it in
# every program. The source is that header without its "extern"s, so what is declared and what is defined is one list.
# Built where something links it; with VANTAGE_PRECOMPILED always, and installed
option(VANTAGE_PRECOMPILED "Build and install vantage::precompiled, a library of the common instantiations" OFF)

set(_header "${PROJECT_SOURCE_DIR}/include/vantage/precompiled.hpp")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${_header}")
file(READ "${_header}" _text)
string(REPLACE "extern template" "template" _text "${_text}")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/precompiled.cpp" CONTENT "${_text}" @ONLY)

add_library(vantage_precompiled STATIC "${PROJECT_BINARY_DIR}/precompiled.cpp")
add_library(vantage::precompiled ALIAS vantage_precompiled)
set_target_properties(vantage_precompiled PROPERTIES EXPORT_NAME precompiled)
if(NOT VANTAGE_PRECOMPILED)
  set_target_properties(vantage_precompiled PROPERTIES EXCLUDE_FROM_ALL ON)
endif()
target_link_libraries(vantage_precompiled PUBLIC vantage PRIVATE $<BUILD_INTERFACE:vantage_warnings>)
# vantage.hpp then declares what the library holds
target_compile_definitions(vantage_precompiled INTERFACE VANTAGE_PRECOMPILED)

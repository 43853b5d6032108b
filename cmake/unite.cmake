# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
# cmake -D OUTPUT=unit.cpp "-D SOURCES=a_test.cpp,b_test.cpp" [-D "PLAIN=c.cpp"] -P unite.cmake: one source of several. Their
# includes come first, so that inside each source's own namespace they are empty; hence no two can disturb each other, and a
# main is a function like any other. What defines functions of headers is PLAIN, in no namespace. Paths begin at the unit, so
# that it has the same bytes in every clone
function(add_bodies in_namespaces)
  get_filename_component(unit_folder "${OUTPUT}" DIRECTORY)
  foreach(source IN LISTS ARGN)
    file(REAL_PATH "${source}" source)
    get_filename_component(folder "${source}" DIRECTORY)
    file(STRINGS "${source}" lines REGEX "^#[ \t]*include ")
    # a name is first looked for beside its source
    foreach(line IN LISTS lines)
      string(REGEX REPLACE ".*\"(.*)\".*" "${folder}/\\1" neighbour "${line}")
      if(EXISTS "${neighbour}")
        file(RELATIVE_PATH neighbour "${unit_folder}" "${neighbour}")
        set(line "#include \"${neighbour}\"")
      endif()
      list(APPEND includes "${line}")
    endforeach()
    file(RELATIVE_PATH name "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.." "${source}")
    string(MAKE_C_IDENTIFIER "unit_${name}" name)
    file(RELATIVE_PATH source "${unit_folder}" "${source}")
    if(in_namespaces)
      string(APPEND bodies "\nnamespace ${name} {\n#include \"${source}\"\n}\n")
    else()
      string(APPEND bodies "\n#include \"${source}\"\n")
    endif()
  endforeach()
  set(includes "${includes}" PARENT_SCOPE)
  set(bodies "${bodies}" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" sources "${SOURCES}")
string(REPLACE "," ";" plain "${PLAIN}")
add_bodies(ON ${sources})
add_bodies(OFF ${plain})
list(REMOVE_DUPLICATES includes)
list(JOIN includes "\n" includes)
# clang-tidy is to look at the sources, not at this one
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "// NOLINTBEGIN\n${includes}\n${bodies}// NOLINTEND\n" @ONLY)
file(TOUCH "${OUTPUT}")

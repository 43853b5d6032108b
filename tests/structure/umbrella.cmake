# SPDX-License-Identifier: MIT
cmake_minimum_required(VERSION 3.25)
get_filename_component(SOURCE_DIR "${SOURCE_DIR}" ABSOLUTE)
# the umbrella headers include exactly what they should; with -D WRITE=ON they are written anew
#   cmake -D SOURCE_DIR=. -D WRITE=ON -P tests/structure/umbrella.cmake
set(include_dir "${SOURCE_DIR}/include/vantage")

# umbrella(file guard sentence headers...): compares `file` with what it should be
function(umbrella file guard sentence)
  set(text "// SPDX-License-Identifier: MIT\n#ifndef ${guard}\n#define ${guard}\n\n// ${sentence}\n\n")
  foreach(header IN LISTS ARGN)
    string(APPEND text "#include \"vantage/${header}\"\n")
  endforeach()
  if(file STREQUAL "vantage.hpp")
    string(APPEND text "\n#ifdef VANTAGE_PRECOMPILED\n#include \"vantage/precompiled.hpp\"\n#endif\n")
  endif()
  string(APPEND text "\n#endif\n")
  set(present "")
  if(EXISTS "${include_dir}/${file}")
    file(READ "${include_dir}/${file}" present)
  endif()
  if(present STREQUAL text)
    return()
  endif()
  if(WRITE)
    file(WRITE "${include_dir}/${file}" "${text}")
    message(STATUS "wrote include/vantage/${file}")
  else()
    message(SEND_ERROR "include/vantage/${file} does not list the headers that exist; write it anew with\n"
                       "  cmake -D SOURCE_DIR=. -D WRITE=ON -P tests/structure/umbrella.cmake")
  endif()
endfunction()

file(GLOB headers RELATIVE "${include_dir}" "${include_dir}/*/*.hpp" "${include_dir}/version.hpp")
list(SORT headers)
set(core_headers ${headers})
list(FILTER core_headers EXCLUDE REGEX "^(deploy|tabular|diagnostics|mujoco|mpi)/")
umbrella(vantage.hpp VANTAGE_VANTAGE_HPP "everything that needs only Eigen and threads" ${core_headers})

# exact oracles solve linear equations, which costs compile time: they have an umbrella of their own
set(tabular_headers ${headers})
list(FILTER tabular_headers INCLUDE REGEX "^tabular/")
list(REMOVE_ITEM tabular_headers tabular/tabular.hpp)
if(tabular_headers)
  umbrella(tabular/tabular.hpp VANTAGE_TABULAR_TABULAR_HPP "problems that are solved exactly" ${tabular_headers})
endif()

# only programs that export include them: they read policies of every kind and precision, which costs compile time
set(deploy_headers ${headers})
list(FILTER deploy_headers INCLUDE REGEX "^deploy/")
list(REMOVE_ITEM deploy_headers deploy/deploy.hpp)
umbrella(deploy/deploy.hpp VANTAGE_DEPLOY_DEPLOY_HPP "policies for programs without vantage" ${deploy_headers})

# only programs that measure include them
set(diagnostics_headers ${headers})
list(FILTER diagnostics_headers INCLUDE REGEX "^diagnostics/")
list(REMOVE_ITEM diagnostics_headers diagnostics/diagnostics.hpp)
umbrella(diagnostics/diagnostics.hpp VANTAGE_DIAGNOSTICS_DIAGNOSTICS_HPP "measurements on agents of any kind" ${diagnostics_headers})

set(mpi_headers ${headers})
list(FILTER mpi_headers INCLUDE REGEX "^mpi/")
list(REMOVE_ITEM mpi_headers mpi/mpi.hpp)
umbrella(mpi/mpi.hpp VANTAGE_MPI_MPI_HPP "everything that needs MPI" ${mpi_headers})

set(mujoco_headers ${headers})
list(FILTER mujoco_headers INCLUDE REGEX "^mujoco/")
list(REMOVE_ITEM mujoco_headers mujoco/mujoco.hpp)
if(mujoco_headers)
  umbrella(mujoco/mujoco.hpp VANTAGE_MUJOCO_MUJOCO_HPP "everything that needs MuJoCo" ${mujoco_headers})
endif()

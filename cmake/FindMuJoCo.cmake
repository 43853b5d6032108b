# SPDX-License-Identifier: MIT
#[[
Finds MuJoCo, 2.2.2 or newer, and defines the imported target MuJoCo::MuJoCo.

A target `mujoco::mujoco` or `mujoco` of the same project, such as FetchContent makes of MuJoCo's own, is used as it is.
Otherwise, where it looks, first find wins:
  1. MuJoCo_ROOT (variable or environment): a release tarball (include/, lib/) or an unpacked Python wheel (mujoco/include,
     mujoco/libmujoco.so.X.Y.Z). If it is set and holds no MuJoCo, nothing else is tried.
  2. an installed CMake package (`mujoco`)
  3. a system library and its header
  4. a Python wheel in a site-packages folder (mujoco, or mujoco-core from 4.0 on); Python is not run

4.0.0 is refused: its accelerations are wrong.

Result: MuJoCo_FOUND, MuJoCo_VERSION (from the header), MuJoCo_INCLUDE_DIR, MuJoCo_LIBRARY.
]]

include(FindPackageHandleStandardArgs)

unset(MuJoCo_INCLUDE_DIR)
unset(MuJoCo_LIBRARY)
unset(MuJoCo_VERSION)

# sets MuJoCo_INCLUDE_DIR and MuJoCo_LIBRARY if `root` holds both, in any of the known arrangements
macro(_mujoco_look_into root)
  foreach(_mujoco_base IN ITEMS "${root}" "${root}/mujoco" "${root}/mujoco_core")
    if(NOT MuJoCo_LIBRARY AND EXISTS "${_mujoco_base}/include/mujoco/mujoco.h")
      # a versioned name first: a wheel has no other, and elsewhere the plain one is a link to it
      file(GLOB _mujoco_libraries "${_mujoco_base}/libmujoco.so.*" "${_mujoco_base}/lib/libmujoco.so*"
           "${_mujoco_base}/lib64/libmujoco.so*" "${_mujoco_base}/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libmujoco.so*"
           "${_mujoco_base}/libmujoco.*dylib" "${_mujoco_base}/lib/libmujoco*.dylib")
      if(_mujoco_libraries)
        list(SORT _mujoco_libraries COMPARE NATURAL ORDER DESCENDING)
        list(GET _mujoco_libraries 0 MuJoCo_LIBRARY)
        set(MuJoCo_INCLUDE_DIR "${_mujoco_base}/include")
      endif()
      unset(_mujoco_libraries)
    endif()
  endforeach()
  unset(_mujoco_base)
endmacro()

# a target of the same project; what another find_package imported is no such
unset(_mujoco_target)
foreach(_mujoco_name IN ITEMS mujoco::mujoco mujoco)
  if(NOT _mujoco_target AND TARGET ${_mujoco_name})
    get_target_property(_mujoco_imported ${_mujoco_name} IMPORTED)
    if(NOT _mujoco_imported)
      set(_mujoco_target ${_mujoco_name})
    endif()
  endif()
endforeach()

# 1. an explicit root
set(_mujoco_root "${MuJoCo_ROOT}")
if(NOT _mujoco_root AND DEFINED ENV{MuJoCo_ROOT})
  set(_mujoco_root "$ENV{MuJoCo_ROOT}")
endif()
if(_mujoco_target)
  # it may not be built yet; its headers tell the version, unless they are generated too
  set(MuJoCo_LIBRARY ${_mujoco_target})
  get_target_property(_mujoco_dirs ${_mujoco_target} INTERFACE_INCLUDE_DIRECTORIES)
  foreach(_mujoco_dir IN LISTS _mujoco_dirs)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" _mujoco_dir "${_mujoco_dir}")
    if(NOT MuJoCo_INCLUDE_DIR AND EXISTS "${_mujoco_dir}/mujoco/mujoco.h")
      set(MuJoCo_INCLUDE_DIR "${_mujoco_dir}")
    endif()
  endforeach()
elseif(_mujoco_root)
  get_filename_component(_mujoco_root "${_mujoco_root}" ABSOLUTE)
  _mujoco_look_into("${_mujoco_root}")
  if(NOT MuJoCo_LIBRARY)
    set(_mujoco_reason "MuJoCo_ROOT=${_mujoco_root} holds neither a MuJoCo release nor an unpacked wheel")
  endif()
else()
  # 2. a CMake package. Only its paths are taken: Debian's names an include folder that need not exist
  if(NOT TARGET mujoco::mujoco AND NOT TARGET mujoco)
    find_package(mujoco CONFIG QUIET)
  endif()
  if(TARGET mujoco::mujoco)
    get_target_property(_mujoco_imported mujoco::mujoco IMPORTED)
    get_target_property(_mujoco_dirs mujoco::mujoco INTERFACE_INCLUDE_DIRECTORIES)
    if(_mujoco_imported AND _mujoco_dirs)
      foreach(_mujoco_property IN ITEMS LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_NONE)
        get_target_property(_mujoco_location mujoco::mujoco ${_mujoco_property})
        if(NOT MuJoCo_LIBRARY AND _mujoco_location AND EXISTS "${_mujoco_location}")
          set(MuJoCo_LIBRARY "${_mujoco_location}")
        endif()
      endforeach()
      foreach(_mujoco_dir IN LISTS _mujoco_dirs)
        if(NOT MuJoCo_INCLUDE_DIR AND EXISTS "${_mujoco_dir}/mujoco/mujoco.h")
          get_filename_component(MuJoCo_INCLUDE_DIR "${_mujoco_dir}" ABSOLUTE)
        endif()
      endforeach()
    endif()
  endif()

  # 3. a system library
  if(NOT MuJoCo_LIBRARY OR NOT MuJoCo_INCLUDE_DIR)
    find_path(MuJoCo_SYSTEM_INCLUDE_DIR mujoco/mujoco.h)
    find_library(MuJoCo_SYSTEM_LIBRARY mujoco)
    mark_as_advanced(MuJoCo_SYSTEM_INCLUDE_DIR MuJoCo_SYSTEM_LIBRARY)
    if(MuJoCo_SYSTEM_INCLUDE_DIR AND MuJoCo_SYSTEM_LIBRARY)
      set(MuJoCo_INCLUDE_DIR "${MuJoCo_SYSTEM_INCLUDE_DIR}")
      set(MuJoCo_LIBRARY "${MuJoCo_SYSTEM_LIBRARY}")
    endif()
  endif()

  # 4. an installed wheel: the active virtual environment, then the user's and the system's packages
  if(NOT MuJoCo_LIBRARY OR NOT MuJoCo_INCLUDE_DIR)
    unset(MuJoCo_LIBRARY)
    unset(MuJoCo_INCLUDE_DIR)
    set(_mujoco_folders)
    foreach(_mujoco_prefix IN ITEMS "$ENV{VIRTUAL_ENV}" "$ENV{CONDA_PREFIX}" "$ENV{HOME}/.local" /usr/local /usr)
      if(_mujoco_prefix)
        file(GLOB _mujoco_found "${_mujoco_prefix}/lib/python3*/site-packages"
             "${_mujoco_prefix}/lib/python3*/dist-packages" "${_mujoco_prefix}/lib/python3/dist-packages")
        list(SORT _mujoco_found COMPARE NATURAL ORDER DESCENDING)
        list(APPEND _mujoco_folders ${_mujoco_found})
      endif()
    endforeach()
    foreach(_mujoco_folder IN LISTS _mujoco_folders)
      _mujoco_look_into("${_mujoco_folder}")
    endforeach()
  endif()
endif()

# the version as the header states it: three digits up to 3.4 (337), then major * 10^6 + minor * 10^3 + patch (4000001)
if(MuJoCo_INCLUDE_DIR AND EXISTS "${MuJoCo_INCLUDE_DIR}/mujoco/mujoco.h")
  file(STRINGS "${MuJoCo_INCLUDE_DIR}/mujoco/mujoco.h" _mujoco_line REGEX "#define mjVERSION_HEADER +[0-9]+")
  string(REGEX MATCH "[0-9]+$" _mujoco_number "${_mujoco_line}")
  if(_mujoco_number)
    set(_mujoco_base 10)
    if(_mujoco_number GREATER 999)
      set(_mujoco_base 1000)
    endif()
    math(EXPR _mujoco_major "${_mujoco_number} / (${_mujoco_base} * ${_mujoco_base})")
    math(EXPR _mujoco_minor "${_mujoco_number} / ${_mujoco_base} % ${_mujoco_base}")
    math(EXPR _mujoco_patch "${_mujoco_number} % ${_mujoco_base}")
    set(MuJoCo_VERSION "${_mujoco_major}.${_mujoco_minor}.${_mujoco_patch}")
  endif()
endif()

if(MuJoCo_VERSION VERSION_EQUAL 4.0.0)
  set(_mujoco_reason "MuJoCo 4.0.0 (${MuJoCo_INCLUDE_DIR}) solves sparse constraints wrongly: take 4.0.1 or newer")
  unset(MuJoCo_LIBRARY)
endif()
set(MuJoCo_NOT_FOUND_MESSAGE "${_mujoco_reason}")
set(_mujoco_required MuJoCo_LIBRARY MuJoCo_INCLUDE_DIR)
if(_mujoco_target)
  set(_mujoco_required MuJoCo_LIBRARY)
endif()
find_package_handle_standard_args(MuJoCo REQUIRED_VARS ${_mujoco_required} VERSION_VAR MuJoCo_VERSION
                                  REASON_FAILURE_MESSAGE "${_mujoco_reason}")

if(MuJoCo_FOUND AND NOT TARGET MuJoCo::MuJoCo AND _mujoco_target)
  add_library(MuJoCo::MuJoCo INTERFACE IMPORTED GLOBAL)
  target_link_libraries(MuJoCo::MuJoCo INTERFACE ${_mujoco_target})
  set_target_properties(MuJoCo::MuJoCo PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
                                                  "$<TARGET_PROPERTY:${_mujoco_target},INTERFACE_INCLUDE_DIRECTORIES>")
elseif(MuJoCo_FOUND AND NOT TARGET MuJoCo::MuJoCo)
  # the full path makes a build-time rpath; headers of imported targets are system headers
  add_library(MuJoCo::MuJoCo SHARED IMPORTED GLOBAL)
  set_target_properties(MuJoCo::MuJoCo PROPERTIES IMPORTED_LOCATION "${MuJoCo_LIBRARY}"
                                                  INTERFACE_INCLUDE_DIRECTORIES "${MuJoCo_INCLUDE_DIR}")
endif()

foreach(_mujoco_variable IN ITEMS root reason imported dirs dir property location folders folder prefix found line number
                              base major minor patch name target required)
  unset(_mujoco_${_mujoco_variable})
endforeach()
unset(_mujoco_variable)

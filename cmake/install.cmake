# SPDX-License-Identifier: MIT
# install rules: headers, targets, and the package files that find_package(vantage [COMPONENTS mujoco mpi precompiled]) reads
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# headers are for every kind of machine, a library is of one
set(_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/vantage")
set(_any_machine ARCH_INDEPENDENT)
if(VANTAGE_PRECOMPILED)
  set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vantage")
  set(_any_machine)
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

install(TARGETS vantage EXPORT vantage-targets)
install(EXPORT vantage-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
if(TARGET vantage_mujoco)
  install(TARGETS vantage_mujoco EXPORT vantage-mujoco-targets)
  install(EXPORT vantage-mujoco-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
endif()
if(TARGET vantage_mpi)
  install(TARGETS vantage_mpi EXPORT vantage-mpi-targets)
  install(EXPORT vantage-mpi-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
endif()
if(VANTAGE_PRECOMPILED)
  install(TARGETS vantage_precompiled EXPORT vantage-precompiled-targets)
  install(EXPORT vantage-precompiled-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/vantage-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/vantage-config.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vantage-config-version.cmake" COMPATIBILITY SameMinorVersion
                                 ${_any_machine})
install(FILES "${PROJECT_BINARY_DIR}/vantage-config.cmake" "${PROJECT_BINARY_DIR}/vantage-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindMuJoCo.cmake"
        DESTINATION "${_package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# for others than CMake: pkg-config, whose files know where they lie and so may be moved with the rest, and ROS
file(RELATIVE_PATH _pc_to_include "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
foreach(_target IN ITEMS vantage vantage_mujoco)
  if(TARGET ${_target})
    string(REPLACE "_" "-" _pc "${_target}.pc")
    configure_file("${PROJECT_SOURCE_DIR}/cmake/packaging/${_pc}.in" "${PROJECT_BINARY_DIR}/${_pc}" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${_pc}" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
  endif()
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/package.xml" DESTINATION "${CMAKE_INSTALL_DATADIR}/vantage")

if(PROJECT_IS_TOP_LEVEL)
  include(cmake/packaging/debian.cmake)
endif()

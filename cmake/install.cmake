# SPDX-License-Identifier: MIT
# install rules: headers, targets, and the package files that find_package(vantage [COMPONENTS mujoco precompiled]) reads
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vantage")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

install(TARGETS vantage EXPORT vantage-targets)
install(EXPORT vantage-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
if(TARGET vantage_mujoco)
  install(TARGETS vantage_mujoco EXPORT vantage-mujoco-targets)
  install(EXPORT vantage-mujoco-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
endif()
# a library is of one kind of machine, headers are not
set(_any_machine ARCH_INDEPENDENT)
if(VANTAGE_PRECOMPILED)
  install(TARGETS vantage_precompiled EXPORT vantage-precompiled-targets)
  install(EXPORT vantage-precompiled-targets NAMESPACE vantage:: DESTINATION "${_package_dir}")
  set(_any_machine)
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/vantage-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/vantage-config.cmake" INSTALL_DESTINATION "${_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vantage-config-version.cmake" COMPATIBILITY SameMinorVersion
                                 ${_any_machine})
install(FILES "${PROJECT_BINARY_DIR}/vantage-config.cmake" "${PROJECT_BINARY_DIR}/vantage-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindMuJoCo.cmake"
        DESTINATION "${_package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

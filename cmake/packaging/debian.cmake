# SPDX-License-Identifier: MIT
# cpack makes libvantage-dev: below /usr what cmake --install puts below its prefix, for every machine unless there is a library
file(STRINGS "${PROJECT_SOURCE_DIR}/package.xml" _maintainer REGEX "<maintainer ")
string(REGEX REPLACE "^.*email=\"([^\"]+)\">([^<]+)<.*$" "\\2 <\\1>" CPACK_PACKAGE_CONTACT "${_maintainer}")

set(CPACK_GENERATOR DEB)
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_DEBIAN_PACKAGE_NAME libvantage-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libmujoco-dev (>= 2.2.2)")
if(NOT VANTAGE_PRECOMPILED)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
endif()
include(CPack)

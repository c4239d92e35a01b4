# What `cmake --install` lays down: find_package(varve) and pkg-config both find it, wherever the
# tree is moved to.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(varve_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/varve)
set(varve_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS varve EXPORT varveTargets FILE_SET HEADERS)
install(EXPORT varveTargets NAMESPACE varve:: DESTINATION ${varve_cmake_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/varveConfig.cmake.in varveConfig.cmake
  INSTALL_DESTINATION ${varve_cmake_dir})
write_basic_package_version_file(varveConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/varveConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/varveConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindAsio.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindRe2.cmake
  ${CMAKE_CURRENT_LIST_DIR}/FindXxHash.cmake
  DESTINATION ${varve_cmake_dir})

cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY
  ${CMAKE_INSTALL_PREFIX}/${varve_pc_dir} OUTPUT_VARIABLE varve_prefix_from_pc)
configure_file(${CMAKE_CURRENT_LIST_DIR}/varve.pc.in varve.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/varve.pc DESTINATION ${varve_pc_dir})

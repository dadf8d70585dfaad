# What `cmake --install` puts where, and the CMake package that `find_package(softmech)` reads.

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/softmech)
set(shared ${CMAKE_INSTALL_DATADIR}/softmech)

install(TARGETS softmech EXPORT softmech ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY lib/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/softmech FILES_MATCHING PATTERN *.hpp)
install(EXPORT softmech NAMESPACE softmech:: FILE softmechTargets.cmake DESTINATION ${package})
configure_package_config_file(cmake/softmechConfig.cmake.in softmechConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(softmechConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/softmechConfig.cmake ${PROJECT_BINARY_DIR}/softmechConfigVersion.cmake
        DESTINATION ${package})

install(DIRECTORY data/ DESTINATION ${shared} OPTIONAL PATTERN CMakeLists.txt EXCLUDE PATTERN *.cpp EXCLUDE)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)

# The front door, `softmech NAME ...`.
configure_file(cmake/softmech.in bin/softmech @ONLY FILE_PERMISSIONS
               OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
install(PROGRAMS ${PROJECT_BINARY_DIR}/bin/softmech DESTINATION ${CMAKE_INSTALL_BINDIR})

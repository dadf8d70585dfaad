# Settings that every target of the project shares.

add_library(softmech_options INTERFACE)
target_compile_features(softmech_options INTERFACE cxx_std_20)
# No -ffast-math anywhere. The first two change no result: nobody reads errno or traps after <cmath>. The third obeys
# #pragma omp simd, which names the few sums that may be reordered; it brings no threads and no library.
target_compile_options(softmech_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
                       -fno-math-errno -fno-trapping-math
                       -fopenmp-simd)
# No vector type crosses a call: the functions that have them are always inlined, so their ABI does not matter.
target_compile_options(softmech_options INTERFACE -Wno-psabi)
# GCC 12 reports overflows in fmt and Eigen that are none.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(softmech_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(SOFTMECH_WERROR)
  target_compile_options(softmech_options INTERFACE -Werror)
endif()

# All programs: `cmake --build --preset release --target programs`.
add_custom_target(programs)

# softmech_program(NAME SOURCE): the program softmech-NAME from one source file.
function(softmech_program name source)
  add_executable(softmech-${name} ${source})
  target_link_libraries(softmech-${name} PRIVATE softmech::softmech softmech_options)
  add_dependencies(programs softmech-${name})
  install(TARGETS softmech-${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# softmech_script(NAME SOURCE): the program softmech-NAME from a Python file; its folder is installed as it is, so that
# the file finds its neighbors beside it, here and there.
function(softmech_script name source)
  cmake_path(GET source PARENT_PATH folder)
  cmake_path(GET folder FILENAME folder_name)
  cmake_path(GET source FILENAME file)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/softmech-${name} SYMBOLIC)

  cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_DATADIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_BINDIR} OUTPUT_VARIABLE shared)
  file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/installed)
  file(CREATE_LINK ${shared}/softmech/${folder_name}/${file} ${CMAKE_CURRENT_BINARY_DIR}/installed/softmech-${name} SYMBOLIC)
  install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/softmech/${folder_name} USE_SOURCE_PERMISSIONS
          PATTERN __pycache__ EXCLUDE)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/installed/softmech-${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

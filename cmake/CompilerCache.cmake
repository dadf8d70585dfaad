# With ccache installed, unchanged sources are compiled once, whatever the build directory or clone.

find_program(SOFTMECH_CCACHE ccache)
mark_as_advanced(SOFTMECH_CCACHE)
if(NOT SOFTMECH_CCACHE OR CMAKE_CXX_COMPILER_LAUNCHER)
  return()
endif()

# Precompiled headers are cached only under these settings (ccache's manual, "Precompiled headers").
set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${SOFTMECH_CCACHE})
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

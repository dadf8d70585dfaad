# The target `coverage` (preset coverage): runs all tests and prints which lines of lib/ they reached.

if(NOT CMAKE_CXX_FLAGS MATCHES "--coverage")
  return()
endif()
find_program(GCOVR gcovr REQUIRED)
include(ProcessorCount)
ProcessorCount(cores)

add_custom_target(coverage
  COMMAND ${CMAKE_CTEST_COMMAND} --output-on-failure -j ${cores}
  COMMAND ${GCOVR} --root ${PROJECT_SOURCE_DIR} --filter ${PROJECT_SOURCE_DIR}/lib/ --delete -j ${cores} ${PROJECT_BINARY_DIR}
  WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
  COMMENT "Tests, then line coverage" USES_TERMINAL VERBATIM)

# cmake -D source=... -D output=... -D version=... -P WriteVersion.cmake: writes version.cpp if it would change.

set(revision unknown)
find_program(git git)
# A copy of the sources inside somebody else's repository must not take that one's commit.
if(git AND EXISTS ${source}/.git)
  execute_process(COMMAND ${git} describe --always --dirty --abbrev=12 --exclude=*
                  WORKING_DIRECTORY ${source} OUTPUT_VARIABLE described RESULT_VARIABLE status
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(status EQUAL 0)
    set(revision ${described})
  endif()
endif()
configure_file(${source}/lib/program/version.cpp.in ${output} @ONLY)

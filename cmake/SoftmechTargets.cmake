# Settings that every target of the project shares.

add_library(softmech_options INTERFACE)
target_compile_features(softmech_options INTERFACE cxx_std_20)
# No -ffast-math anywhere. These two change no result: nobody reads errno or traps after <cmath>.
target_compile_options(softmech_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
                       -fno-math-errno -fno-trapping-math)
if(SOFTMECH_WERROR)
  target_compile_options(softmech_options INTERFACE -Werror)
endif()

# softmech_program(NAME SOURCE): the program softmech-NAME from one source file.
function(softmech_program name source)
  add_executable(softmech-${name} ${source})
  target_link_libraries(softmech-${name} PRIVATE softmech::softmech softmech_options)
  install(TARGETS softmech-${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

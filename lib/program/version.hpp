// What this binary was made from: written into every result.
#pragma once

#include <string_view>

namespace softmech {

/// The release, "0.1.0".
std::string_view version();

/// The Git commit of the sources at build time, "a0e8eeb5b3c1", with "-dirty" if they had changes that are not
/// committed; "unknown" where the sources were not a Git clone or Git was missing.
std::string_view git_revision();

/// The compiler, "GNU 12.2.0".
std::string_view compiler();

/// What the compiler was told beyond the project's own fixed options, "-march=x86-64-v3 -O3".
std::string_view compiler_flags();

/// CMake's build type, "Release".
std::string_view build_type();

}  // namespace softmech

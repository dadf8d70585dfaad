#include <softmech/program/version.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

using namespace softmech;

TEST_CASE("the version is the project's") { CHECK(version() == SOFTMECH_PROJECT_VERSION); }

TEST_CASE("the revision is an abbreviated commit, perhaps with changes, or unknown") {
  std::string revision(git_revision());
  if (const auto dirty = revision.find("-dirty"); dirty != std::string::npos) {
    CHECK(dirty + 6 == revision.size());
    revision.erase(dirty);
  }
  const bool hexadecimal = std::all_of(revision.begin(), revision.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  CHECK((revision == "unknown" || (hexadecimal && revision.size() >= 12)));
}

TEST_CASE("the build identity agrees with what the compiler says of itself") {
  CHECK(compiler().find(fmt::format("{}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__)) !=
        std::string_view::npos);
#ifdef NDEBUG
  CHECK(build_type() == "Release");
#else
  CHECK(build_type() == "Debug");
#endif
#ifdef __AVX2__
  CHECK(compiler_flags().find("-march=") != std::string_view::npos);
#endif
}

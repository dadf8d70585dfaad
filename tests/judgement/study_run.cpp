#include <softmech/judgement/study_run.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace softmech;

namespace {

struct Scratch {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("softmech-study-" + std::to_string(::getpid()));
  Scratch() { std::filesystem::create_directories(path); }
  ~Scratch() { std::filesystem::remove_all(path); }
};

StudyRun run_script(const std::filesystem::path& log, const std::string& script) {
  return run_study({"/bin/sh", "-c", script}, log);
}

}  // namespace

TEST_CASE("A study that ends with 0 is finished, with 75 stopped, otherwise failed with its last words") {
  const Scratch scratch;
  const auto log = scratch.path / "logs" / "study.log";
  CHECK(run_script(log, "exit 0").outcome == StudyOutcome::finished);
  CHECK(run_script(log, "exit 75").outcome == StudyOutcome::stopped);
  const StudyRun failed = run_script(log, "echo begin; echo 'model.mass = -1: must be > 0' >&2; exit 2");
  CHECK(failed.outcome == StudyOutcome::failed);
  CHECK_THAT(failed.message, Catch::Contains("model.mass = -1: must be > 0") && Catch::Contains("exit 2"));
  const StudyRun explained =
      run_script(log, "echo 'sh 1.0: begin'; echo 'sh: has other settings:'; echo '  a: 1 -> 2'; exit 2");
  CHECK_THAT(explained.message, Catch::StartsWith("has other settings:\n  a: 1 -> 2 (exit 2"));
  CHECK_THAT(run_script(log, "kill -9 $$").message, Catch::Contains("signal 9"));
}

TEST_CASE("Arguments reach a study as they are, and it reads nothing from the terminal") {
  const Scratch scratch;
  const auto log = scratch.path / "study.log";
  CHECK(run_study({"/bin/sh", "-c", "printf '%s|' \"$@\"; cat", "sh", "a b", "c'd", "$HOME"}, log).outcome ==
        StudyOutcome::finished);
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  CHECK(text.str() == "a b|c'd|$HOME|");
  CHECK(shell_text({"a b", "c'd", "$HOME", "plain=1"}) == "'a b' 'c'\\''d' '$HOME' plain=1");
}

TEST_CASE("A program that does not exist is named") {
  const Scratch scratch;
  CHECK_THROWS_WITH(run_study({(scratch.path / "softmech-absent").string()}, scratch.path / "log"),
                    Catch::Contains("softmech-absent cannot be started"));
}

#include <catch2/catch.hpp>

#include "scratch.hpp"

#include <softmech/ensemble/progress.hpp>
#include <softmech/ensemble/runner.hpp>
#include <softmech/ensemble/stack.hpp>
#include <softmech/store/read.hpp>

#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <new>
#include <numeric>
#include <sstream>
#include <thread>

using namespace softmech;

namespace {

std::vector<std::int64_t> all_members(std::int64_t count) {
  std::vector<std::int64_t> members(static_cast<std::size_t>(count));
  std::iota(members.begin(), members.end(), 0);
  return members;
}

void tiny(Member& member) {
  RandomStream random = member.random("tiny");
  member.coordinate("kind", member.index() % 2 ? "odd" : "even", "kind of member");
  for (const char* name : {"a", "b", "c", "d", "e"}) member.record(name, random.normal(), name);
}

std::string bytes(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// Runs the members in a directory and returns the bytes of its ensemble.h5.
std::string ensemble_bytes(const std::filesystem::path& path, int threads,
                           const std::vector<std::vector<std::int64_t>>& parts) {
  const EnsembleDirectory directory(path, "softmech-test");
  for (const auto& part : parts) REQUIRE(run_members(part, {.threads = threads, .quiet = true}, directory, tiny));
  merge_members(directory, {{"title", "test"}});
  return bytes(directory.ensemble());
}

}  // namespace

TEST_CASE("the merged file is the same for any threads and any division of the work") {
  const Scratch scratch;
  const std::string one = ensemble_bytes(scratch / "one", 1, {all_members(300)});
  CHECK(one == ensemble_bytes(scratch / "two", 2, {all_members(300)}));
  std::vector<std::int64_t> even, odd;
  for (const std::int64_t m : all_members(300)) (m % 2 ? odd : even).push_back(m);
  CHECK(one == ensemble_bytes(scratch / "parts", 2, {odd, even}));
}

TEST_CASE("many tiny members share files") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  REQUIRE(run_members(all_members(20'000), {.threads = 2, .quiet = true}, directory, tiny));
  std::size_t members = 0;
  const auto files = directory.finished();
  for (const MemberFile& file : files) members += file.members.size();
  CHECK(members == 20'000);
  CHECK(files.size() < 1000);
}

TEST_CASE("shards share the number of files an ensemble may have") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test", 0, 4000);
  const auto body = [](Member& member) {
    tiny(member);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  REQUIRE(run_members(all_members(400), {.threads = 1, .quiet = true}, directory, body));
  CHECK(directory.finished().size() <= 3);
}

TEST_CASE("a failed member is named, and what was finished before stays") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  const auto body = [](Member& member) {
    if (member.index() == 7) throw std::runtime_error("energy is NaN at depth 3");
    tiny(member);
  };
  CHECK_THROWS_WITH(run_members(all_members(20), {.threads = 1, .quiet = true}, directory, body),
                    "member 7 failed: energy is NaN at depth 3");
  const auto too_large = [](Member&) { throw std::bad_alloc(); };
  CHECK_THROWS_WITH(run_members({40}, {.threads = 1, .quiet = true}, directory, too_large),
                    Catch::Contains("member 40 failed: not enough memory; use fewer --threads"));
  std::size_t kept = 0;
  for (const MemberFile& file : directory.finished()) kept += file.members.size();
  CHECK(kept == 7);
}

TEST_CASE("a member that is parallel inside takes up no other member while it waits") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  std::atomic<int> nested = 0;
  const auto body = [&](Member& member) {
    thread_local int depth = 0;
    if (++depth > 1) ++nested;
    tbb::parallel_for(0, 16, [](int) { std::this_thread::sleep_for(std::chrono::microseconds(50)); });
    --depth;
    tiny(member);
  };
  REQUIRE(run_members(all_members(200), {.threads = 8, .quiet = true}, directory, body));
  CHECK(nested == 0);
}

TEST_CASE("a result that cannot be written stops the members that are still computed") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  std::atomic<bool> stopped = false;
  const auto body = [&](Member& member) {
    tiny(member);
    if (member.index() == 0) std::filesystem::remove_all(directory.members());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (member.index() == 1 && !stopped && std::chrono::steady_clock::now() < end) stopped = member.stop_requested();
  };
  CHECK_THROWS_AS(run_members(all_members(2), {.threads = 2, .quiet = true}, directory, body), StoreError);
  CHECK(stopped);
}

TEST_CASE("a run past its deadline stops, keeps what is finished, and says so") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  const StopRule past(std::chrono::system_clock::now() - std::chrono::seconds(1));
  CHECK(past.reason() == "the time limit");
  CHECK_FALSE(run_members(all_members(5), {.threads = 2, .quiet = true, .stop = past}, directory, tiny));
  CHECK(directory.finished().empty());

  // Members notice the request themselves: the second one waits for it.
  const StopRule soon(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const auto body = [](Member& member) {
    tiny(member);
    while (member.index() > 0) {
      if (member.pause_due()) member.pause({1.0});
    }
  };
  CHECK_FALSE(run_members(all_members(2), {.threads = 1, .quiet = true, .stop = soon}, directory, body));
  CHECK(directory.finished().size() == 1);
  CHECK(directory.has_checkpoints());
  directory.remove_leftovers({0});
  CHECK(directory.has_checkpoints());
  directory.remove_leftovers({0, 1});
  CHECK_FALSE(directory.has_checkpoints());
}

TEST_CASE("the checkpoint of a member goes when the member is on disk") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  const auto body = [](Member& member) {
    tiny(member);
    member.pause({1.0});
  };
  REQUIRE(run_members(all_members(3), {.threads = 1, .quiet = true}, directory, body));
  CHECK(directory.finished().size() > 0);
  CHECK_FALSE(directory.has_checkpoints());
}

TEST_CASE("a shard removes what it was writing when it was killed, and leaves alone what others write") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test", 1, 2);
  const auto mine = directory.members() / "000003.h5.part", theirs = directory.members() / "000004.h5.part";
  const auto state = directory.checkpoint(5).string() + ".part";
  for (const auto& file : {mine, theirs, std::filesystem::path(state)}) std::ofstream(file) << "half";
  directory.remove_leftovers({});
  CHECK_FALSE(std::filesystem::exists(mine));
  CHECK_FALSE(std::filesystem::exists(state));
  CHECK(std::filesystem::exists(theirs));
}

TEST_CASE("a directory is held by one run, or by shards of one division") {
  const Scratch scratch;
  const auto out = scratch / "out";
  {
    const EnsembleDirectory first(out, "softmech-test", 0, 2);
    CHECK_NOTHROW(EnsembleDirectory(out, "softmech-test", 1, 2));
    CHECK_THROWS_WITH(EnsembleDirectory(out, "softmech-test", 0, 2), Catch::Contains("another run of the same shard"));
    CHECK_THROWS_WITH(EnsembleDirectory(out, "softmech-test", 0, 3), Catch::Contains("divided otherwise"));
  }
  CHECK_NOTHROW(EnsembleDirectory(out, "softmech-test", 0, 3));
  CHECK_THROWS_WITH(EnsembleDirectory(out, "softmech-other"), Catch::Contains("holds results of softmech-test"));
}

TEST_CASE("a directory with other things in it is refused and left alone") {
  const Scratch scratch;
  std::ofstream(scratch / "thesis.tex") << "precious";
  CHECK_THROWS_WITH(EnsembleDirectory(scratch.path(), "softmech-test"), Catch::Contains("is not empty"));
  CHECK_THROWS_WITH(EnsembleDirectory(scratch / "thesis.tex", "softmech-test"), Catch::Contains("is a file"));
  CHECK(bytes(scratch / "thesis.tex") == "precious");
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("discarding removes results and leaves other files") {
  const Scratch scratch;
  const EnsembleDirectory directory(scratch / "out", "softmech-test");
  run_members(all_members(3), {.threads = 1, .quiet = true}, directory, tiny);
  merge_members(directory, {});
  std::ofstream(scratch / "out" / "notes.txt") << "mine";
  directory.discard();
  CHECK(directory.finished().empty());
  CHECK_FALSE(std::filesystem::exists(directory.ensemble()));
  CHECK(std::filesystem::exists(scratch / "out" / "notes.txt"));
}

TEST_CASE("progress tells members, share and time left") {
  using std::chrono::seconds;
  CHECK(clock_text(seconds(9)) == "0:09");
  CHECK(clock_text(seconds(309)) == "5:09");
  CHECK(clock_text(seconds(3909)) == "1:05:09");
  CHECK(progress_text(16, 64, 16, seconds(30)) == "16/64 members, 25 %, 1:30 left");
  CHECK(progress_text(0, 64, 0, seconds(30)) == "0/64 members, 0 %");
  CHECK(progress_text(64, 64, 63, seconds(30)) == "63/64 members, 100 %");
}

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include "samples.hpp"

using namespace softmech;
using Catch::Contains;

namespace {

Variable number(std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape) {
  const std::size_t count = element_count(shape);
  return {.name = std::move(name),
          .axes = std::move(axes),
          .shape = std::move(shape),
          .values = ramp(count),
          .long_name = {},
          .attributes = {}};
}

std::string refusal(const Dataset& dataset) {
  const Directory directory;
  try {
    write_dataset(directory / "file.h5", dataset);
  } catch (const std::invalid_argument& error) {
    CHECK(std::filesystem::is_empty(directory.path()));
    return error.what();
  }
  return "(accepted)";
}

std::string read_message(const std::filesystem::path& path) {
  try {
    read_dataset(path);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "(read)";
}

std::string write_message(const std::filesystem::path& path) {
  try {
    write_dataset(path, everything());
  } catch (const StoreError& error) {
    return error.what();
  }
  return "(written)";
}

}  // namespace

TEST_CASE("A dataset outside the model is refused by name and rule") {
  const Variable key = number("key", {"key"}, {4});
  CHECK_THAT(refusal({{}, {number("weights", {"key"}, {4})}}),
             Contains("'weights'") && Contains("axis 'key' has no coordinate variable"));
  CHECK_THAT(refusal({{}, {key, number("weights", {"key"}, {3})}}),
             Contains("'weights'") && Contains("length 3") && Contains("has 4"));
  CHECK_THAT(refusal({{}, {key, number("weights", {"key"}, {})}}), Contains("1 axes but 0 extents"));
  CHECK_THAT(refusal({{}, {key, key}}), Contains("'key' is given twice"));
  CHECK_THAT(refusal({{}, {key, number("a/b", {}, {})}}), Contains("'a/b'") && Contains("without '/'"));
  CHECK_THAT(refusal({{}, {number("", {}, {})}}), Contains("non-empty"));
  CHECK_THAT(refusal({{}, {key, number("square", {"key", "key"}, {4, 4})}}), Contains("axis twice"));
  Variable wrong = key;
  wrong.values = ramp(5);
  CHECK_THAT(refusal({{}, {wrong}}), Contains("shape (4) asks for 4 values but there are 5"));
  wrong = number("scalar", {}, {});
  wrong.attributes = {{"DIMENSION_LIST", 1.0}};
  CHECK_THAT(refusal({{}, {wrong}}), Contains("'DIMENSION_LIST'") && Contains("reserved"));
  wrong.attributes = {{"a", 1.0}, {"a", 2.0}};
  CHECK_THAT(refusal({{}, {wrong}}), Contains("'a' is given twice"));
  wrong.attributes = {{"units", "m"}};
  CHECK_THAT(refusal({{}, {wrong}}), Contains("fields of the variable"));
  CHECK_THAT(refusal({{{"title", std::string("a\0b", 3)}}, {}}), Contains("zero byte"));
}

TEST_CASE("What does not exist is answered with what does") {
  const Directory directory;
  write_dataset(directory / "file.h5", everything());
  const DatasetFile file(directory / "file.h5");
  CHECK_THROWS_WITH(file.read("wieghts"),
                    Contains("file.h5") && Contains("no variable 'wieghts'") && Contains("temperature, label"));
  CHECK_THROWS_WITH(file.attribute("sede"), Contains("no attribute 'sede'") && Contains("seed"));
  CHECK_THROWS_WITH(everything().at("wieghts"), Contains("'wieghts'") && Contains("temperature, label"));
  CHECK_THROWS_WITH(everything().at("label").as<double>(), Contains("'label' holds string values"));
  CHECK_THROWS_WITH(read_ids(directory / "file.h5", "time"),
                    Contains("'time' is not a coordinate variable of integers"));
}

TEST_CASE("A path that cannot be written is one clear sentence, and leaves what was there") {
  const Directory directory;
  CHECK_THAT(write_message(directory / "missing/file.h5"),
             Contains("missing/file.h5") && Contains("No such file") && Contains("create the directory"));
  put_bytes(directory / "plain", "text");
  CHECK_THAT(write_message(directory / "plain/file.h5"), Contains("Not a directory"));
  CHECK_THAT(write_message(directory.path()), Contains("a directory has that name"));
  CHECK_THAT(write_message("/dev/full/file.h5"), Contains("/dev/full/file.h5"));
  if (geteuid() != 0) {
    std::filesystem::create_directory(directory / "locked");
    write_dataset(directory / "locked/old.h5", nothing());
    chmod((directory / "locked").c_str(), 0555);
    CHECK_THAT(write_message(directory / "locked/old.h5"), Contains("Permission denied") && Contains("writable"));
    chmod((directory / "locked").c_str(), 0755);
    CHECK(read_message(directory / "locked/old.h5") == "(read)");
  }
}

TEST_CASE("A full disk is called by its name and destroys nothing") {
  // A private mount of 128 KB, when the system lets us.
  const Directory directory;
  const std::string command = fmt::format(
      "unshare -rm sh -c 'mount -t tmpfs -o size=128k none {0} && exec {1} \"[.full-disk]\"' > /dev/null 2>&1",
      directory.path().string(), std::filesystem::read_symlink("/proc/self/exe").string());
  const std::string allowed =
      fmt::format("unshare -rm sh -c 'mount -t tmpfs -o size=128k none {}' 2> /dev/null", directory.path().string());
  if (std::system(allowed.c_str()) != 0) {
    WARN("skipped: this system does not allow private mounts");
    return;
  }
  setenv("SOFTMECH_FULL_DISK", directory.path().c_str(), 1);
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("The other process of the full disk", "[.full-disk]") {
  const char* name = std::getenv("SOFTMECH_FULL_DISK");
  if (!name) return;
  const std::filesystem::path directory(name);
  write_dataset(directory / "old.h5", nothing());
  const std::string before = bytes_of(directory / "old.h5");
  CHECK_THAT(write_message(directory / "old.h5"),
             Contains("old.h5") && Contains("No space left on device") && Contains("free some space"));
  CHECK(bytes_of(directory / "old.h5") == before);
  CHECK(std::distance(std::filesystem::directory_iterator(directory), {}) == 1);
}

TEST_CASE("A file that cannot be read is one clear sentence") {
  const Directory directory;
  CHECK_THAT(read_message(directory / "none.h5"),
             Contains("none.h5") && Contains("No such file") && Contains("check the name"));
  CHECK_THAT(read_message(directory.path()), Contains("is a directory"));
  put_bytes(directory / "empty.h5", "");
  CHECK_THAT(read_message(directory / "empty.h5"), Contains("is empty"));
  put_bytes(directory / "text.h5", "keys,energy\n1,2\n");
  CHECK_THAT(read_message(directory / "text.h5"), Contains("not an HDF5 file"));
  put_bytes(directory / "old.nc", "CDF\1, as netCDF-3 begins");
  CHECK_THAT(read_message(directory / "old.nc"), Contains("netCDF-3") && Contains("nccopy"));
  CHECK_THAT(read_message("/dev/null"), Contains("not a regular file"));
}

TEST_CASE("Versions that this release does not know are refused") {
  const Directory directory;
  Dataset dataset = nothing();
  const auto message = [&](AttributeValue version) {
    dataset.attributes = {{"format_version", std::move(version)}};
    write_dataset(directory / "file.h5", dataset);
    return read_message(directory / "file.h5");
  };
  CHECK(message(std::int64_t{1}) == "(read)");
  CHECK_THAT(message(format_version + 1), Contains("use a newer Softmech"));
  CHECK_THAT(message(std::int64_t{0}), Contains("not a positive integer"));
  CHECK_THAT(message("one"), Contains("not a positive integer"));
}

TEST_CASE("A file cut at any length is an error, or complete") {
  const Directory directory;
  Dataset dataset = everything();
  std::get<std::string>(dataset.attributes[2].value) = "short";
  write_dataset(directory / "whole.h5", dataset);
  const std::string whole = bytes_of(directory / "whole.h5");
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    put_bytes(directory / "cut.h5", whole.substr(0, length));
    const std::string message = read_message(directory / "cut.h5");
    INFO(length);
    if (length < whole.size() - 24)
      CHECK_THAT(message, Contains("cut.h5") && (Contains("delete it") || Contains("not an HDF5 file")));
    else
      CHECK(message == "(read)");  // only the seal is missing
  }
}

TEST_CASE("A changed byte anywhere is noticed") {
  const Directory directory;
  Dataset dataset = everything();
  std::get<std::string>(dataset.attributes[2].value) = "short";
  write_dataset(directory / "whole.h5", dataset);
  const std::string whole = bytes_of(directory / "whole.h5");
  RandomStream random(1, 0, "damage");
  for (int i = 0; i < 1000; ++i) {
    std::string damaged = whole;
    const std::size_t place = random.below(whole.size() - 24);
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << random.below(8)));
    put_bytes(directory / "damaged.h5", damaged);
    INFO(place);
    CHECK_THAT(read_message(directory / "damaged.h5"), Contains("checksum") && Contains("delete it"));
  }
  for (std::size_t place = whole.size() - 24; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    put_bytes(directory / "damaged.h5", damaged);
    const bool mark = place < whole.size() - 16;  // then the seal is not seen as one
    CHECK_THAT(read_message(directory / "damaged.h5"), Contains(mark ? "(read)" : "checksum"));
  }
}

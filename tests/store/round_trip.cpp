#include <catch2/catch.hpp>

#include <sys/wait.h>

#include <cstdlib>
#include <thread>

#include <fmt/format.h>

#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include "samples.hpp"

using namespace softmech;

TEST_CASE("What is written is read back, type by type") {
  const Directory directory;
  for (const Dataset& dataset : {everything(), nothing(), Dataset{}}) {
    write_dataset(directory / "file.h5", dataset);
    const Dataset read = read_dataset(directory / "file.h5");
    CHECK(read.attributes == dataset.attributes);
    REQUIRE(read.variables.size() == dataset.variables.size());
    for (std::size_t i = 0; i < read.variables.size(); ++i) {
      CHECK(describe(read.variables[i]) == describe(dataset.variables[i]));
      CHECK(read.variables[i].attributes == dataset.variables[i].attributes);
    }
    CHECK_FALSE(std::filesystem::exists(directory / "file.h5.part"));
  }
}

TEST_CASE("A file tells what it holds without reading the values") {
  const Directory directory;
  write_dataset(directory / "file.h5", everything());
  const DatasetFile file(directory / "file.h5");
  CHECK(file.names().front() == "member");
  CHECK(file.names().back() == "a_last");  // creation order, not alphabetical
  CHECK(file.contains("scalar"));
  CHECK_FALSE(file.contains("weight"));
  const Variable info = file.info("count");
  CHECK(info.axes == std::vector<std::string>{"member", "single"});
  CHECK(info.shape == std::vector<std::size_t>{3, 1});
  CHECK(type_name(info.values) == "int64");
  CHECK(value_count(info.values) == 0);
  CHECK(info.units == "counts");
  CHECK(info.long_name == "extreme integers");
  CHECK(std::get<std::int64_t>(file.attribute("seed")) == -7);
  CHECK(std::get<std::string>(file.attribute("config_toml")).size() == 200 * 1024 + 3);
  CHECK(read_ids(directory / "file.h5", "member") == std::vector<std::int64_t>{3, 5, 9});
}

TEST_CASE("Rows of a variable are read as slabs of the first axis") {
  const Directory directory;
  write_dataset(directory / "file.h5", everything());
  const DatasetFile file(directory / "file.h5");
  const Variable rows = file.read_rows("weights", 1, 2);
  CHECK(rows.shape == std::vector<std::size_t>{2, 2, 2});
  CHECK(rows.as<double>() == ramp(8, 4.25));
  CHECK(file.read_rows("label", 1, 1).as<std::string>() == std::vector<std::string>{"ä"});
  CHECK(file.read_rows("weights", 3, 0).as<double>().empty());
  CHECK_THROWS_WITH(file.read_rows("weights", 2, 2), Catch::Contains("'weights'") && Catch::Contains("has 3"));
}

TEST_CASE("A moved file stays readable") {
  const Directory directory;
  write_dataset(directory / "a.h5", everything());
  write_dataset(directory / "b.h5", nothing());
  DatasetFile file(directory / "a.h5");
  DatasetFile other(std::move(file));
  CHECK(other.read("scalar").as<double>() == std::vector{2.5});
  other = DatasetFile(directory / "b.h5");
  CHECK(other.info("member").shape == std::vector<std::size_t>{0});
}

TEST_CASE("The same dataset gives the same bytes, also in another process and after other work") {
  const Directory directory;
  write_dataset(directory / "a.h5", everything());
  write_dataset(directory / "other.h5", nothing());
  std::vector<char> dirt(1 << 20, '\x5a');  // the heap of the next writer is not clean
  dirt = {};
  write_dataset(directory / "b.h5", everything());
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    write_dataset(directory / "c.h5", everything());
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  CHECK(bytes_of(directory / "a.h5") == bytes_of(directory / "b.h5"));
  CHECK(bytes_of(directory / "a.h5") == bytes_of(directory / "c.h5"));
}

TEST_CASE("Threads write and read at the same time") {
  const Directory directory;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        write_dataset(directory / fmt::format("{}.h5", t), everything());
        read_dataset(directory / fmt::format("{}.h5", t));
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (int t = 1; t < 4; ++t) CHECK(bytes_of(directory / fmt::format("{}.h5", t)) == bytes_of(directory / "0.h5"));
}

TEST_CASE("Many variables and many attributes keep their order") {
  const Directory directory;
  Dataset dataset;
  for (int i = 199; i >= 0; --i) {
    dataset.attributes.push_back({fmt::format("attribute{}", i), std::int64_t{i}});
    dataset.variables.push_back({.name = fmt::format("v{}", i),
                                 .axes = {},
                                 .shape = {},
                                 .values = std::vector{1.0 * i},
                                 .long_name = {},
                                 .attributes = {}});
  }
  write_dataset(directory / "file.h5", dataset);
  const Dataset read = read_dataset(directory / "file.h5");
  CHECK(read.attributes == dataset.attributes);
  REQUIRE(read.variables.size() == 200);
  for (std::size_t i = 0; i < 200; ++i) CHECK(describe(read.variables[i]) == describe(dataset.variables[i]));
}

TEST_CASE("xarray, netCDF4, h5netcdf, h5py, ncdump and h5ls open the files as they are") {
  const Directory directory;
  write_dataset(directory / "everything.h5", everything());
  write_dataset(directory / "nothing.h5", nothing());
  const std::string log = directory / "log";
  const std::string command = fmt::format(
      "SOFTMECH_SAMPLES='{}' /usr/bin/python3 -m pytest -q -p no:cacheprovider '{}/store/test_open_elsewhere.py' > "
      "'{}' 2>&1",
      directory.path().string(), SOFTMECH_TESTS, log);
  const int status = std::system(command.c_str());
  INFO(bytes_of(log));
  CHECK(status == 0);
}

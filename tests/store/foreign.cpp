#include <catch2/catch.hpp>

#include <cstdlib>

#include <fmt/format.h>

#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include "samples.hpp"

using namespace softmech;
using Catch::Contains;

TEST_CASE("Files of xarray, netCDF4 and h5py are read") {
  const Directory directory;
  REQUIRE(std::system(fmt::format("/usr/bin/python3 '{}/store/write_elsewhere.py' '{}'", SOFTMECH_TESTS,
                                  directory.path().string())
                          .c_str()) == 0);

  for (const std::string name : {"netcdf4.nc", "h5netcdf.nc"}) {
    INFO(name);
    const DatasetFile file(directory / name);
    const Variable energies = file.read("energies");
    CHECK(energies.axes == std::vector<std::string>{"row", "key"});
    CHECK(energies.as<double>() == ramp(6));
    CHECK(energies.units == "nat");
    CHECK(energies.long_name == "logits");
    REQUIRE(find_attribute(energies.attributes, "scale"));
    CHECK(find_attribute(energies.attributes, "scale")->value == AttributeValue(std::vector{1.0, 2.0}));
    CHECK(file.read_rows("energies", 1, 1).as<double>() == ramp(3, 3));
    CHECK(file.read("label").as<std::string>() == std::vector<std::string>{"ä", "b"});
    CHECK(file.read("bare").as<std::int64_t>() == std::vector<std::int64_t>{0, 1, 2, 3});
    CHECK(file.info("bare").axes == std::vector<std::string>{"uncounted"});
    CHECK(file.read("total").as<double>() == std::vector{15.0});
    CHECK(read_ids(directory / name, "row") == std::vector<std::int64_t>{10, 20});
    CHECK(file.attribute("title") == AttributeValue("mine"));
    CHECK(file.attribute("numbers") == AttributeValue(std::vector{1.5, 2.5}));
    CHECK(file.attribute("year") == AttributeValue(std::int64_t{2024}));
    CHECK_FALSE(file.contains("key"));  // a dimension without a coordinate variable
  }

  CHECK_THROWS_WITH(DatasetFile(directory / "plain.h5"), Contains("does not name its axis 0") && Contains("to_netcdf"));
  const DatasetFile plain(directory / "plain.h5", AxisNames::optional);
  CHECK(plain.read("energies").as<double>() == ramp(6, 1));
  CHECK(plain.info("energies").axes == std::vector<std::string>{"axis0", "axis1"});
  CHECK(plain.read("flags").as<std::int64_t>() == std::vector<std::int64_t>{1, 0, 1});
  CHECK(plain.read("fixed").as<std::string>() == std::vector<std::string>{"one", "three"});
  CHECK_THROWS_WITH(plain.read("pairs"), Contains("plain.h5") && Contains("neither numbers nor strings"));
  CHECK_THROWS_AS(plain.read("huge"), StoreError);
  CHECK_THROWS_WITH(plain.read("unwritten"), Contains("does not fit into memory"));
  CHECK_FALSE(plain.contains("group"));
}

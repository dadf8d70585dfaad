#include <catch2/catch.hpp>

#include <softmech/store/safetensors.hpp>

#include <cstring>
#include <string>

using namespace softmech;

TEST_CASE("a safetensors file is a length, a JSON header and the numbers", "[store]") {
  const std::vector<float> single{1.5f, -2.0f, 0.25f};
  const std::vector<double> twice{3.0, 4.0};
  const std::vector<std::int64_t> integers{-7};
  const std::vector<NamedArray> arrays{
      {"b", {3, 1}, std::span(single)}, {"a \"q\"", {2}, std::span(twice)}, {"i", {}, std::span(integers)}};
  const std::vector<std::pair<std::string, std::string>> notes{{"format", "line\n"}};
  const std::string bytes = safetensors_bytes(arrays, notes);

  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  std::string header = bytes.substr(8, length);
  header.erase(header.find_last_not_of(' ') + 1);
  CHECK(header == R"({"__metadata__":{"format":"line\u000a"},)"
                  R"("b":{"dtype":"F32","shape":[3,1],"data_offsets":[0,12]},)"
                  R"("a \"q\"":{"dtype":"F64","shape":[2],"data_offsets":[12,28]},)"
                  R"("i":{"dtype":"I64","shape":[],"data_offsets":[28,36]}})");
  REQUIRE(bytes.size() == 8 + length + 36);
  float f = 0;
  std::memcpy(&f, bytes.data() + 8 + length + 4, 4);
  CHECK(f == -2.0f);
  double d = 0;
  std::memcpy(&d, bytes.data() + 8 + length + 20, 8);
  CHECK(d == 4.0);
  std::int64_t i = 0;
  std::memcpy(&i, bytes.data() + 8 + length + 28, 8);
  CHECK(i == -7);
}

TEST_CASE("safetensors refuse wrong shapes and repeated names", "[store]") {
  const std::vector<float> values{1, 2, 3};
  const std::vector<NamedArray> wrong{{"w", {2, 2}, std::span(values)}};
  CHECK_THROWS_WITH(safetensors_bytes(wrong), "tensor w has 3 values: must be 4, the product of its shape");
  const std::vector<NamedArray> twice{{"w", {3}, std::span(values)}, {"w", {3}, std::span(values)}};
  CHECK_THROWS_WITH(safetensors_bytes(twice), Catch::Contains("must be unique"));
}

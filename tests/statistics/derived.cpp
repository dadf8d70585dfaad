#include <softmech/statistics/derived.hpp>

#include <catch2/catch.hpp>

#include <array>

using namespace softmech;

TEST_CASE("derived quantities are those of the field's definitions") {
  // A fixed |m| and a Gaussian m, ⟨m⁴⟩ = 3⟨m²⟩².
  CHECK(binder_cumulant(0.25, 0.0625) == Approx(2.0 / 3));
  CHECK(binder_cumulant(0.5, 0.75) == Approx(0).margin(1e-15));
  CHECK(moment_ratio(0.5, 0.75) == Approx(3));
  CHECK(binder_cumulant(0.3, 0.2) == Approx(1 - 0.2 / (3 * 0.3 * 0.3)));
  CHECK(susceptibility(0.4, 0.3, {.size = 100, .temperature = 2}) == Approx(100 * (0.3 - 0.4 * 0.4) / 2));
  CHECK(specific_heat(-1.2, 1.5, {.size = 64, .temperature = 2}) == Approx(64 * (1.5 - 1.2 * 1.2) / 4));
}

TEST_CASE("N two-level systems have Schottky's specific heat") {
  // ⟨E⟩ = N x, ⟨E²⟩ = N²x² + N x(1−x), x = 1/(1 + e^{1/T}): C/N = x(1−x)/T².
  const double temperature = 0.4, x = 1 / (1 + std::exp(1 / temperature)), n = 50;
  const std::array means{x, x * x + x * (1 - x) / n};
  const DerivedQuantity heat = parse_derived("specific_heat(energy, energy2)");
  CHECK(heat(means, {.size = n, .temperature = temperature}) == Approx(x * (1 - x) / (temperature * temperature)));
}

TEST_CASE("names parse to their functions and arguments") {
  const DerivedQuantity binder = parse_derived(" binder( magnetization2 ,magnetization4)");
  REQUIRE(binder.function);
  CHECK(binder.function->name == "binder");
  CHECK(binder.arguments == std::vector<std::string>{"magnetization2", "magnetization4"});
  CHECK(binder(std::array{0.3, 0.2}) == binder_cumulant(0.3, 0.2));
  CHECK(parse_derived("ratio(a,b)")(std::array{3.0, 2.0}) == 1.5);
  CHECK(parse_derived("moment_ratio(a,b)")(std::array{2.0, 3.0}) == 0.75);
  CHECK(parse_derived("susceptibility(|m|, m2)")(std::array{0.4, 0.3}, {.size = 100, .temperature = 2}) == Approx(7));
  const DerivedQuantity plain = parse_derived("energy");
  CHECK((!plain.function && plain.arguments == std::vector<std::string>{"energy"}));
  CHECK(plain(std::array{4.5}) == 4.5);
  CHECK(parse_derived("variance(m, m^2)")(std::array{2.0, 5.0}) == 1);
}

TEST_CASE("what is no derived quantity is refused with what would be") {
  CHECK_THROWS_WITH(parse_derived("bindr(a, b)"),
                    Catch::Contains("\"bindr\" is unknown") && Catch::Contains("binder(m2, m4)"));
  CHECK_THROWS_WITH(parse_derived("binder(a)"), Catch::Contains("binder takes 2 means, got 1"));
  for (const char* text : {"", " ", "binder(a, b", "binder(a, b))", "binder(a,, b)", "binder()", "(a)", "a b",
                           "ratio(a, b) c", "ratio(a b, c)", "a,b", ")"})
    CHECK_THROWS_AS(parse_derived(text), std::invalid_argument);
  CHECK_THROWS_WITH(parse_derived("ratio(a, b)")(std::array{1.0}), Catch::Contains("ratio of 1 means"));
}

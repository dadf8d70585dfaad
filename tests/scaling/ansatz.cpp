#include "golden_data.hpp"

#include <softmech/scaling/ansatz.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

namespace {

const double reference = std::cbrt(8.0 * 16 * 32);  // L*

AnsatzSettings of_kind(AnsatzKind kind) {
  AnsatzSettings settings;
  settings.kind = kind;
  return settings;
}

std::vector<std::string> names(const Ansatz& ansatz) {
  std::vector<std::string> names;
  for (const ScalingParameter& parameter : ansatz.parameters()) names.push_back(parameter.name);
  return names;
}

std::string refusal(const AnsatzSettings& settings, const ScalingData& data = golden_data()) {
  try {
    Ansatz(settings, data);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("scaled variables are those of the formulas, typed in") {
  const ScalingData data = golden_data();
  Collapsed out;
  const Eigen::Index i = 7;  // L = 16, x = 0.47, y = 1.30, error 0.04
  const auto check = [&](double x, double y_factor) {
    CHECK(out.x[i] == Approx(x).epsilon(1e-13));
    CHECK(out.y[i] == Approx(1.30 / y_factor).epsilon(1e-13));
    CHECK(out.error[i] == Approx(0.04 / y_factor).epsilon(1e-13));
  };
  SECTION("power") {
    Ansatz(of_kind(AnsatzKind::power), data).collapse(Vector{{0.44, 1.3, -0.2}}, data, 0, out);
    check((0.47 - 0.44) * std::pow(16 / reference, 1.3), std::pow(16 / reference, -0.2));
  }
  SECTION("mean_field: the root of the number of particles") {
    Ansatz(of_kind(AnsatzKind::mean_field), data).collapse(Vector{{0.44, -0.2}}, data, 0, out);
    check((0.47 - 0.44) * std::sqrt(16 / reference), std::pow(16 / reference, -0.2));
  }
  SECTION("first_order: the volume") {
    AnsatzSettings settings = of_kind(AnsatzKind::first_order);
    settings.dimension = 3;
    Ansatz(settings, data).collapse(Vector{{0.44, 0.7}}, data, 0, out);
    check((0.47 - 0.44) * std::pow(16 / reference, 3), std::pow(16 / reference, 0.7));
  }
  SECTION("bkt") {
    Ansatz(of_kind(AnsatzKind::bkt), data).collapse(Vector{{0.44, 0.5, -0.2}}, data, 0, out);
    check((0.47 - 0.44) * std::pow((std::log(16) - 0.5) / (std::log(reference) - 0.5), 2),
          std::pow(16 / reference, -0.2));
  }
  SECTION("logarithmic: the size is ln n") {
    const double log_reference = std::cbrt(std::log(8) * std::log(16) * std::log(32));
    const Ansatz ansatz(of_kind(AnsatzKind::logarithmic), data);
    CHECK(ansatz.reference_size() == Approx(log_reference));
    ansatz.collapse(Vector{{0.44, 0.5, 1.5}}, data, 0, out);
    check((0.47 - 0.44) * std::sqrt(std::log(16) / log_reference), std::pow(std::log(16) / log_reference, 1.5));
  }
  SECTION("corrections") {
    AnsatzSettings settings;
    settings.corrections = true;
    Ansatz(settings, data).collapse(Vector{{0.44, 1.3, -0.2, 0.8, 0.3}}, data, 0, out);
    const double correction = (1 + 0.3 * std::pow(16.0 / 8, -0.8)) / (1 + 0.3 * std::pow(reference / 8, -0.8));
    check((0.47 - 0.44) * std::pow(16 / reference, 1.3), std::pow(16 / reference, -0.2) * correction);
  }
}

TEST_CASE("the Jacobian is the logarithm of all derivatives, and unscaling the way back") {
  ScalingData data = golden_data();
  AnsatzSettings settings;
  settings.corrections = true;
  const Ansatz ansatz(settings, data);
  const Vector theta{{0.44, 1.3, -0.2, 0.8, 0.3}};
  Collapsed before, after;
  ansatz.collapse(theta, data, 0, before);
  data.series[0].y.array() += 1;
  ansatz.collapse(theta, data, 0, after);
  CHECK(before.log_jacobian == Approx((after.y - before.y).array().log().sum()).epsilon(1e-12));
  for (Eigen::Index i = 0; i < data.points(); ++i) {
    CHECK(ansatz.unscale(theta, data.size[i], 0, after.y[i]) == Approx(data.series[0].y[i]).epsilon(1e-13));
    CHECK(ansatz.scaled_x(theta, data.size[i], data.x[i]) == Approx(after.x[i]).epsilon(1e-13));
  }
}

TEST_CASE("free and fixed parameters have their names and values") {
  using Names = std::vector<std::string>;
  const ScalingData one = golden_data(), two = two_observables();
  CHECK(names(Ansatz({}, one)) == Names{"x_c", "inverse_nu", "exponent"});
  CHECK(names(Ansatz({}, two)) == Names{"x_c", "inverse_nu", "exponent(y)", "exponent(binder)"});
  CHECK(names(Ansatz(of_kind(AnsatzKind::mean_field), one)) == Names{"x_c", "exponent"});
  CHECK(names(Ansatz(of_kind(AnsatzKind::first_order), one)) == Names{"x_c", "exponent"});
  CHECK(names(Ansatz(of_kind(AnsatzKind::bkt), one)) == Names{"x_c", "log_l0", "exponent"});

  AnsatzSettings settings = of_kind(AnsatzKind::mean_field);
  settings.free_inverse_nu = settings.shared_exponent = settings.corrections = true;
  settings.x_c = 0.5;
  const Ansatz shared(settings, two);
  CHECK(names(shared) == Names{"inverse_nu", "exponent", "omega", "correction(y)", "correction(binder)"});
  const Vector theta{{0.6, -0.3, 1.2, 0.1, 0.2}};
  CHECK(shared.value("x_c", theta) == 0.5);
  CHECK(shared.value("exponent", theta) == -0.3);
  CHECK(shared.value("correction(binder)", theta) == 0.2);
  CHECK_THROWS_AS(shared.value("log_l0", theta), std::invalid_argument);

  settings = {};
  settings.exponents = {std::nullopt, 0.0};
  const Ansatz binder(settings, two);
  CHECK(names(binder) == Names{"x_c", "inverse_nu", "exponent(y)"});
  CHECK(binder.value("exponent(binder)", Vector{{0.4, 1, -1}}) == 0);
}

TEST_CASE("the prior is a box around the data and what exponents may be") {
  const Ansatz ansatz({}, golden_data());
  for (const ScalingParameter& each : ansatz.parameters()) CHECK((each.low < each.start && each.start < each.high));
  CHECK(ansatz.allows(Vector{{0.44, 1, 0}}));
  CHECK(ansatz.allows(Vector{{0.28, 1, 0}}));
  CHECK_FALSE(ansatz.allows(Vector{{0.26, 1, 0}}));
  CHECK_FALSE(ansatz.allows(Vector{{0.65, 1, 0}}));
  CHECK_FALSE(ansatz.allows(Vector{{0.44, 0.01, 0}}));
  CHECK_FALSE(ansatz.allows(Vector{{0.44, 1, 5.1}}));
  CHECK_FALSE(ansatz.allows(Vector{{NAN, 1, 0}}));
}

TEST_CASE("an ansatz that the data cannot carry is refused with what to do") {
  using Catch::Contains;
  ScalingData data = golden_data();
  CHECK(refusal({}) == "accepted");
  CHECK_THAT(refusal({.inverse_nu = -1.0}), Contains("inverse_nu = -1"));
  CHECK_THAT(refusal({.x_c = NAN}), Contains("x_c = nan"));
  CHECK_THAT(refusal({.exponents = {0.0, 1.0}}), Contains("2 exponents"));
  CHECK_THAT(refusal({.corrections = true, .omega = 0.0}), Contains("omega = 0"));
  CHECK_THAT(refusal({.log_l0 = 3.0}), Contains("log_l0 = 3"));
  data.size.head(5).setConstant(1);
  CHECK(refusal({}, data) == "accepted");
  CHECK_THAT(refusal(of_kind(AnsatzKind::logarithmic), data), Contains("must be > 1"));
  data.size.head(5).setConstant(16), data.x.head(5).array() -= 1;
  CHECK_THAT(refusal({.corrections = true}, data), Contains("2 sizes"));
  ScalingData one_place = golden_data();
  one_place.size = Vector::LinSpaced(15, 1, 15), one_place.x.setConstant(0.4);
  CHECK_THAT(refusal({}, one_place), Contains("x = 0.4 at all points"));
  data.x[3] = -9;
  CHECK_THAT(refusal({}, data), Contains("sort the points"));
}

#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/model_comparison.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

namespace {

const Vector moduli = (Vector(12) << 19, 23, 29, 31, 37, 43, 53, 59, 67, 71, 97, 113).finished();

CurveFit law(Curve curve, double a, double b) { return {curve, a, b, 0}; }

}  // namespace

TEST_CASE("the laws are what their names say") {
  CHECK(law(Curve::constant, 2, 0).at(7) == 2);
  CHECK(law(Curve::logarithm, 2, 3).at(7) == Approx(2 + 3 * std::log(7)));
  CHECK(law(Curve::power, 2, 0.3).at(7) == Approx(2 * std::pow(7, 0.3)));
  CHECK(law(Curve::saturation, 2, 0.3).at(7) == Approx(2 * (1 - std::exp(-0.3 * 7))));
}

TEST_CASE("exact values give their law back") {
  const Vector errors = Vector::Constant(moduli.size(), 0.01);
  for (const CurveFit& truth : {law(Curve::constant, 0.25, 0), law(Curve::logarithm, 0.1, 0.04),
                                law(Curve::power, 0.05, 0.4), law(Curve::power, 3, -1.7), law(Curve::power, 1e-3, 1),
                                law(Curve::saturation, 0.25, 0.05), law(Curve::saturation, 40, 0.001)}) {
    CAPTURE(name(truth.curve), truth.a, truth.b);
    const CurveFit fit = fit_curve(truth.curve, moduli, truth.at(moduli), errors);
    CHECK(fit.a == Approx(truth.a).epsilon(1e-5));
    CHECK(fit.b == Approx(truth.b).epsilon(1e-5));
    CHECK(fit.chi_squared < 1e-8);
  }
}

TEST_CASE("a fitted power is stationary in both coefficients, whatever the noise") {
  RandomStream random(4, 0, "power");
  const Vector errors = (0.01 + 0.0003 * moduli.array()).matrix();
  Vector y = law(Curve::power, 0.1, 0.3).at(moduli);
  for (Eigen::Index i = 0; i < y.size(); ++i) y[i] += errors[i] * random.normal();
  for (const Curve curve : {Curve::power, Curve::saturation}) {
    const CurveFit fit = fit_curve(curve, moduli, y, errors);
    const auto chi = [&](double a, double b) {
      return (y - law(curve, a, b).at(moduli)).cwiseQuotient(errors).squaredNorm();
    };
    CHECK(fit.chi_squared == Approx(chi(fit.a, fit.b)));
    for (const double change : {0.999, 1.001}) {
      CHECK(chi(fit.a * change, fit.b) >= fit.chi_squared);
      CHECK(chi(fit.a, fit.b * change) >= fit.chi_squared);
    }
  }
}

TEST_CASE("AICc is χ² + 2k + 2k(k+1)/(n-k-1), and weights are e^{-Δ/2}") {
  CHECK(corrected_akaike(10, 2, 12) == Approx(10 + 4 + 2.0 * 2 * 3 / (12 - 2 - 1)));
  CHECK(std::isinf(corrected_akaike(10, 2, 3)));
  const Vector errors = Vector::Constant(moduli.size(), 0.02);
  const Vector y = law(Curve::logarithm, 0.0, 0.06).at(moduli);
  const CurveComparison comparison = compare_curves(all_curves, moduli, y, errors);
  double sum = 0;
  for (const double weight : comparison.weights) sum += weight;
  CHECK(sum == Approx(1));
  for (std::size_t i = 0; i < comparison.fits.size(); ++i) {
    CHECK(comparison.aicc[i] ==
          Approx(corrected_akaike(comparison.fits[i].chi_squared, coefficient_count(comparison.fits[i].curve), 12)));
    CHECK(std::log(comparison.weights[i] / comparison.weights[comparison.best]) ==
          Approx(-0.5 * (comparison.aicc[i] - comparison.aicc[comparison.best])));
  }
  CHECK(comparison.fits[comparison.best].curve == Curve::logarithm);
}

TEST_CASE("the power is near 1 where laws differ by many errors, and low where they do not") {
  const CurveFit power = law(Curve::power, 0.002, 1.5), flat = law(Curve::constant, 0.25, 0);
  const PowerSettings settings{.threshold = 2, .simulations = 300};
  const Vector fine = Vector::Constant(moduli.size(), 0.005), coarse = Vector::Constant(moduli.size(), 1.0);
  CHECK(power_of_comparison(power, all_curves, moduli, fine, settings) > 0.95);
  CHECK(power_of_comparison(power, all_curves, moduli, coarse, settings) < 0.2);
  CHECK(power_of_comparison(flat, all_curves, moduli, fine, settings) < 0.7);
  // A straight line through the origin is also the start of a saturation: no errors tell them apart.
  CHECK(power_of_comparison(law(Curve::power, 0.01, 1), all_curves, moduli, fine, settings) < 0.2);
  CHECK(power_of_comparison(flat, all_curves, moduli, fine, {.threshold = 3, .simulations = 100}) == 0);
  CHECK(power_of_comparison(power, all_curves, moduli, coarse, settings) ==
        power_of_comparison(power, all_curves, moduli, coarse, settings));
}

TEST_CASE("of two laws the power is the probability that theory gives") {
  // A constant against a logarithm with errors 1: twice the log-likelihood ratio is noncentral χ² with one degree of
  // freedom, so the logarithm wins with P(|N(δ,1)|² >= threshold + penalty).
  const std::array curves{Curve::constant, Curve::logarithm};
  const Vector errors = Vector::Ones(moduli.size());
  const Vector log_x = moduli.array().log();
  const double slope = 1.1;
  const double delta = slope * std::sqrt((log_x.array() - log_x.mean()).square().sum());
  const double penalty = corrected_akaike(0, 2, 12) - corrected_akaike(0, 1, 12);
  const double needed = std::sqrt(2 + penalty);
  const auto above = [](double x) { return 0.5 * std::erfc(x / std::sqrt(2.0)); };
  const double expected = above(needed - delta) + above(needed + delta);
  const double measured = power_of_comparison(law(Curve::logarithm, 1, slope), curves, moduli, errors,
                                              {.threshold = 2, .simulations = 4000});
  CHECK(measured == Approx(expected).margin(4 * std::sqrt(expected * (1 - expected) / 4000)));
}

TEST_CASE("what cannot be compared is refused") {
  const Vector ones = Vector::Ones(4), x = Vector::LinSpaced(4, 1, 4);
  CHECK_THROWS_WITH(compare_curves(all_curves, x.head(3), x.head(3), ones.head(3)), Catch::Contains("at least 4"));
  CHECK_THROWS_WITH(compare_curves(all_curves, Vector(x.array() - 1), x, ones), Catch::Contains("x = 0"));
  CHECK_THROWS_AS(compare_curves({}, x, x, ones), std::invalid_argument);
  CHECK_THROWS_AS(fit_curve(Curve::power, ones, x, ones), std::invalid_argument);
  const std::array only{Curve::constant};
  CHECK_THROWS_AS(power_of_comparison(law(Curve::power, 1, 1), only, x, ones), std::invalid_argument);
}

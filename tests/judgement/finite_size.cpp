#include "synthetic.hpp"

#include <softmech/ensemble/random.hpp>
#include <softmech/judgement/finite_size.hpp>
#include <softmech/judgement/observables.hpp>
#include <softmech/models/token_theory.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace softmech;

namespace {

/// An ensemble with `replicas` members per size and place: variables with the means given and this relative scatter.
StudyData ensemble(const std::string& size, const std::vector<double>& sizes, const std::string& x,
                   const std::vector<double>& places, int replicas,
                   const std::vector<std::pair<std::string, std::function<double(double, double)>>>& variables,
                   double scatter) {
  RandomStream random(5, 0, "finite size");
  std::vector<std::int64_t> id;
  std::vector<std::vector<double>> columns(2 + variables.size());
  for (const double s : sizes) {
    for (const double place : places) {
      for (int r = 0; r < replicas; ++r) {
        id.push_back(std::ssize(id));
        columns[0].push_back(s), columns[1].push_back(place);
        for (std::size_t k = 0; k < variables.size(); ++k)
          columns[2 + k].push_back(variables[k].second(s, place) * (1 + scatter * random.normal()));
      }
    }
  }
  const std::size_t count = id.size();
  Dataset data;
  data.variables.push_back({"member", {"member"}, {count}, id, "", "1", {}});
  std::vector<std::string> names{size, x};
  for (const auto& variable : variables) names.push_back(variable.first);
  for (std::size_t k = 0; k < names.size(); ++k)
    data.variables.push_back({names[k], {"member"}, {count}, columns[k], "", "1", {}});
  return {"planted", data};
}

/// From 2 (disorder) over π/2 at u = 0 to 1 (order).
double moment_ratio_of(double u) { return 1.5 + 0.5 * std::tanh(u + std::atanh(2 * (M_PI / 2 - 1.5))); }

Measurement measured(const char* name, const StudyData& study) {
  return observable(name).measure(std::span(&study, 1), "");
}

}  // namespace

TEST_CASE("a planted transition of rotors is found, with its exponent and its ratio") {
  const StudyData study = ensemble(
      "rotors", {64, 256, 1024}, "temperature", {0.487, 0.491, 0.495, 0.5, 0.504, 0.508, 0.512}, 8,
      {{"magnetization2", [](double, double) { return 0.3; }},
       {"magnetization4", [](double n, double t) { return 0.09 * moment_ratio_of((t - 0.5) * std::sqrt(n)); }}},
      0.004);
  const Measurement temperature = measured("rotor_temperature", study);
  CHECK(std::abs(temperature.value - 0.5) < 4 * temperature.uncertainty);
  CHECK(temperature.uncertainty < 0.002);
  CHECK(temperature.sample_size == 3 * 7 * 8);
  const Measurement exponent = measured("rotor_size_exponent", study);
  CHECK(std::abs(exponent.value - 2) < 4 * exponent.uncertainty);
  CHECK(exponent.uncertainty < 0.2);
  const Measurement ratio = measured("rotor_moment_ratio", study);
  CHECK(std::abs(ratio.value - M_PI / 2) < 4 * ratio.uncertainty);
  CHECK(ratio.uncertainty < 0.05);
}

TEST_CASE("a planted tricritical point is measured against theory") {
  StudyData study =
      ensemble("tokens", {16, 32, 64}, "beta", {1.9, 2.2, 2.5, 2.8, 3.1}, 8,
               {{"order_parameter2",
                 [](double n, double beta) {
                   return std::pow(n, -1.0 / 3) * std::exp(0.2 * (beta - 1.1 * tricritical_beta(2)) * std::cbrt(n));
                 }},
                {"dimension", [](double, double) { return 2.0; }}},
               0.005);
  for (double& dimension : std::get<std::vector<double>>(study.data.variables.back().values)) dimension = 2;
  const Measurement beta = measured("tricritical_beta", study);
  CHECK(std::abs(beta.value - 1.1) < 4 * beta.uncertainty);
  CHECK(beta.uncertainty < 0.1);
  CHECK_THAT(beta.remark, Catch::Contains("theory 2.447"));
}

namespace {

/// Contrasts with a standard deviation of 1 about `mean`, at places around 0.6 whose distance shrinks as 1/p.
StudyData boundary(const std::function<double(double p, double f)>& mean,
                   const std::function<double(double p, double f)>& spread, int members = 200) {
  StudyData study = ensemble("modulus", {19, 29, 41, 59}, "train_fraction", {0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8},
                             members, {{"head_tail_contrast_test", [](double, double) { return 1.0; }}}, 0.0);
  RandomStream random(8, 0, "contrast");
  const auto column = [&study](std::size_t k) -> std::vector<double>& {
    return std::get<std::vector<double>>(study.data.variables[k].values);
  };
  for (std::size_t i = 0; i < column(3).size(); ++i)
    column(3)[i] = mean(column(1)[i], column(2)[i]) + spread(column(1)[i], column(2)[i]) * random.normal();
  return study;
}

}  // namespace

TEST_CASE("the spread of a boundary over moduli is told from its errors") {
  const auto one = [](double, double) { return 1.0; };
  // U₄ rises with |mean|/spread: from 0.2 to 3 about a place that is the same for all p, or is not.
  const auto shared = [](double p, double f) { return 1.6 + 1.4 * std::tanh((f - 0.6) * p / 8); };
  const Measurement same = measured("boundary_spread", boundary(shared, one, 20000));
  CHECK(same.value < 0.03);
  CHECK(same.uncertainty < 0.03);
  CHECK_THAT(same.remark, Catch::Contains("3 of 3 pairs cross"));
  const Measurement none = measured("boundary_spread", boundary(one, one));
  CHECK((std::isnan(none.value) || none.uncertainty > 0.02));
}

TEST_CASE("fluctuations that grow as a power of the modulus are told from those that saturate") {
  const auto zero = [](double, double) { return 0.0; };
  const auto peak = [](double f) { return std::exp(-std::pow((f - 0.6) / 0.15, 2)); };
  const Measurement growing =
      measured("boundary_growth_lead", boundary(zero, [&](double p, double f) { return p * p * peak(f); }));
  CHECK(growing.value > 2 + 2 * growing.uncertainty);
  CHECK_THAT(growing.remark, Catch::Contains("power: 1.00"));
  const Measurement steady =
      measured("boundary_growth_lead", boundary(zero, [&](double, double f) { return peak(f); }));
  CHECK(std::abs(steady.value) < 2);
}

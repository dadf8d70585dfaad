// Every observable of tokens on the sphere on data whose truth is known, and on data that are wrong on purpose.
#include "synthetic.hpp"

#include <catch2/catch.hpp>

using namespace synthetic;
using softmech::Measurement;

namespace {

/// Depth at which two tokens under "usa" with β → 0 have the inner product ρ: ρ̇ = (1 − ρ)(1 + ρ), so ρ = tanh t.
TokenRuns two_free_tokens() {
  return {{{.tokens = 2, .dimension = 3, .beta = 1e-30, .dynamics = "usa"}}, Vector::LinSpaced(41, 0, 4)};
}

/// The depth at which n tokens under "sa" go from inner product a to b, ∫ dρ/ρ̇ by Simpson's rule in ln(1 − ρ).
double depth_between(double n, double beta, double a, double b) {
  const auto integrand = [&](double u) {  // dt/du with 1 − ρ = e^{−u}
    const double rho = 1 - std::exp(-u);
    const double rows = std::exp(beta) + (n - 1) * std::exp(beta * rho);
    return rows / (2 * std::exp(beta * rho) * ((n - 1) * rho + 1));
  };
  const double from = -std::log(1 - a), until = -std::log(1 - b);
  constexpr int panels = 400;
  const double h = (until - from) / (2 * panels);
  double sum = integrand(from) + integrand(until);
  for (int i = 1; i < 2 * panels; ++i) sum += (i % 2 == 1 ? 4 : 2) * integrand(from + i * h);
  return sum * h / 3;
}

StudyData decaying(const std::vector<TokenMember>& members, double factor, double scatter = 0) {
  TokenRuns runs(members, Vector::LinSpaced(401, 0, 16));
  softmech::RandomStream random(3, 0, "decay");
  runs.curve("cosine_deficit", [&](const TokenMember& m, double t) {
    const double rate = 2 * m.coupling * (m.dynamics == "sa" ? 1 : std::exp(m.beta));
    return 0.5 * std::exp(-factor * rate * t + scatter * random.normal());
  });
  return runs.study;
}

/// Kinetic energy up to 4, and a total energy plus heat that changes as given.
StudyData conserving(const std::function<double(double)>& change) {
  TokenRuns runs({{}, {}, {}}, Vector::LinSpaced(101, 0, 10));
  int member = 0;
  runs.curve("kinetic_energy", [](const TokenMember&, double t) { return 4 * std::pow(std::sin(t), 2) + 1e-9; });
  runs.curve("heat", [](const TokenMember&, double t) { return 3 * t; });
  runs.curve("total_energy", [&](const TokenMember&, double t) {
    member += t == 0;
    return 7.0 - 3 * t + change(t) * member;
  });
  return runs.study;
}

}  // namespace

TEST_CASE("The equiangular law is tanh for two tokens without interaction of their rows, and no other") {
  TokenRuns right = two_free_tokens(), wrong = two_free_tokens();
  right.curve("mean_cosine", [](const TokenMember&, double t) { return std::tanh(t); });
  CHECK(measure("equiangular_error", {right.study}).value < 1e-9);
  CHECK(measure("equiangular_error", {right.study}).sample_size == 1);
  wrong.curve("mean_cosine", [](const TokenMember&, double t) { return std::tanh(1.0001 * t); });
  // Largest at the sample next to the maximum of t/cosh² t.
  CHECK(measure("equiangular_error", {wrong.study}).value == Approx(std::tanh(0.80008) - std::tanh(0.8)).epsilon(1e-4));
}

TEST_CASE("The equiangular law of attention is that of its quadrature") {
  for (const double beta : {0.5, 3.0}) {
    const double n = 5, depth = depth_between(n, beta, 0.1, 0.9);
    TokenRuns runs({{.tokens = n, .beta = beta}}, Eigen::Vector2d(0, depth));
    runs.curve("mean_cosine", [](const TokenMember&, double t) { return t == 0 ? 0.1 : 0.9; });
    CHECK(measure("equiangular_error", {runs.study}).value < 1e-9);
    TokenRuns doubled({{.tokens = n, .beta = beta, .coupling = 2}}, Eigen::Vector2d(0, depth / 2));
    doubled.curve("mean_cosine", [](const TokenMember&, double t) { return t == 0 ? 0.1 : 0.9; });
    CHECK(measure("equiangular_error", {doubled.study}).value < 1e-9);
  }
}

TEST_CASE("A NaN is no agreement with a law, and a law that is not known is refused") {
  TokenRuns broken = two_free_tokens();
  broken.curve("mean_cosine", [](const TokenMember&, double t) { return t > 2 ? std::nan("") : std::tanh(t); });
  CHECK(std::isnan(measure("equiangular_error", {broken.study}).value));
  TokenRuns other({{.dynamics = "free_energy"}}, Eigen::Vector2d(0, 1));
  other.curve("mean_cosine", [](const TokenMember&, double) { return 0.5; });
  CHECK_THROWS_WITH(measure("equiangular_error", {other.study}), Catch::Contains("free_energy"));
}

TEST_CASE("Final rates are compared with 2 and 2 e^beta, and the farthest member counts") {
  const std::vector<TokenMember> members{{.beta = 0.5}, {.beta = 0.5, .dynamics = "usa"}, {.beta = 2, .coupling = 0.7}};
  CHECK(measure("final_rate", {decaying(members, 1)}).value == Approx(1).epsilon(1e-9));
  CHECK(measure("final_rate", {decaying(members, 1)}).sample_size == 3);
  CHECK(measure("final_rate", {decaying(members, 0.5), decaying(members, 1)}).value == Approx(0.5).epsilon(1e-9));
  const Measurement scattered = measure("final_rate", {decaying({{.beta = 0.5}}, 1, 0.05)});
  CHECK(std::abs(scattered.value - 1) < 4 * scattered.uncertainty);
  CHECK(scattered.uncertainty < 0.01);
  CHECK(scattered.uncertainty > 1e-4);
  CHECK_THROWS_WITH(measure("final_rate", {decaying(members, 0.1)}), Catch::Contains("raise time.end"));
}

TEST_CASE("Means are taken over the samples before the collapse, with the scatter of the members") {
  TokenRuns runs({{.beta = 1}, {.beta = 2}, {.beta = 3}}, Vector::LinSpaced(11, 0, 10));
  runs.curve("cosine_deficit", [](const TokenMember&, double t) { return t < 4.5 ? 0.5 : 0.05; });
  runs.curve("residual_share", [](const TokenMember& m, double t) { return t < 4.5 ? m.beta * t : 1e6; });
  const Measurement mean = measure("mean_before_collapse", {runs.study}, "residual_share");
  CHECK(mean.value == Approx(4));                         // ⟨t⟩ = 2 over 0 ... 4, ⟨β⟩ = 2
  CHECK(mean.uncertainty == Approx(2 / std::sqrt(3.0)));  // the members 2, 4, 6
  CHECK(mean.sample_size == 3);
  TokenRuns collapsed({{}, {}}, Eigen::Vector2d(0, 1));
  collapsed.curve("cosine_deficit", [](const TokenMember&, double) { return 0.01; });
  collapsed.curve("residual_share", [](const TokenMember&, double) { return 0.0; });
  CHECK_THROWS_WITH(measure("mean_before_collapse", {collapsed.study}, "residual_share"), Catch::Contains("collapse"));
}

TEST_CASE("Energy and heat balance, and a drift is told from an oscillation") {
  const auto exact = [](double) { return 0.0; };
  const auto swinging = [](double t) { return 1e-6 * std::sin(2 * t) * std::sin(t); };
  const auto drifting = [](double t) { return 1e-6 * t; };
  CHECK(measure("energy_balance_error", {conserving(exact)}).value < 1e-14);
  CHECK(measure("energy_balance_error", {conserving(drifting)}).value == Approx(7.5e-6).epsilon(2e-3));  // 3·1e-5/4
  const Measurement drift = measure("energy_drift", {conserving(drifting)});
  CHECK(drift.value == Approx(0.5e-6).epsilon(2e-3));  // members 1, 2, 3 over E_k = 4
  CHECK(drift.uncertainty == Approx(0.25e-6 / std::sqrt(3.0)).epsilon(2e-3));
  CHECK(std::abs(measure("energy_drift", {conserving(swinging)}).value) < 5e-8);
  CHECK(measure("energy_balance_error", {conserving(swinging)}).value > 4e-7);
  CHECK_THROWS(measure("energy_balance_error", {TokenRuns({{}}, Eigen::Vector2d(0, 1)).study}));
}

TEST_CASE("Extremes over depths see one sample of one member, and NaN") {
  TokenRuns runs({{.beta = 1}, {.beta = 2}}, Vector::LinSpaced(5, 0, 4));
  runs.curve("angular_momentum_change", [](const TokenMember& m, double t) { return t == 3 ? -m.beta : 0.1; });
  runs.curve("broken", [](const TokenMember& m, double t) { return m.beta > 1 && t == 2 ? std::nan("") : 0.0; });
  CHECK(measure("largest_over_depth", {runs.study}, "angular_momentum_change").value == 2);
  CHECK(measure("least_of_largest", {runs.study}, "angular_momentum_change").value == 1);
  CHECK(measure("largest_over_depth", {runs.study}, "angular_momentum_change").sample_size == 2);
  CHECK(std::isnan(measure("largest_over_depth", {runs.study}, "broken").value));
  CHECK(std::isnan(measure("least_of_largest", {runs.study}, "broken").value));
}

// Runs of infinitely many tokens as the program makes them: which stepper, what is recorded.
#include <softmech/ensemble/stack.hpp>
#include <softmech/models/mean_field_run.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

using namespace softmech;

namespace {

TokenSettings noisy_usa() {
  TokenSettings tokens;
  tokens.limit = "infinite";
  tokens.dynamics = "usa";
  tokens.beta = 4;
  tokens.coupling = 0.4;
  tokens.temperature = 1;
  return tokens;
}

Dataset follow(const TokenSettings& tokens, const TokenStartSettings& start, const SolverSettings& solver,
               const TimeGrid& time, std::int64_t index = 0) {
  Member member(index, 1);
  follow_mean_field(tokens, start, solver, time, member);
  return member.snapshot();
}

std::string stepper_of(const Dataset& data) { return data.at("stepper").as<std::string>().front(); }

}  // namespace

TEST_CASE("infinitely many tokens move by the stepper whose name is recorded") {
  // T M² end is 2048 or 256 for 32 modes: beyond what is worth an implicit step, and below.
  TokenSettings tokens = noisy_usa();
  tokens.modes = 32;
  TokenStartSettings start;
  start.kind = "cap";
  for (const auto& [end, name] : {std::pair{2.0, "bdf"}, std::pair{0.25, "dopri5"}}) {
    const TimeGrid time{.end = end, .samples = 5};
    const Dataset data = follow(tokens, start, {.stepper = "auto"}, time);
    CHECK(stepper_of(data) == name);
    CHECK(mean_field_stepper(tokens, {.stepper = "auto"}, time) == name);
    for (const char* other : {"bdf", "dopri5"}) {
      const Dataset named = follow(tokens, start, {.stepper = other}, time);
      CHECK(stepper_of(named) == other);
      const bool same = data.at("mode_amplitude").as<double>() == named.at("mode_amplitude").as<double>();
      CHECK(same == (name == std::string(other)));
    }
  }
}

TEST_CASE("a stiff run leaves the uniform density at its rate and rests at the self-consistent order") {
  TokenSettings tokens = noisy_usa();
  tokens.beta = 1;
  tokens.coupling = 2;
  const TimeGrid time{.end = 400, .samples = 801};
  TokenStartSettings start;
  start.amplitude = GENERATE(1e-5, 1e-14);
  const Dataset data = follow(tokens, start, {.stepper = "auto"}, time);
  REQUIRE(stepper_of(data) == "bdf");
  const std::vector<double>& order = data.at("order_parameter").as<double>();
  const double rate = data.at("growth_rate").as<double>()[1];
  REQUIRE(rate > 0.1);
  for (const int i : {2, 10, 30}) CHECK(std::log(order[i] / start.amplitude) / (0.5 * i) == Approx(rate).epsilon(1e-6));
  // At rest ρ ∝ exp((K/T) Σ_m (2 I_m/β) a_m cos mθ), so that a_m is its mean of cos mθ.
  const std::vector<double>& amplitude = data.at("mode_amplitude").as<double>();
  const auto a = [&](int m) { return amplitude[amplitude.size() - 9 + m]; };
  CHECK(a(1) > 0.3);
  double sum = 0, cosine = 0;
  for (int j = 0; j < 64; ++j) {
    const double angle = 2 * std::numbers::pi * j / 64;
    double exponent = 0;
    for (int m = 1; m <= 8; ++m) exponent += 2 * 2 * std::cyl_bessel_i(m, 1.0) * a(m) * std::cos(m * angle);
    sum += std::exp(exponent);
    cosine += std::exp(exponent) * std::cos(angle);
  }
  CHECK(a(1) == Approx(cosine / sum).epsilon(1e-7));
}

TEST_CASE("a density of few modes is recorded with all it has, next to one of many") {
  TokenSettings tokens = noisy_usa();
  tokens.coupling = 0.1;
  const TimeGrid time{.end = 0.1, .samples = 3};
  TokenStartSettings start;
  start.amplitude = 1e-3;
  std::vector<MemberRecords> members;
  for (const std::int64_t modes : {4, 7, 8, 32}) {
    tokens.modes = modes;
    const auto index = static_cast<std::int64_t>(members.size());
    members.push_back({index, follow(tokens, start, {.stepper = "dopri5"}, time, index)});
    const std::vector<double>& amplitudes = members.back().records.at("mode_amplitude").as<double>();
    const auto recorded = static_cast<std::size_t>(std::min<std::int64_t>(9, modes + 1));
    REQUIRE(members.back().records.at("mode_amplitude").shape == std::vector<std::size_t>{3, recorded});
    CHECK(amplitudes[1] == Approx(1e-3));
  }
  const Dataset all = stack(members);
  REQUIRE(all.at("mode_amplitude").shape == std::vector<std::size_t>{4, 3, 9});
  const std::vector<double>& amplitudes = all.at("mode_amplitude").as<double>();
  CHECK(std::isfinite(amplitudes[4]));
  CHECK(std::isnan(amplitudes[5]));  // of the member that has modes 0 to 4 only
  CHECK(std::isfinite(amplitudes.back()));
}

// A rotor field sampled as softmech-rotors does it.
#pragma once

#include <softmech/models/rotor_run.hpp>

#include <catch2/catch.hpp>

#include <string>

struct SampledRotors {
  SampledRotors(const softmech::RotorSettings& settings, std::int64_t sweeps, std::uint64_t seed = 1, bool correlations = false) {
    softmech::Member member(0, seed);
    softmech::RotorRun run(settings, {.thermalize = 500, .sweeps = sweeps}, correlations, member);
    while (!run.finished()) run.sweep();
    run.finish(member);
    results = member.snapshot();
  }

  double value(const std::string& name) const { return results.at(name).as<double>().front(); }
  double error(const std::string& name) const { return value(name + "_error"); }
  /// The value is the exact one within four standard errors, and these are small.
  void require(const std::string& name, double exact, double largest_relative_error) const {
    INFO(name << " = " << value(name) << " ± " << error(name) << ", exact " << exact);
    CHECK(std::abs(value(name) - exact) < 4 * error(name));
    CHECK(error(name) < largest_relative_error * std::abs(exact));
  }

  softmech::Dataset results;
};

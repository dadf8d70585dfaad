// The keys of a scaling analysis.
#pragma once

#include <softmech/program/keys.hpp>
#include <softmech/scaling/scaling_study.hpp>

#include <optional>
#include <string>

namespace softmech {

struct ScalingKeys {
  ScalingColumns columns;
  std::string ansatz = "power";
  std::string nu = "auto", exponent = "auto";
  NumberOrWord omega{"free"};
  bool corrections = false, shared_exponent = false;
  double dimension = 1;
  std::string method = "both";
  double effective_samples = 2000;
  std::int64_t resamples = 200, crossing_resamples = 400;
  double threshold = 2, least_power = 0.9, flat = 0.1;
  std::int64_t simulations = 1000;
  std::optional<double> bound;
  std::int64_t bound_keys = 0;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for words that cannot be read.
  void check() const;
  /// For these data; dimensionless observables have exponent 0 unless told otherwise.
  ScalingStudySettings study(const ScalingInput& input, std::uint64_t seed) const;
};

}  // namespace softmech

// The keys of one query on the simplex: the system, its dynamics and its start.
#pragma once

#include <softmech/attention/operator_settings.hpp>
#include <softmech/ensemble/random.hpp>
#include <softmech/models/query.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace softmech {

struct QuerySettings {
  std::int64_t keys = 16;
  std::int64_t head_dim = 64;
  NumberOrWord temperature = "sqrt_head_dim";
  double mass = 1;
  double friction = 1;
  OperatorSettings attention;
  std::vector<double> energies;
  std::string dynamics = "lagrangian";

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
  double temperature_value() const;
  /// The system with the energies of the list, or with those of a random query and random keys.
  QuerySystem sample(RandomStream random) const;
};

struct StartSettings {
  std::string kind = "dirichlet";
  double amplitude = 1e-3;

  void declare(Keys& keys);
  QueryState of(const QuerySystem& query, RandomStream random) const;
};

}  // namespace softmech

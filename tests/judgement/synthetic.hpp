// Results of studies made by hand: data whose truth is known, and data that are wrong on purpose.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/judgement/study_data.hpp>

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace synthetic {

using softmech::Dataset;
using softmech::RowMatrix;
using softmech::StudyData;
using softmech::Variable;
using softmech::Vector;

inline std::vector<std::int64_t> ids(std::size_t count) {
  std::vector<std::int64_t> list(count);
  for (std::size_t i = 0; i < count; ++i) list[i] = static_cast<std::int64_t>(i);
  return list;
}

inline Variable variable(std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape,
                         softmech::Values values) {
  return {std::move(name), std::move(axes), std::move(shape), std::move(values), "made by hand", "1", {}};
}

/// One row ensemble per point, as softmech-thermo writes them.
struct RowPoint {
  double keys = 2, head_dim = 64, temperature = 8, ratio = 1;
};

inline StudyData rows(std::string name, const std::vector<RowPoint>& points, const std::string& measured,
                      const std::function<double(const RowPoint&)>& value,
                      const std::function<double(const RowPoint&)>& error, int replicas = 100) {
  const auto column = [&](const std::string& title, const std::function<double(const RowPoint&)>& of) {
    std::vector<double> values;
    for (const RowPoint& point : points) values.push_back(of(point));
    return variable(title, {"member"}, {points.size()}, values);
  };
  std::vector<std::int64_t> keys;
  for (const RowPoint& point : points) keys.push_back(static_cast<std::int64_t>(point.keys));
  StudyData study{std::move(name), {}};
  study.data.attributes.push_back({"config_toml", fmt::format("[ensemble]\nreplicas = {}\n", replicas)});
  study.data.variables = {variable("member", {"member"}, {points.size()}, ids(points.size())),
                          variable("keys", {"member"}, {points.size()}, keys),
                          column("head_dim", [](const RowPoint& p) { return p.head_dim; }),
                          column("temperature", [](const RowPoint& p) { return p.temperature; }),
                          column("temperature_ratio", [](const RowPoint& p) { return p.ratio; }),
                          column(measured, value),
                          column(measured + "_error", error)};
  return study;
}

inline Vector softmax(const Vector& energies, double temperature) {
  const Vector weights = ((energies.minCoeff() - energies.array()) / temperature).exp();
  return weights / weights.sum();
}

/// Relaxations as softmech-relax writes them; `weights(member, t)` gives the state.
struct Queries {
  RowMatrix energies;  // members × keys
  double temperature = 2, mass = 3, friction = 1.5;
  Vector times = Vector::LinSpaced(21, 0, 2);

  static Queries random(Eigen::Index members, Eigen::Index keys) {
    Queries queries;
    queries.energies.resize(members, keys);
    softmech::RandomStream stream(11, 0, "synthetic");
    for (Eigen::Index i = 0; i < members; ++i)
      for (Eigen::Index j = 0; j < keys; ++j) queries.energies(i, j) = stream.normal();
    return queries;
  }

  Vector row(Eigen::Index member) const { return energies.row(member).transpose(); }
  Vector equilibrium(Eigen::Index member) const { return softmax(row(member), temperature); }

  StudyData study(const std::function<Vector(Eigen::Index, double)>& weights) const {
    const auto members = static_cast<std::size_t>(energies.rows()), keys = static_cast<std::size_t>(energies.cols());
    const auto samples = static_cast<std::size_t>(times.size());
    std::vector<double> p, e, free_energy, specific_heat;
    for (Eigen::Index m = 0; m < energies.rows(); ++m) {
      const Vector E = row(m);
      e.insert(e.end(), E.begin(), E.end());
      for (const double t : times) {
        const Vector w = weights(m, t);
        p.insert(p.end(), w.begin(), w.end());
        const double u = w.dot(E);
        free_energy.push_back(u + temperature * (w.array() * w.array().log()).sum());
        specific_heat.push_back((w.array() * (E.array() - u).square()).sum() / (temperature * temperature));
      }
    }
    const auto constant = [&](const std::string& title, double value) {
      return variable(title, {"member"}, {members}, std::vector<double>(members, value));
    };
    StudyData result{"made", {}};
    result.data.variables = {variable("member", {"member"}, {members}, ids(members)),
                             variable("time", {"time"}, {samples}, std::vector<double>(times.begin(), times.end())),
                             variable("key", {"key"}, {keys}, ids(keys)),
                             constant("temperature", temperature),
                             constant("mass", mass),
                             constant("friction", friction),
                             variable("weights", {"member", "time", "key"}, {members, samples, keys}, p),
                             variable("energies", {"member", "key"}, {members, keys}, e),
                             variable("free_energy", {"member", "time"}, {members, samples}, free_energy),
                             variable("specific_heat", {"member", "time"}, {members, samples}, specific_heat)};
    return result;
  }
};

/// Runs of tokens as softmech-tokens writes them: settings of every member and curves over common depths.
struct TokenMember {
  double tokens = 8, dimension = 12, beta = 1, coupling = 1, temperature = 0;
  std::string dynamics = "sa";
};

struct TokenRuns {
  std::vector<TokenMember> members;
  Vector times = Vector::LinSpaced(41, 0, 4);
  StudyData study{"made", {}};

  TokenRuns(std::vector<TokenMember> of, Vector at) : members(std::move(of)), times(std::move(at)) {
    const auto samples = static_cast<std::size_t>(times.size());
    study.data.variables = {variable("member", {"member"}, {members.size()}, ids(members.size())),
                            variable("time", {"time"}, {samples}, std::vector<double>(times.begin(), times.end()))};
    std::vector<std::int64_t> tokens, dimensions;
    std::vector<std::string> dynamics;
    for (const TokenMember& m : members) {
      tokens.push_back(std::llround(m.tokens)), dimensions.push_back(std::llround(m.dimension));
      dynamics.push_back(m.dynamics);
    }
    study.data.variables.push_back(variable("tokens", {"member"}, {members.size()}, tokens));
    study.data.variables.push_back(variable("dimension", {"member"}, {members.size()}, dimensions));
    study.data.variables.push_back(variable("dynamics", {"member"}, {members.size()}, dynamics));
    number("beta", [](const TokenMember& m) { return m.beta; });
    number("coupling", [](const TokenMember& m) { return m.coupling; });
    number("temperature", [](const TokenMember& m) { return m.temperature; });
  }

  /// Adds one number per member.
  TokenRuns& number(const std::string& name, const std::function<double(const TokenMember&)>& value) {
    std::vector<double> values;
    for (const TokenMember& m : members) values.push_back(value(m));
    study.data.variables.push_back(variable(name, {"member"}, {members.size()}, values));
    return *this;
  }

  /// Adds one number per member and depth.
  TokenRuns& curve(const std::string& name, const std::function<double(const TokenMember&, double)>& value) {
    std::vector<double> values;
    for (const TokenMember& m : members)
      for (const double t : times) values.push_back(value(m, t));
    study.data.variables.push_back(
        variable(name, {"member", "time"}, {members.size(), static_cast<std::size_t>(times.size())}, values));
    return *this;
  }
};

inline softmech::Measurement measure(const std::string& name, const std::vector<StudyData>& studies,
                                     const std::string& variable = "") {
  return softmech::observable(name).measure(studies, variable);
}

}  // namespace synthetic

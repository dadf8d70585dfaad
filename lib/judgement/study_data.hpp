// What observables read from the results of a study.
#pragma once

#include <softmech/geometry/vector.hpp>
#include <softmech/judgement/observables.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The value of a key in the settings the study was run with ("model.mass"). Throws std::runtime_error if there is none
/// or it is not a number.
double setting(const StudyData& study, std::string_view key);

/// A variable with one number per member. Throws std::runtime_error naming study and variable.
Vector per_member(const StudyData& study, std::string_view variable);

/// A variable with one word per member ("sa"). Throws std::runtime_error naming study and variable.
std::vector<std::string> words_per_member(const StudyData& study, std::string_view variable);

/// The depths of the samples, and a variable on them: one row per member, NaN after a run has ended. Throw
/// std::runtime_error naming study and variable.
Vector depths(const StudyData& study);
RowMatrix curves(const StudyData& study, std::string_view variable);

/// The trajectories of relaxations: weights p(t) of every member with its energies, at common depths.
class Trajectories {
 public:
  /// Throws std::runtime_error if the study has no weights(member, time, key), energies(member, key) and time.
  explicit Trajectories(const StudyData& study);

  Eigen::Index members() const { return members_; }
  Eigen::Index times() const { return time_.size(); }
  Eigen::Index keys() const { return keys_; }
  const Vector& time() const { return time_; }
  double temperature(Eigen::Index member) const { return temperature_[member]; }
  Eigen::Map<const Vector> energies(Eigen::Index member) const;
  Eigen::Map<const Vector> weights(Eigen::Index member, Eigen::Index time) const;

 private:
  const std::vector<double>* weights_;
  const std::vector<double>* energies_;
  Vector time_;
  Vector temperature_;
  Eigen::Index members_ = 0, keys_ = 0;
};

/// A number with its standard error at one point of a sweep over rows of attention.
struct SweepPoint {
  double keys, head_dim, temperature, temperature_ratio;
  double value, error;
};

/// The mean of a variable over the rows of each point, with the standard error the program gives (`X_error`). Errors
/// below the rounding of the value are raised to it.
std::vector<SweepPoint> sweep(const StudyData& study, const std::string& variable);

/// Rows of attention in the whole study: points × replicas.
std::int64_t rows(const StudyData& study);

}  // namespace softmech

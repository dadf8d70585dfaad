#include <softmech/judgement/relaxation.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech::relaxation {

namespace {

// References are computed in extended precision and share no code with the simulation.
using Extended = Eigen::Matrix<long double, Eigen::Dynamic, 1>;

constexpr double rounding = std::numeric_limits<double>::epsilon();

Extended normalized_exponentials(const Extended& logarithms) {
  const Extended weights = (logarithms.array() - logarithms.maxCoeff()).exp();
  return weights / weights.sum();
}

/// softmax(−E/T).
Extended softmax(const Vector& energies, double temperature) {
  return normalized_exponentials(-energies.cast<long double>() / temperature);
}

/// F* = −T ln Σ e^{−E/T}.
long double equilibrium_free_energy(const Vector& energies, double temperature) {
  const Extended z = -energies.cast<long double>() / temperature;
  return -temperature * (z.maxCoeff() + std::log((z.array() - z.maxCoeff()).exp().sum()));
}

/// U(T) = Σ p E, from the lowest energy.
long double internal_energy(const Vector& energies, long double temperature) {
  const Extended above = (energies.array() - energies.minCoeff()).matrix().cast<long double>();
  return normalized_exponentials(-above / temperature).dot(above);
}

long double variance(const Extended& weights, const Extended& values) {
  const long double mean = weights.dot(values);
  return weights.dot((values.array() - mean).square().matrix());
}

double distance(const Vector& weights, const Extended& reference) {
  return static_cast<double>((weights.cast<long double>() - reference).cwiseAbs().maxCoeff());
}

/// The largest of one number per member over all studies; NaN if any is.
template <class PerMember>
Measurement largest(std::span<const StudyData> studies, PerMember&& per_member_value) {
  Measurement result{.value = -std::numeric_limits<double>::infinity(), .uncertainty = rounding};
  for (const StudyData& study : studies) {
    const Trajectories paths(study);
    for (Eigen::Index member = 0; member < paths.members(); ++member) {
      const double value = per_member_value(paths, member, study);
      result.value = std::isnan(value) || std::isnan(result.value) ? std::nan("") : std::max(result.value, value);
      ++result.sample_size;
    }
  }
  return result;
}

double end_distance(const Trajectories& paths, Eigen::Index member) {
  const Vector end = paths.weights(member, paths.times() - 1);
  return distance(end, softmax(paths.energies(member), paths.temperature(member)));
}

/// Σ_k |P (4m (y_{k+1} − 2y_k + y_{k−1})/h² + ∇F)|² over every `stride`-th sample: the gradient of the discrete action
/// Σ h [2m|Δy/h|² − F(y²)] per unit of depth, tangent to the sphere |y| = 1; ∂F/∂y_i = 2 y_i (E_i + 2T ln|y_i| + T).
double action_gradient(const Trajectories& paths, Eigen::Index member, double mass, Eigen::Index stride) {
  const double temperature = paths.temperature(member),
               spacing = (paths.time()[1] - paths.time()[0]) * static_cast<double>(stride);
  const Vector energies = paths.energies(member);
  const auto y = [&](Eigen::Index k) { return Vector(paths.weights(member, k).cwiseSqrt()); };
  double sum = 0.0;
  Eigen::Index count = 0;
  for (Eigen::Index k = 2; k + 2 < paths.times(); ++k, ++count) {  // the same places at stride 1 and 2
    const Vector here = y(k);
    const Vector acceleration = (y(k + stride) - 2.0 * here + y(k - stride)) / (spacing * spacing);
    const Vector slope = 2.0 * here.array() * (energies.array() + 2.0 * temperature * here.array().log() + temperature);
    const Vector gradient = 4.0 * mass * acceleration + slope;
    sum += (gradient - here * here.dot(gradient)).squaredNorm();
  }
  return std::sqrt(sum / static_cast<double>(count));
}

}  // namespace

Measurement distance_to_softmax(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData&) {
    return end_distance(paths, member);
  });
}

Measurement least_distance_to_softmax(std::span<const StudyData> studies, const std::string&) {
  Measurement result = largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData&) {
    return -end_distance(paths, member);
  });
  result.value = -result.value;
  return result;
}

Measurement mode_frequency_error(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    const double expected = paths.temperature(member) / per_member(study, "mass")[member];
    const Variable& frequency = study.data.at("mode_frequency");
    const auto modes = static_cast<Eigen::Index>(frequency.shape.at(1));
    const Eigen::Map<const Vector> omega(frequency.as<double>().data() + member * modes, modes);
    double worst = 0.0;
    for (const double w : omega)
      worst = std::max(worst, std::isnan(w) ? std::numeric_limits<double>::infinity() : std::abs(w * w / expected - 1));
    return worst;
  });
}

Measurement overdamped_flow_error(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    const double temperature = paths.temperature(member), friction = per_member(study, "friction")[member];
    const Extended start = Vector(paths.weights(member, 0)).cast<long double>().array().log();
    const Extended target = -Vector(paths.energies(member)).cast<long double>() / temperature;
    double worst = 0.0;
    for (Eigen::Index k = 0; k < paths.times(); ++k) {
      const long double left =
          std::exp(-static_cast<long double>(temperature) * (paths.time()[k] - paths.time()[0]) / friction);
      worst = std::max(worst,
                       distance(paths.weights(member, k), normalized_exponentials(left * start + (1 - left) * target)));
    }
    return worst;
  });
}

Measurement mirror_step_error(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    if (paths.times() < 2) throw std::runtime_error(fmt::format("study {}: one step needs two samples", study.name));
    return distance(paths.weights(member, 1), softmax(paths.energies(member), paths.temperature(member)));
  });
}

Measurement action_gradient_order(std::span<const StudyData> studies, const std::string&) {
  Moments orders;
  for (const StudyData& study : studies) {
    const Trajectories paths(study);
    if (paths.times() < 9)
      throw std::runtime_error(fmt::format("study {}: an action needs at least 9 samples", study.name));
    for (Eigen::Index member = 0; member < paths.members(); ++member) {
      const double mass = per_member(study, "mass")[member];
      orders.add(std::log2(action_gradient(paths, member, mass, 2) / action_gradient(paths, member, mass, 1)));
    }
  }
  return {orders.mean(), orders.count() > 1 ? orders.standard_error() : 0.0, orders.count(), ""};
}

Measurement work_balance_error(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    if (paths.members() < 2) throw std::runtime_error(fmt::format("study {}: a change needs two members", study.name));
    const Eigen::Index after = (member + 1) % paths.members();
    const double temperature = paths.temperature(member);
    if (paths.temperature(after) != temperature)
      throw std::runtime_error(fmt::format("study {}: its members differ in temperature", study.name));
    const Vector before_energies = paths.energies(member), after_energies = paths.energies(after);
    const Extended p = Vector(paths.weights(member, paths.times() - 1)).cast<long double>();
    const Extended q = Vector(paths.weights(after, paths.times() - 1)).cast<long double>();
    const long double work = p.dot((after_energies - before_energies).cast<long double>());
    const long double change =
        equilibrium_free_energy(after_energies, temperature) - equilibrium_free_energy(before_energies, temperature);
    const long double divergence = p.dot((p.array() / q.array()).log().matrix());
    return static_cast<double>(std::abs((work - change) / temperature - divergence));
  });
}

Measurement largest_free_energy_rise(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    const auto& free_energy = study.data.at("free_energy").as<double>();
    const double* row = free_energy.data() + member * paths.times();
    double rise = -std::numeric_limits<double>::infinity();
    for (Eigen::Index k = 1; k < paths.times(); ++k)
      rise = std::max(rise, (row[k] - row[k - 1]) / paths.temperature(member));
    return rise;
  });
}

Measurement response_error(std::span<const StudyData> studies, const std::string&) {
  return largest(studies, [](const Trajectories& paths, Eigen::Index member, const StudyData& study) {
    const Vector energies = paths.energies(member);
    const long double temperature = paths.temperature(member), step = 1e-3L * temperature;
    const auto slope = [&](long double h) {
      return (internal_energy(energies, temperature + h) - internal_energy(energies, temperature - h)) / (2 * h);
    };
    const long double response = (4 * slope(step) - slope(2 * step)) / 3;  // dU/dT to O(h⁴)
    const Extended weights = Vector(paths.weights(member, paths.times() - 1)).cast<long double>();
    const long double varentropy = variance(weights, weights.array().log());
    const auto& specific_heat = study.data.at("specific_heat").as<double>();
    const long double fluctuation = specific_heat[static_cast<std::size_t>((member + 1) * paths.times() - 1)];
    return static_cast<double>(std::max(std::abs(fluctuation / response - 1), std::abs(fluctuation / varentropy - 1)));
  });
}

}  // namespace softmech::relaxation

#include <softmech/judgement/token_fields.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/statistics/fit.hpp>
#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech::token_fields {

namespace {

constexpr double rounding = std::numeric_limits<double>::epsilon();

/// Attention of one member's tokens; the laws here know "sa" and "usa" only.
struct Attention {
  long double tokens, beta, coupling;
  bool normalized;

  /// ρ̇ for tokens at one common inner product ρ.
  long double equiangular_velocity(long double cosine) const {
    const long double weight = std::exp(beta * cosine);
    const long double rows = normalized ? std::exp(beta) + (tokens - 1) * weight : tokens;
    return 2 * coupling * weight * (1 - cosine) * ((tokens - 1) * cosine + 1) / rows;
  }
  /// Of 1 − ρ, for ρ → 1.
  long double final_rate() const { return 2 * coupling * (normalized ? 1 : std::exp(beta)); }
};

std::vector<Attention> attention_of(const StudyData& study) {
  const Vector tokens = per_member(study, "tokens"), beta = per_member(study, "beta");
  const Vector coupling = per_member(study, "coupling");
  const auto dynamics = words_per_member(study, "dynamics");
  std::vector<Attention> result;
  for (Eigen::Index i = 0; i < tokens.size(); ++i) {
    const std::string& law = dynamics[static_cast<std::size_t>(i)];
    if (law != "sa" && law != "usa")
      throw std::runtime_error(fmt::format("study {}: no law for dynamics \"{}\"", study.name, law));
    result.push_back({tokens[i], beta[i], coupling[i], law == "sa"});
  }
  return result;
}

/// ρ at the given depth later, by steps of the classical Runge–Kutta method short against every rate.
long double equiangular_cosine(const Attention& attention, long double cosine, long double depth) {
  const long double fastest = std::max(attention.final_rate(), 2 * std::abs(attention.coupling));
  const auto steps = static_cast<int>(std::ceil(100 * fastest * depth));
  const long double h = depth / steps;
  for (int i = 0; i < steps; ++i) {
    const long double a = attention.equiangular_velocity(cosine);
    const long double b = attention.equiangular_velocity(cosine + h / 2 * a);
    const long double c = attention.equiangular_velocity(cosine + h / 2 * b);
    const long double d = attention.equiangular_velocity(cosine + h * c);
    cosine += h / 6 * (a + 2 * b + 2 * c + d);
  }
  return cosine;
}

/// The larger one, NaN if any is.
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::max(a, b); }

/// The slope of ln(deficit) over the samples with 1e-9 ≤ deficit ≤ 1e-3: below lies the tolerance of the solver, above
/// the rate is not yet the final one.
LinearFit decay(const Vector& depth, const Eigen::Ref<const Eigen::RowVectorXd>& deficit, const std::string& study) {
  std::vector<double> t, logarithm;
  for (Eigen::Index k = 0; k < depth.size(); ++k) {
    if (!(deficit[k] >= 1e-9 && deficit[k] <= 1e-3)) continue;
    t.push_back(depth[k]), logarithm.push_back(std::log(deficit[k]));
  }
  if (t.size() < 4 || logarithm.front() - logarithm.back() < std::log(100.0))
    throw std::runtime_error(
        fmt::format("study {}: a final rate needs two decades of 1 - mean cosine below 1e-3; raise time.end", study));
  const auto count = static_cast<Eigen::Index>(t.size());
  // errors far below the scatter: it alone counts
  return fit_line(Eigen::Map<const Vector>(t.data(), count), Eigen::Map<const Vector>(logarithm.data(), count),
                  Vector::Constant(count, 1e-12));
}

/// (H(t) − H(0))/E_k of every member.
RowMatrix energy_errors(const StudyData& study) {
  RowMatrix error = curves(study, "total_energy") + curves(study, "heat");
  const RowMatrix kinetic = curves(study, "kinetic_energy");
  for (Eigen::Index member = 0; member < error.rows(); ++member) {
    const double scale = kinetic.row(member).maxCoeff();
    if (!(scale > 0)) throw std::runtime_error(fmt::format("study {}: no kinetic energy", study.name));
    const double start = error(member, 0);
    error.row(member) = (error.row(member).array() - start) / scale;
  }
  return error;
}

/// The largest |X| of every member.
std::vector<double> extremes(std::span<const StudyData> studies, const std::string& variable) {
  std::vector<double> result;
  for (const StudyData& study : studies) {
    const RowMatrix values = curves(study, variable);
    for (const auto& curve : values.rowwise()) {
      double extreme = 0;
      for (const double value : curve) extreme = larger(extreme, std::abs(value));
      result.push_back(extreme);
    }
  }
  return result;
}

}  // namespace

Measurement equiangular_error(std::span<const StudyData> studies, const std::string&) {
  Measurement result{.value = 0, .uncertainty = rounding};
  for (const StudyData& study : studies) {
    const Vector depth = depths(study);
    const RowMatrix measured = curves(study, "mean_cosine");
    const auto attention = attention_of(study);
    for (Eigen::Index member = 0; member < measured.rows(); ++member, ++result.sample_size) {
      long double exact = measured(member, 0);
      for (Eigen::Index k = 1; k < depth.size(); ++k) {
        exact = equiangular_cosine(attention[static_cast<std::size_t>(member)], exact, depth[k] - depth[k - 1]);
        result.value = larger(result.value, static_cast<double>(std::abs(measured(member, k) - exact)));
      }
    }
  }
  return result;
}

Measurement final_rate(std::span<const StudyData> studies, const std::string&) {
  Measurement result{.value = 1};
  for (const StudyData& study : studies) {
    const Vector depth = depths(study);
    const RowMatrix deficit = curves(study, "cosine_deficit");
    const auto attention = attention_of(study);
    for (Eigen::Index member = 0; member < deficit.rows(); ++member, ++result.sample_size) {
      const LinearFit fit = decay(depth, deficit.row(member), study.name);
      const auto expected = static_cast<double>(attention[static_cast<std::size_t>(member)].final_rate());
      const double ratio = -fit.coefficients[1] / expected;
      if (std::abs(ratio - 1) < std::abs(result.value - 1)) continue;
      result.value = ratio, result.uncertainty = fit.scaled_error(1) / expected;
    }
  }
  return result;
}

Measurement mean_before_collapse(std::span<const StudyData> studies, const std::string& variable) {
  Moments members;
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;
  for (const StudyData& study : studies) {
    const RowMatrix deficit = curves(study, "cosine_deficit"), values = curves(study, variable);
    for (Eigen::Index member = 0; member < values.rows(); ++member) {
      Moments samples;
      for (Eigen::Index k = 0; k < values.cols(); ++k)
        if (deficit(member, k) >= 0.1) samples.add(values(member, k));
      if (samples.count() == 0) continue;
      members.add(samples.mean());
      lowest = std::min(lowest, samples.mean()), highest = std::max(highest, samples.mean());
    }
  }
  if (members.count() < 2) throw std::runtime_error("fewer than two members have a sample before their collapse");
  return {members.mean(), members.standard_error(), members.count(),
          fmt::format("{:.3g} to {:.3g} over members", lowest, highest)};
}

Measurement energy_balance_error(std::span<const StudyData> studies, const std::string&) {
  Measurement result{.value = 0, .uncertainty = rounding};
  for (const StudyData& study : studies) {
    const RowMatrix errors = energy_errors(study);
    for (const double error : errors.reshaped()) result.value = larger(result.value, std::abs(error));
    result.sample_size += errors.rows();
  }
  return result;
}

Measurement energy_drift(std::span<const StudyData> studies, const std::string&) {
  Moments slopes;
  for (const StudyData& study : studies) {
    const Vector depth = depths(study), ones = Vector::Ones(depth.size());
    const RowMatrix errors = energy_errors(study);
    for (const auto& error : errors.rowwise()) slopes.add(fit_line(depth, error.transpose(), ones).coefficients[1]);
  }
  if (slopes.count() < 2) throw std::runtime_error("a drift needs two members");
  return {slopes.mean(), slopes.standard_error(), slopes.count(), "per unit of depth"};
}

Measurement largest_over_depth(std::span<const StudyData> studies, const std::string& variable) {
  Measurement result{.value = 0, .uncertainty = rounding};
  for (const double extreme : extremes(studies, variable)) {
    result.value = larger(result.value, extreme);
    ++result.sample_size;
  }
  return result;
}

Measurement least_of_largest(std::span<const StudyData> studies, const std::string& variable) {
  Measurement result{.value = std::numeric_limits<double>::infinity(), .uncertainty = rounding};
  for (const double extreme : extremes(studies, variable)) {
    result.value = -larger(-result.value, -extreme);
    ++result.sample_size;
  }
  return result;
}

}  // namespace softmech::token_fields

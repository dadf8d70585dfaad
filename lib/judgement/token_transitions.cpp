#include <softmech/judgement/token_transitions.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/fit.hpp>
#include <softmech/statistics/median_interval.hpp>
#include <softmech/statistics/model_comparison.hpp>
#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>

namespace softmech::token_transitions {

namespace {

struct Estimate {
  double value = 0, error = 0;
};

/// a + b/n from its values at two sizes, for n → ∞.
Estimate limit(double small, const Estimate& at_small, double large, const Estimate& at_large) {
  const double weight = small / (large - small);
  return {at_large.value + weight * (at_large.value - at_small.value),
          std::hypot((1 + weight) * at_large.error, weight * at_small.error)};
}

/// Settings that are equal but for rounding have one key.
std::int64_t key_of(double setting) { return std::llround(1e9 * setting); }

VectorView column(const std::vector<double>& values) {
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

Estimate mean_of(const Moments& moments) {
  return {moments.mean(), moments.count() > 1 ? moments.standard_error() : 0.0};
}

// ------------------------------------------------------------------------------------------------------ long contexts

using Logits = std::map<std::int64_t, Moments>;  // by key of γ

/// ln(w/(1 − w)) of the self-weights at the first sample, by number of tokens and γ.
std::map<double, Logits> self_weights(std::span<const StudyData> studies) {
  std::map<double, Logits> result;
  for (const StudyData& study : studies) {
    const Vector tokens = per_member(study, "tokens"), beta = per_member(study, "beta");
    const RowMatrix weight = curves(study, "self_weight");
    for (Eigen::Index member = 0; member < tokens.size(); ++member) {
      const double w = weight(member, 0);
      result[tokens[member]][key_of(beta[member] / std::log(tokens[member]))].add(std::log(w / (1 - w)));
    }
  }
  return result;
}

/// The first γ at which the longer context gets ahead.
std::optional<Estimate> crossing(const Logits& shorter, const Logits& longer) {
  std::optional<std::pair<double, Estimate>> before;
  for (const auto& [key, logits] : longer) {
    const auto other = shorter.find(key);
    if (other == shorter.end()) continue;
    const Estimate a = mean_of(other->second), b = mean_of(logits);
    const double gamma = static_cast<double>(key) / 1e9;
    const Estimate lead{b.value - a.value, std::hypot(a.error, b.error)};
    if (before && before->second.value < 0 && lead.value >= 0) {
      const auto& [last_gamma, last] = *before;
      const double share = -last.value / (lead.value - last.value);
      const double slope = (lead.value - last.value) / (gamma - last_gamma);
      return Estimate{last_gamma + share * (gamma - last_gamma),
                      std::hypot((1 - share) * last.error, share * lead.error) / slope};
    }
    before = {gamma, lead};
  }
  return std::nullopt;
}

// ------------------------------------------------------------------------------------------------------ metastability

struct Lifetimes {
  std::vector<double> beta, logarithm, error;  // of the median
  std::int64_t members = 0;
};

/// The largest ratio of successive depths: merges are known to it.
double resolution(const Vector& depth) {
  double ratio = 1;
  for (Eigen::Index k = 1; k < depth.size(); ++k)
    if (depth[k - 1] > 0) ratio = std::max(ratio, depth[k] / depth[k - 1]);
  return std::log(ratio);
}

Lifetimes lifetimes(std::span<const StudyData> studies) {
  std::map<double, std::vector<double>> by_beta;
  double spacing = 0;
  Lifetimes result;
  for (const StudyData& study : studies) {
    const Vector beta = per_member(study, "beta");
    const Variable& merges = study.data.at("merge_depth");
    const auto& depth = merges.as<double>();
    const std::size_t count = merges.shape.at(1);
    for (Eigen::Index member = 0; member < beta.size(); ++member, ++result.members) {
      const double last = depth[(static_cast<std::size_t>(member) + 1) * count - 1];
      by_beta[beta[member]].push_back(std::isnan(last) ? std::numeric_limits<double>::infinity() : std::log(last));
    }
    spacing = std::max(spacing, resolution(depths(study)));
  }
  for (const auto& [beta, sample] : by_beta) {
    const Interval interval = median_interval(sample).interval;
    if (!std::isfinite(interval.low) || !std::isfinite(interval.high))
      throw std::runtime_error(
          fmt::format("too few members end with one cluster at beta = {:g} for a median; raise time.end", beta));
    result.beta.push_back(beta), result.logarithm.push_back(median(sample));
    result.error.push_back(
        std::hypot((interval.high - interval.low) / 2 / confidence_width, spacing / std::sqrt(12.0)));
  }
  if (by_beta.size() < 4) throw std::runtime_error("growth of lifetimes needs at least 4 values of model.beta");
  return result;
}

// --------------------------------------------------------------------------------------------------- noisy transition

/// 2T(β/2)^{d/2}/[Γ(d/2) I_{d/2}(β)], one for the whole study.
double theoretical_threshold(const StudyData& study) {
  const Vector beta = per_member(study, "beta"), temperature = per_member(study, "temperature");
  const Vector dimension = per_member(study, "dimension");
  for (const Vector& values : {beta, temperature, dimension}) {
    if (values.minCoeff() != values.maxCoeff())
      throw std::runtime_error(
          fmt::format("study {}: a threshold needs one beta, one temperature, one dimension", study.name));
  }
  const double half = dimension[0] / 2;
  return 2 * temperature[0] * std::pow(beta[0] / 2, half) / (std::tgamma(half) * std::cyl_bessel_i(half, beta[0]));
}

/// n⟨R²⟩ over members, with the error that the runs give.
struct Fluctuation {
  double sum = 0, squared_error = 0, count = 0;
  Estimate inverse() const {
    const double mean = sum / count;
    return {1 / mean, std::sqrt(squared_error) / count / (mean * mean)};
  }
};

std::map<double, std::map<double, Fluctuation>> fluctuations(const StudyData& study) {
  const Vector tokens = per_member(study, "tokens"), coupling = per_member(study, "coupling");
  const Vector square = per_member(study, "order_parameter2"), error = per_member(study, "order_parameter2_error");
  std::map<double, std::map<double, Fluctuation>> result;  // by coupling, then by tokens
  for (Eigen::Index i = 0; i < tokens.size(); ++i) {
    Fluctuation& point = result[coupling[i]][tokens[i]];
    point.sum += tokens[i] * square[i], point.squared_error += std::pow(tokens[i] * error[i], 2), point.count += 1;
  }
  return result;
}

/// K_c of 1/(n⟨R²⟩) = 1 − K/K_c.
Estimate zero_of_line(const std::vector<double>& coupling, const std::vector<Estimate>& inverse) {
  const auto count = static_cast<Eigen::Index>(coupling.size());
  Matrix design(count, 1);
  Vector value(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto& y = inverse[static_cast<std::size_t>(i)];
    design(i, 0) = coupling[static_cast<std::size_t>(i)], value[i] = 1 - y.value, error[i] = y.error;
  }
  const LinearFit fit = fit_linear(design, value, error);
  const double slope = fit.coefficients[0];
  return {1 / slope, fit.scaled_error(0) / (slope * slope)};
}

/// The slope of ln R over the samples in which it is small.
double growth_rate(const Vector& depth, const Eigen::Ref<const Eigen::RowVectorXd>& order, const std::string& study) {
  std::vector<double> t, logarithm;
  for (Eigen::Index k = 0; k < depth.size(); ++k) {
    if (!(order[k] >= 1e-12 && order[k] <= 1e-3)) continue;
    t.push_back(depth[k]), logarithm.push_back(std::log(order[k]));
  }
  if (t.size() < 3)
    throw std::runtime_error(
        fmt::format("study {}: fewer than 3 samples with R up to 1e-3; lower start.amplitude", study));
  return fit_line(column(t), column(logarithm), Vector::Ones(static_cast<Eigen::Index>(t.size()))).coefficients[1];
}

}  // namespace

Measurement critical_gamma(std::span<const StudyData> studies, const std::string&) {
  const auto logits = self_weights(studies);
  if (logits.size() < 3) throw std::runtime_error("the limit of long contexts needs three values of model.tokens");
  std::vector<std::pair<double, Estimate>> crossings;  // by the shorter context
  Measurement result;
  for (auto shorter = logits.begin(), longer = std::next(shorter); longer != logits.end(); ++shorter, ++longer) {
    const auto gamma = crossing(shorter->second, longer->second);
    if (!gamma)
      throw std::runtime_error(
          fmt::format("the self-weights at n = {:g} and {:g} do not cross", shorter->first, longer->first));
    crossings.emplace_back(shorter->first, *gamma);
    result.remark += fmt::format("{}n = {:g} and {:g} cross at {:.3f}", crossings.size() > 1 ? ", " : "",
                                 shorter->first, longer->first, gamma->value);
  }
  const auto& [small, at_small] = crossings[crossings.size() - 2];
  const auto& [large, at_large] = crossings.back();
  const Estimate gamma = limit(small, at_small, large, at_large);
  result.value = gamma.value;
  result.uncertainty = std::hypot(gamma.error, (gamma.value - at_large.value) * small / large);
  for (const StudyData& study : studies) result.sample_size += per_member(study, "tokens").size();
  return result;
}

Measurement exponential_lead(std::span<const StudyData> studies, const std::string&) {
  const Lifetimes data = lifetimes(studies);
  const VectorView beta = column(data.beta), value = column(data.logarithm), error = column(data.error);
  const Vector log_beta = beta.array().log();
  const LinearFit exponential = fit_line(beta, value, error), power = fit_line(log_beta, value, error);
  const auto count = static_cast<std::int64_t>(data.beta.size());
  const double freedom = static_cast<double>(exponential.freedom);
  const double inflation = std::max(1.0, std::min(exponential.chi_squared, power.chi_squared) / freedom);
  const double lead = corrected_akaike(power.chi_squared / inflation, 2, count) -
                      corrected_akaike(exponential.chi_squared / inflation, 2, count);
  // ∂χ²/∂y = 2(y − fit)/σ²: the lead is known to twice the distance of the two laws in units of σ.
  const Vector law_distance = exponential.coefficients[0] + exponential.coefficients[1] * beta.array() -
                              power.coefficients[0] - power.coefficients[1] * log_beta.array();
  const double uncertainty = 2 * (law_distance.array() / error.array()).matrix().norm() / std::sqrt(inflation);
  return {lead, uncertainty, data.members,
          fmt::format("L ~ exp(({:.3f} +- {:.3f}) beta), chi^2 = {:.1f}; L ~ beta^({:.2f} +- {:.2f}), chi^2 = {:.1f}; "
                      "{} values of beta from {:g} to {:g}",
                      exponential.coefficients[1], exponential.scaled_error(1), exponential.chi_squared,
                      power.coefficients[1], power.scaled_error(1), power.chi_squared, count, data.beta.front(),
                      data.beta.back())};
}

Measurement critical_coupling(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  std::vector<double> couplings;
  std::vector<Estimate> at_largest, at_infinity;
  double next_order = 1;
  for (const auto& [coupling, sizes] : fluctuations(study)) {
    if (sizes.size() < 2) throw std::runtime_error(fmt::format("study {}: needs two values of tokens", study.name));
    const auto large = std::prev(sizes.end()), small = std::prev(large);
    const Estimate inverse = large->second.inverse();
    if (coupling == 0 || inverse.value < 0.2) continue;
    couplings.push_back(coupling), at_largest.push_back(inverse);
    at_infinity.push_back(limit(small->first, small->second.inverse(), large->first, inverse));
    next_order = small->first / large->first;
  }
  if (couplings.size() < 2)
    throw std::runtime_error(fmt::format("study {}: needs two couplings with n <R^2> < 5", study.name));
  const Estimate threshold = zero_of_line(couplings, at_infinity);
  const double finite = zero_of_line(couplings, at_largest).value, expected = theoretical_threshold(study);
  return {threshold.value / expected, std::hypot(threshold.error, (threshold.value - finite) * next_order) / expected,
          per_member(study, "tokens").size(),
          fmt::format("K_c = {:.3f}, theory {:.4f}, from K = {:g} to {:g}; {:.3f} without the limit in n",
                      threshold.value, expected, couplings.front(), couplings.back(), finite)};
}

Measurement growth_threshold(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const Vector coupling = per_member(study, "coupling"), depth = depths(study);
  const RowMatrix order = curves(study, "order_parameter");
  Vector rate(coupling.size());
  for (Eigen::Index i = 0; i < rate.size(); ++i) rate[i] = growth_rate(depth, order.row(i), study.name);
  if (rate.minCoeff() >= 0 || rate.maxCoeff() <= 0)
    throw std::runtime_error(fmt::format("study {}: needs couplings on both sides of the threshold", study.name));
  // errors far below the scatter: it alone counts
  const LinearFit fit = fit_line(coupling, rate, Vector::Constant(rate.size(), 1e-12));
  const double offset = fit.coefficients[0], slope = fit.coefficients[1], expected = theoretical_threshold(study);
  const Eigen::Vector2d gradient(-1 / slope, offset / (slope * slope));
  return {-offset / slope / expected, fit.scaled_error(gradient) / expected, rate.size(),
          fmt::format("K_c = {:.5f}, theory {:.5f}", -offset / slope, expected)};
}

}  // namespace softmech::token_transitions

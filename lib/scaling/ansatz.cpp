#include <softmech/scaling/ansatz.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double largest_inverse_nu = 6, largest_exponent = 5;
// A smaller ω makes a power law over the sizes that one measures, and a larger c is no correction.
constexpr double least_omega = 0.3, largest_omega = 5, least_correction = -0.8, largest_correction = 2;

void require_positive(const char* name, std::optional<double> value) {
  if (value && !(*value > 0 && std::isfinite(*value)))
    throw std::invalid_argument(
        fmt::format("{} = {}: must be a finite number > 0; leave it out to fit it", name, *value));
}

void require_settings(const AnsatzSettings& settings, const ScalingData& data) {
  require_positive("inverse_nu", settings.inverse_nu);
  require_positive("omega", settings.omega);
  require_positive("dimension", settings.dimension);
  if (settings.x_c && !std::isfinite(*settings.x_c))
    throw std::invalid_argument(fmt::format("x_c = {}: must be finite; leave it out to fit it", *settings.x_c));
  const std::size_t exponents = settings.exponents.size();
  const std::size_t most = settings.shared_exponent ? 1 : data.series.size();
  if (exponents > most)
    throw std::invalid_argument(
        fmt::format("{} exponents are given: must be at most {}, one for each{}", exponents, most,
                    settings.shared_exponent ? " shared exponent; turn shared_exponent off" : " observable"));
  if (!(data.x.maxCoeff() > data.x.minCoeff()))
    throw std::invalid_argument(
        fmt::format("x = {} at all points: must differ, for scaling compares curves", data.x[0]));
  const std::size_t sizes = data.sizes().size();
  if (settings.corrections && sizes < 3)
    throw std::invalid_argument(
        fmt::format("corrections = true with {} sizes: must be at least 3, or they imitate any exponent", sizes));
  const double smallest = data.size[0];
  if (settings.kind == AnsatzKind::logarithmic && !(smallest > 1))
    throw std::invalid_argument(
        fmt::format("size = {}: must be > 1 for the ansatz logarithmic, whose size is ln n", smallest));
  if (settings.log_l0 && !(*settings.log_l0 < std::log(smallest)))
    throw std::invalid_argument(fmt::format("log_l0 = {}: must be below the logarithm of the smallest size, {}",
                                            *settings.log_l0, std::log(smallest)));
}

/// 1/ν, unless it is free.
std::optional<double> known_inverse_nu(const AnsatzSettings& settings) {
  if (settings.inverse_nu || settings.free_inverse_nu) return settings.inverse_nu;
  if (settings.kind == AnsatzKind::mean_field) return 0.5;
  if (settings.kind == AnsatzKind::first_order) return settings.dimension;
  return std::nullopt;
}

std::string name_of(const char* quantity, const ScalingData& data, std::size_t series) {
  return data.series.size() == 1 ? quantity : fmt::format("{}({})", quantity, data.series[series].name);
}

}  // namespace

std::string_view name(AnsatzKind kind) {
  switch (kind) {
    case AnsatzKind::power:
      return "power";
    case AnsatzKind::mean_field:
      return "mean_field";
    case AnsatzKind::first_order:
      return "first_order";
    case AnsatzKind::bkt:
      return "bkt";
    case AnsatzKind::logarithmic:
      return "logarithmic";
  }
  throw std::invalid_argument("an ansatz that is none");
}

Ansatz::Ansatz(const AnsatzSettings& settings, const ScalingData& data) : settings_(settings) {
  require_valid(data);
  require_settings(settings, data);
  const std::vector<double> sizes = data.sizes();
  log_smallest_ = log_size(sizes.front());
  for (const double size : sizes) log_reference_ += log_size(size) / static_cast<double>(sizes.size());

  const double low = data.x.minCoeff(), high = data.x.maxCoeff(), range = high - low;
  x_c_ = quantity(settings.x_c, {"x_c", low - 0.1 * range, high + 0.1 * range, 0.5 * (low + high), range / 6});
  if (settings.kind == AnsatzKind::bkt) {
    const double smallest = std::log(sizes.front());
    log_l0_ = quantity(settings.log_l0, {"log_l0", smallest - 10, smallest - 0.1, smallest - 2, 0.6});
  } else {
    inverse_nu_ = quantity(known_inverse_nu(settings), {"inverse_nu", 0.02, largest_inverse_nu, 1, 0.3});
  }
  add_exponents(data);
  if (settings.corrections) add_corrections(data);
}

Ansatz::Quantity Ansatz::quantity(std::optional<double> fixed, ScalingParameter parameter) {
  if (fixed) return {parameter.name, -1, *fixed};
  parameters_.push_back(parameter);
  return {parameter.name, parameter_count() - 1, 0};
}

void Ansatz::add_exponents(const ScalingData& data) {
  const auto add = [&](const std::string& name, std::size_t given) {
    const auto fixed = given < settings_.exponents.size() ? settings_.exponents[given] : std::nullopt;
    return quantity(fixed, {name, -largest_exponent, largest_exponent, 0, 0.6});
  };
  if (settings_.shared_exponent) {
    exponents_.assign(data.series.size(), add("exponent", 0));
  } else {
    for (std::size_t i = 0; i < data.series.size(); ++i) exponents_.push_back(add(name_of("exponent", data, i), i));
  }
}

void Ansatz::add_corrections(const ScalingData& data) {
  omega_ = quantity(settings_.omega, {"omega", least_omega, largest_omega, 1.5, 0.4});
  for (std::size_t i = 0; i < data.series.size(); ++i)
    corrections_.push_back(
        quantity(std::nullopt, {name_of("correction", data, i), least_correction, largest_correction, 0, 0.2}));
}

bool Ansatz::allows(VectorView theta) const {
  for (Eigen::Index i = 0; i < parameter_count(); ++i) {
    const ScalingParameter& parameter = parameters_[static_cast<std::size_t>(i)];
    if (!(theta[i] >= parameter.low && theta[i] <= parameter.high)) return false;
  }
  return true;
}

const Ansatz::Quantity* Ansatz::find(std::string_view parameter) const {
  for (const Quantity* quantity : {&x_c_, &inverse_nu_, &log_l0_, &omega_})
    if (quantity->name == parameter) return quantity;
  for (const auto* quantities : {&exponents_, &corrections_})
    for (const Quantity& quantity : *quantities)
      if (quantity.name == parameter) return &quantity;
  return nullptr;
}

double Ansatz::value(std::string_view parameter, VectorView theta) const {
  if (const Quantity* quantity = find(parameter)) return (*quantity)(theta);
  throw std::invalid_argument(fmt::format("the ansatz {} has no parameter '{}'", name(settings_.kind), parameter));
}

double Ansatz::log_size(double size) const {
  return settings_.kind == AnsatzKind::logarithmic ? std::log(std::log(size)) : std::log(size);
}

double Ansatz::x_factor(VectorView theta, double size) const {
  if (settings_.kind != AnsatzKind::bkt) return std::exp((log_size(size) - log_reference_) * inverse_nu_(theta));
  const double ratio = (std::log(size) - log_l0_(theta)) / (log_reference_ - log_l0_(theta));
  return ratio * ratio;
}

double Ansatz::y_factor(VectorView theta, double size, std::size_t series) const {
  const double power = std::exp((log_size(size) - log_reference_) * exponents_[series](theta));
  if (corrections_.empty()) return power;
  const double c = corrections_[series](theta), omega = omega_(theta);
  const auto correction = [&](double log_of_size) { return 1 + c * std::exp((log_smallest_ - log_of_size) * omega); };
  return power * correction(log_size(size)) / correction(log_reference_);
}

double Ansatz::scaled_x(VectorView theta, double size, double x) const {
  return (x - x_c_(theta)) * x_factor(theta, size);
}

double Ansatz::unscale(VectorView theta, double size, std::size_t series, double scaled_y) const {
  return scaled_y * y_factor(theta, size, series);
}

void Ansatz::collapse(VectorView theta, const ScalingData& data, std::size_t series, Collapsed& out) const {
  const Eigen::Index points = data.points();
  const ScalingSeries& observable = data.series[series];
  out.x.resize(points), out.y.resize(points), out.error.resize(points);
  out.log_jacobian = 0;
  const double x_c = x_c_(theta);
  for (Eigen::Index i = 0; i < points;) {
    const double size = data.size[i];
    const double stretch = x_factor(theta, size), shrink = 1 / y_factor(theta, size, series);
    const Eigen::Index begin = i;
    for (; i < points && data.size[i] == size; ++i) {
      out.x[i] = (data.x[i] - x_c) * stretch;
      out.y[i] = observable.y[i] * shrink;
      out.error[i] = observable.error[i] * shrink;
    }
    out.log_jacobian += static_cast<double>(i - begin) * std::log(shrink);
  }
}

}  // namespace softmech

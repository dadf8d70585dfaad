#include <softmech/models/mean_field.hpp>

#include <softmech/attention/scaled_bessel.hpp>
#include <softmech/mechanics/numerical_error.hpp>

#include <fmt/format.h>
#include <unsupported/Eigen/FFT>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

using Complex = std::complex<double>;
constexpr double two_pi = 2 * std::numbers::pi;
constexpr double most_modes = 4096;

void require(bool holds, const char* name, double value, const char* rule) {
  if (!holds) throw std::invalid_argument(fmt::format("model.{} = {}: {}", name, value, rule));
}

void require_ranges(const MeanFieldSettings& s) {
  if (s.law == TokenLaw::usa) {
    require(s.beta > 0 && s.beta <= 500, "beta", s.beta, "must be > 0 and at most 500, for e^beta; try 1");
  } else {
    require(s.beta > 0 && s.beta <= 1e8, "beta", s.beta, "must be > 0 and at most 1e8; try 1");
  }
  require(s.coupling >= 0 && std::isfinite(s.coupling), "coupling", s.coupling, "must be >= 0 and finite; try 1");
  require(s.temperature >= 0 && std::isfinite(s.temperature), "temperature", s.temperature,
          "must be >= 0 and finite; try 0.1");
}

/// Rate at which a point of tokens draws in what is near it.
double contraction(const MeanFieldSettings& s) { return s.coupling * (s.law == TokenLaw::usa ? std::exp(s.beta) : 1); }

MeanFieldSettings with_modes(MeanFieldSettings s) {
  require_ranges(s);
  if (s.modes == 0) {
    const double modes = MeanField::suggested_modes(s);
    require(modes <= most_modes, "temperature", s.temperature,
            fmt::format("the stationary peak needs {:.3g} modes, more than 4096; raise it, or set model.modes", modes)
                .c_str());
    s.modes = static_cast<Eigen::Index>(modes);
  }
  require(s.modes >= 4 && s.modes <= 4096, "modes", static_cast<double>(s.modes), "must be 4 to 4096; try 128");
  return s;
}

}  // namespace

// A grid of at least 4M points on the circle, a power of two, and transforms to it and back.
struct MeanField::Grid {
  explicit Grid(Eigen::Index modes) {
    while (points < 4 * modes) points *= 2;
    const auto size = static_cast<std::size_t>(points);
    for (auto* values : {&density, &field, &slope}) values->resize(size);
    spectrum.resize(size / 2 + 1);
    fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
    fft.SetFlag(Eigen::FFT<double>::Unscaled);
  }

  // values_j = Σ_{|m| ≤ M} c_m e^{imθ_j}, c_{−m} = conj c_m.
  template <class Coefficient>
  void synthesize(Eigen::Index modes, Coefficient coefficient, std::vector<double>& values) {
    std::fill(spectrum.begin(), spectrum.end(), Complex(0));
    for (Eigen::Index m = 0; m <= modes; ++m) spectrum[static_cast<std::size_t>(m)] = coefficient(m);
    fft.inv(values.data(), spectrum.data(), points);
  }

  // spectrum_m = (1/P) Σ_j values_j e^{−imθ_j}.
  void analyze(const std::vector<double>& values) {
    fft.fwd(spectrum.data(), values.data(), points);
    for (Complex& c : spectrum) c /= static_cast<double>(points);
  }

  Eigen::FFT<double> fft;
  Eigen::Index points = 64;
  std::vector<double> density, field, slope;  // 2πρ, g, g'
  std::vector<Complex> spectrum;
};

MeanField::MeanField(const MeanFieldSettings& settings)
    : settings_(with_modes(settings)),
      kernel_(scaled_bessel(settings_.beta, settings_.modes)),
      scale_(settings_.law == TokenLaw::usa ? 1 : std::exp(-settings_.beta)),
      grid_(std::make_unique<Grid>(settings_.modes)) {
  if (settings_.law == TokenLaw::usa) kernel_ *= std::exp(settings_.beta);
}
MeanField::~MeanField() = default;
MeanField::MeanField(MeanField&&) noexcept = default;

double MeanField::suggested_modes(const MeanFieldSettings& s) {
  require_ranges(s);
  const double kernel = std::max(16.0, 8 * std::sqrt(s.beta));
  if (s.temperature == 0) return std::ceil(std::max(256.0, kernel));
  return std::ceil(std::max(kernel, 8 * std::sqrt(contraction(s) / s.temperature)));
}

Complex MeanField::mode(const VectorView& state, Eigen::Index m) {
  return m == 0 ? Complex(1) : Complex(state[2 * m - 2], state[2 * m - 1]);
}

void MeanField::velocity(const VectorView& state, Eigen::Ref<Vector> out) const {
  Grid& grid = *grid_;
  const double beta = settings_.beta;
  const auto wave = [&](Eigen::Index m) { return kernel_[m] * mode(state, m); };
  grid.synthesize(
      modes(), [&](Eigen::Index m) { return mode(state, m); }, grid.density);
  grid.synthesize(
      modes(), [&](Eigen::Index m) { return Complex(0, static_cast<double>(m)) * wave(m); }, grid.slope);
  if (settings_.law == TokenLaw::sa) {
    grid.synthesize(modes(), wave, grid.field);
    const double floor = 1e-13 * *std::max_element(grid.field.begin(), grid.field.end());
    for (std::size_t j = 0; j < grid.slope.size(); ++j) grid.slope[j] /= std::max(grid.field[j], floor);
  }
  for (std::size_t j = 0; j < grid.slope.size(); ++j) grid.slope[j] *= grid.density[j] / beta;  // 2πρ f
  grid.analyze(grid.slope);
  for (Eigen::Index m = 1; m <= modes(); ++m) {
    const double number = static_cast<double>(m);
    const Complex drift = Complex(0, -number * settings_.coupling) * grid.spectrum[static_cast<std::size_t>(m)];
    const Complex rate = drift - settings_.temperature * number * number * mode(state, m);
    out[2 * m - 2] = rate.real();
    out[2 * m - 1] = rate.imag();
  }
}

Flow MeanField::flow() const {
  Flow flow;
  flow.second_order = false;
  flow.friction = 1;
  flow.force = [this](const VectorView& x, Eigen::Ref<Vector> out) { velocity(x, out); };
  take_manifold(flow, *this);
  return flow;
}

Vector MeanField::state_of(const std::function<double(double)>& density) const {
  Grid& grid = *grid_;
  double sum = 0;
  for (Eigen::Index j = 0; j < grid.points; ++j) {
    const double angle = two_pi * static_cast<double>(j) / static_cast<double>(grid.points);
    const double value = density(angle);
    if (!(value >= 0 && std::isfinite(value))) {
      throw std::invalid_argument(fmt::format("density({}) = {}: must be >= 0 and finite", angle, value));
    }
    sum += grid.density[static_cast<std::size_t>(j)] = value;
  }
  if (sum == 0) throw std::invalid_argument("density: 0 everywhere, must be positive somewhere");
  grid.analyze(grid.density);
  Vector state(2 * modes());
  for (Eigen::Index m = 1; m <= modes(); ++m) {
    const Complex value = grid.spectrum[static_cast<std::size_t>(m)] / grid.spectrum[0].real();
    state[2 * m - 2] = value.real();
    state[2 * m - 1] = value.imag();
  }
  return state;
}

Vector MeanField::density(const VectorView& state, Eigen::Index points) const {
  if (points < 1) throw std::invalid_argument(fmt::format("points = {}: must be at least 1; try 256", points));
  Vector density = Vector::Constant(points, 1 / two_pi);
  const Vector angles = Vector::LinSpaced(points + 1, 0, two_pi).head(points);
  for (Eigen::Index m = 1; m <= modes(); ++m) {
    const Complex a = mode(state, m);
    const auto phases = static_cast<double>(m) * angles.array();
    density.array() += 2 / two_pi * (a.real() * phases.cos() - a.imag() * phases.sin());
  }
  return density;
}

double MeanField::interaction_energy(const VectorView& state) const {
  double sum = kernel_[0];
  for (Eigen::Index m = 1; m <= modes(); ++m) sum += 2 * kernel_[m] * std::norm(mode(state, m));
  return -sum / scale_ / (2 * settings_.beta);
}

double MeanField::entropy(const VectorView& state) const {
  Grid& grid = *grid_;
  grid.synthesize(
      modes(), [&](Eigen::Index m) { return mode(state, m); }, grid.density);
  double sum = 0;
  for (const double density : grid.density) {
    if (density > 0) sum -= density * std::log(density / two_pi);
  }
  return sum / static_cast<double>(grid.points);
}

double MeanField::free_energy(const VectorView& state) const {
  return settings_.coupling * interaction_energy(state) - settings_.temperature * entropy(state);
}

double MeanField::growth_rate(Eigen::Index m) const {
  if (m < 1 || m > modes()) throw std::invalid_argument(fmt::format("mode {}: must be 1 to {}", m, modes()));
  const double number = static_cast<double>(m);
  const double response = settings_.law == TokenLaw::usa ? kernel_[m] : kernel_[m] / kernel_[0];
  return number * number * (settings_.coupling * response / settings_.beta - settings_.temperature);
}

double MeanField::fastest_rate() const {
  const auto number = static_cast<double>(modes());
  return settings_.temperature * number * number + contraction(settings_);
}

double MeanField::tail(const VectorView& state) const {
  double largest = 0;
  for (Eigen::Index m = modes() - std::max<Eigen::Index>(1, modes() / 8) + 1; m <= modes(); ++m) {
    largest = std::max(largest, order(state, m));
  }
  return largest;
}

void MeanField::require_resolved(const VectorView& state, double depth, double tolerance) const {
  const double left_out = tail(state);
  if (left_out <= tolerance) return;
  throw NumericalError("mean-field density",
                       fmt::format("not resolved by {} modes, whose tail is {:.2g}", modes(), left_out), depth, 0,
                       "raise model.modes, or give the density a width with model.temperature");
}

}  // namespace softmech

#include <softmech/goldstone/line_shape.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

using Complex = std::complex<double>;

/// ω₁ = √(ω² − Γ²/4), imaginary when overdamped, kept off 0 where formulas have it in denominators.
Complex ring_frequency(const Line& line) {
  const Complex ring = std::sqrt(Complex(line.frequency * line.frequency - line.damping * line.damping / 4));
  const double least = 1e-7 * (std::abs(line.frequency) + line.damping) + 1e-300;
  return std::abs(ring) < least ? Complex(least) : ring;
}

/// The lower triangular root of a 2 × 2 covariance that may be singular by rounding.
Eigen::Matrix2d root_of(const Eigen::Matrix2d& covariance) {
  Eigen::Matrix2d root = Eigen::Matrix2d::Zero();
  root(0, 0) = std::sqrt(std::max(covariance(0, 0), 0.0));
  if (root(0, 0) > 0) root(1, 0) = covariance(1, 0) / root(0, 0);
  root(1, 1) = std::sqrt(std::max(covariance(1, 1) - root(1, 0) * root(1, 0), 0.0));
  return root;
}

}  // namespace

std::string_view name(LineShape shape) {
  switch (shape) {
    case LineShape::oscillation:
      return "oscillation";
    case LineShape::relaxation:
      return "relaxation";
    case LineShape::travelling:
      return "travelling";
  }
  return "";
}

double Line::rate() const {
  if (shape == LineShape::relaxation) return damping;
  if (shape == LineShape::travelling || frequency > damping / 2) return damping / 2;
  const double fast = damping / 2 + std::sqrt(damping * damping / 4 - frequency * frequency);
  return frequency * frequency / fast;
}

double Line::peak() const {
  if (shape == LineShape::relaxation) return 0;
  if (shape == LineShape::travelling) return frequency;
  return std::sqrt(std::max(0.0, frequency * frequency - damping * damping / 2));
}

bool Line::overdamped() const {
  return shape == LineShape::relaxation || (shape == LineShape::oscillation && frequency <= damping / 2);
}

ComplexVector Line::correlations(double interval, Eigen::Index count) const {
  ComplexVector values(count);
  if (shape != LineShape::oscillation) {
    const Complex factor = shape == LineShape::relaxation ? Complex(std::exp(-damping * interval))
                                                          : std::exp(Complex(-damping / 2, -frequency) * interval);
    Complex value = 1;
    for (Eigen::Index n = 0; n < count; ++n, value *= factor) values[n] = value;
    return values;
  }
  // ½(1 − iΓ/2ω₁) e^{(iω₁ − Γ/2)t} + ½(1 + iΓ/2ω₁) e^{(−iω₁ − Γ/2)t}, whether ω₁ is real or imaginary.
  const Complex i(0, 1), ring = ring_frequency(*this), share = i * damping / (2.0 * ring);
  const Complex up = std::exp((i * ring - damping / 2) * interval),
                down = std::exp((-i * ring - damping / 2) * interval);
  Complex first = (1.0 - share) / 2.0, second = (1.0 + share) / 2.0;
  for (Eigen::Index n = 0; n < count; ++n, first *= up, second *= down) values[n] = (first + second).real();
  return values;
}

LineProcess::LineProcess(const Line& line, double interval)
    : line_(line), noise_(std::sqrt(std::max(line.noise, 0.0) / interval)) {
  if (line.shape != LineShape::oscillation) {
    factor_ = line.correlations(interval, 2)[1];
    return;
  }
  // (u, u̇) by the matrix e^{Bt} with B = (0, 1; −ω², −Γ); variances A and Aω².
  const Complex ring = ring_frequency(line);
  const double decay = std::exp(-line.damping * interval / 2), square = line.frequency * line.frequency;
  const double cosine = decay * std::cos(ring * interval).real();
  const double sine = decay * (std::sin(ring * interval) / ring).real();
  propagator_ << cosine + line.damping / 2 * sine, sine, -square * sine, cosine - line.damping / 2 * sine;
  const Eigen::Matrix2d stationary = Eigen::Vector2d(line.amplitude, line.amplitude * square).asDiagonal();
  start_ = root_of(stationary);
  kick_ = root_of(stationary - propagator_ * stationary * propagator_.transpose());
}

void LineProcess::sample(RandomStream& random, bool real, std::span<std::complex<double>> record) const {
  const auto normal = [&random, real]() {
    const double first = random.normal();
    return real ? Complex(first) : Complex(first, random.normal()) / std::sqrt(2.0);
  };
  if (line_.shape == LineShape::oscillation) {
    using State = Eigen::Vector2cd;
    const auto normals = [&normal]() {
      const Complex first = normal();
      return State(first, normal());
    };
    State state = start_ * normals();
    for (Complex& value : record) {
      value = state[0] + noise_ * normal();
      state = propagator_ * state + kick_ * normals();
    }
    return;
  }
  const double kick = std::sqrt(line_.amplitude * std::max(0.0, 1 - std::norm(factor_)));
  Complex state = std::sqrt(line_.amplitude) * normal();
  for (Complex& value : record) {
    value = state + noise_ * normal();
    state = factor_ * state + kick * normal();
  }
}

}  // namespace softmech

#include <softmech/models/rotor_modes.hpp>

#include <softmech/mechanics/numerical_error.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace softmech {

using Eigen::Index;

namespace {

constexpr Index most_rotors = 2048;

/// A state and what Newton's method needs of it.
struct Place {
  Place(const RotorSystem& system, Vector at)
      : phases(std::move(at)), potential(system.potential(phases)), gradient(phases.size()) {
    system.gradient(phases, gradient);
  }
  bool is_finite() const { return std::isfinite(potential) && gradient.allFinite(); }
  double residual() const { return gradient.cwiseAbs().maxCoeff(); }

  Vector phases;
  double potential;
  Vector gradient;
};

/// Levenberg's way: steps -(H + λ)^{-1} ∇V, λ as large as it takes to go down. Zero modes carry no gradient, so λ > 0
/// does not slow the end, which is Newton's.
Place minimum(const RotorSystem& system, const Vector& start) {
  Place here(system, start);
  double damping = 0;
  constexpr int most_steps = 500;
  for (int step = 0; step < most_steps; ++step) {
    const Matrix hessian = system.hessian(here.phases);
    const double scale = hessian.cwiseAbs().rowwise().sum().maxCoeff();
    // Comparisons with what is not finite would never end the search.
    if (!hessian.allFinite() || !std::isfinite(scale) || !here.is_finite())
      throw NumericalError("minimum of the energy", "torques are not finite", 0, 0,
                           "try weaker couplings, or a finite start");
    const double rounding = 64 * std::numeric_limits<double>::epsilon() * scale;
    if (here.residual() <= rounding) return here;
    damping = std::max(damping / 16, 1e-10 * scale);
    for (;; damping *= 4) {
      if (damping > 1e6 * scale) return here;  // no way down within rounding
      Matrix shifted = hessian;
      shifted.diagonal().array() += damping;
      const Eigen::LLT<Matrix> factors(shifted);
      if (factors.info() != Eigen::Success) continue;
      Place there(system, here.phases - factors.solve(here.gradient));
      const double unclear = 1e-14 * scale * static_cast<double>(here.phases.size());
      const bool lower = there.potential < here.potential - unclear;
      if (!lower && !(there.potential <= here.potential + unclear && there.residual() < here.residual())) continue;
      here = std::move(there);
      break;
    }
  }
  throw NumericalError("minimum of the energy", fmt::format("not found, a torque of {:.2g} is left", here.residual()),
                       0, 0, "try a start closer to it");
}

/// "rotors 3, 4 and 5 turn against 12 and 13": the largest components of a mode.
std::string motion(const Vector& mode) {
  const double largest = mode.cwiseAbs().maxCoeff();
  constexpr std::size_t most_named = 3;
  std::vector<Index> by_size(static_cast<std::size_t>(mode.size()));
  for (std::size_t i = 0; i < by_size.size(); ++i) by_size[i] = static_cast<Index>(i);
  std::ranges::stable_sort(by_size, [&](Index a, Index b) { return std::abs(mode[a]) > std::abs(mode[b]); });
  const double sign = mode[by_size[0]] > 0 ? 1 : -1;
  std::vector<std::string> with, against;
  for (const Index i : by_size) {
    std::vector<std::string>& group = sign * mode[i] > 0 ? with : against;
    if (std::abs(mode[i]) > 0.3 * largest && group.size() < most_named) group.push_back(fmt::format("{}", i));
  }
  const std::string first = fmt::format("rotors {} turn", fmt::join(with, ", "));
  return against.empty() ? first + " alike" : fmt::format("{} against {}", first, fmt::join(against, ", "));
}

}  // namespace

RotorBand rotor_band(const RotorSystem& system) {
  const RotorSettings& settings = system.settings();
  if (settings.boundary != "periodic")
    throw std::invalid_argument(
        "model.boundary = \"open\": waves need a periodic lattice; take rotor_modes, or model.boundary = \"periodic\"");
  if (settings.field != 0 && settings.twist_per_site() != 0)
    throw std::invalid_argument(fmt::format(
        "model.field = {} with model.twist = {}: the ground state is not a helix, and has no waves; take rotor_modes",
        settings.field, settings.twist_per_site()));
  const std::optional<RotorCoupling> coupling = system.coupling();
  if (!coupling)
    throw std::invalid_argument("model.file: waves need couplings by distance, J(r); take rotor_modes for a table");
  const RotorLattice lattice = coupling->lattice();
  const bool softmax = settings.kernel == "softmax";
  double weights = 0;
  for (const RotorCoupling::Bond& bond : coupling->bonds())
    if (bond.strength > 0) weights += std::exp(settings.attention_beta * bond.strength);
  const Index count = lattice.columns / 2 + 1;
  RotorBand band{Vector(count), Vector::Constant(count, settings.field)};
  for (Index n = 0; n < count; ++n)
    band.wavenumber[n] = 2 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(lattice.columns);
  // J̃(0) − J̃(k) = Σ J 2 sin²(kx/2): nothing cancels at small k. The sines repeat along the row.
  Vector by_column = Vector::Zero(lattice.columns);
  for (const RotorCoupling::Bond& bond : coupling->bonds()) {
    if (softmax && bond.strength <= 0) continue;
    const double p = softmax ? 2 * std::exp(settings.attention_beta * bond.strength) / weights : 1;
    by_column[bond.displacement % lattice.columns] += p * bond.strength;
  }
  Vector squares(lattice.columns);
  for (Index x = 0; x < lattice.columns; ++x) {
    const double sine = std::sin(std::numbers::pi * static_cast<double>(x) / static_cast<double>(lattice.columns));
    squares[x] = 2 * sine * sine;
  }
  for (Index n = 0; n < count; ++n) {
    Index turned = 0;
    for (Index x = 0; x < lattice.columns; ++x) {
      band.squared_frequency[n] += by_column[x] * squares[turned];
      turned += n;
      if (turned >= lattice.columns) turned -= lattice.columns;
    }
  }
  band.squared_frequency /= settings.mass;
  return band;
}

RotorModes rotor_modes(const RotorSystem& system, const Vector& start) {
  if (system.rotors() > most_rotors)
    throw std::invalid_argument(fmt::format("model.rotors = {}: must be at most {} for the spectrum of the Hessian",
                                            system.rotors(), most_rotors));
  if (start.size() != system.rotors())
    throw std::invalid_argument(
        fmt::format("start of {} phases: must be {}, one per rotor", start.size(), system.rotors()));
  const Place place = minimum(system, start);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(system.hessian(place.phases));
  const Index broken = system.settings().field == 0 ? 1 : 0;
  const Matrix& vectors = solver.eigenvectors();
  return {place.phases,
          place.potential / static_cast<double>(system.rotors()),
          place.residual(),
          solver.eigenvalues() / system.mass(),
          vectors,
          hessian_spectrum(solver.eigenvalues(), broken, [&](Index mode) { return motion(vectors.col(mode)); })};
}

RotorModes rotor_modes(const RotorSystem& system) { return rotor_modes(system, system.helix()); }

}  // namespace softmech

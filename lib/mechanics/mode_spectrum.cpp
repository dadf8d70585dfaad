#include <softmech/mechanics/mode_spectrum.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace softmech {

using Eigen::Index;

namespace {

std::string details(const DescribeMode& describe, Index mode) {
  const std::string text = describe ? describe(mode) : "";
  return text.empty() ? "" : ": " + text;
}

void compare_with_symmetry(ModeSpectrum& spectrum) {
  if (spectrum.has_goldstone_count()) return;
  const bool more = spectrum.zero > spectrum.broken_generators;
  spectrum.messages.push_back(fmt::format(
      "{} zero modes (|eigenvalue| <= {:.2g}), but {} broken generators: {}", spectrum.zero, spectrum.tolerance,
      spectrum.broken_generators,
      more ? "a motion costs nothing that no symmetry asks for (parts that do not couple, or a state about to become "
             "unstable)"
           : "the symmetry is broken explicitly, or the state is not at rest"));
}

}  // namespace

ModeSpectrum hessian_spectrum(const Vector& eigenvalues, Index broken_generators, const DescribeMode& describe,
                              double relative_tolerance) {
  ModeSpectrum spectrum;
  spectrum.values = eigenvalues.cast<std::complex<double>>();
  spectrum.broken_generators = broken_generators;
  spectrum.tolerance = relative_tolerance * eigenvalues.cwiseAbs().maxCoeff();
  for (Index mode = 0; mode < eigenvalues.size(); ++mode) {
    const double value = eigenvalues[mode];
    if (std::abs(value) <= spectrum.tolerance) ++spectrum.zero;
    if (value >= -spectrum.tolerance) continue;
    ++spectrum.unstable;
    spectrum.messages.push_back(
        fmt::format("mode {}: eigenvalue {:.4g} < 0: the state is a saddle, a displacement along this mode lowers the "
                    "energy and grows{}",
                    mode, value, details(describe, mode)));
  }
  compare_with_symmetry(spectrum);
  return spectrum;
}

ModeSpectrum jacobian_spectrum(const Eigen::VectorXcd& eigenvalues, Index broken_generators,
                               const DescribeMode& describe, double relative_tolerance) {
  ModeSpectrum spectrum;
  spectrum.broken_generators = broken_generators;
  spectrum.tolerance = relative_tolerance * eigenvalues.cwiseAbs().maxCoeff();
  const double tolerance = spectrum.tolerance;
  std::vector<Index> order(static_cast<std::size_t>(eigenvalues.size()));
  std::iota(order.begin(), order.end(), 0);
  // Rounding separates the real parts of a pair; within the tolerance they are one.
  const auto rank = [&](Index i) { return std::round(eigenvalues[i].real() / std::max(tolerance, 1e-300)); };
  std::ranges::stable_sort(order, [&](Index a, Index b) {
    if (rank(a) != rank(b)) return rank(a) > rank(b);
    const double first = std::abs(eigenvalues[a].imag()), second = std::abs(eigenvalues[b].imag());
    if (std::abs(first - second) > tolerance) return first < second;
    return eigenvalues[a].imag() > eigenvalues[b].imag();
  });
  spectrum.values.resize(eigenvalues.size());
  for (Index mode = 0; mode < eigenvalues.size(); ++mode) {
    const Index place = order[static_cast<std::size_t>(mode)];
    const std::complex<double> value = spectrum.values[mode] = eigenvalues[place];
    if (std::abs(value) <= tolerance) ++spectrum.zero;
    const bool grows = value.real() > tolerance, turns = std::abs(value.imag()) > tolerance;
    spectrum.unstable += grows;
    spectrum.complex += turns;
    if (turns && value.imag() > 0) {
      const char* amplitude = grows ? "grows" : value.real() < -tolerance ? "decays" : "neither grows nor decays";
      spectrum.messages.push_back(fmt::format(
          "modes {} and {}: eigenvalues {:.4g} ± {:.4g}i: the displacement turns with the period {:.4g} while it {}, "
          "which only a force that is not reciprocal brings about{}",
          mode, mode + 1, value.real(), value.imag(), 2 * std::numbers::pi / value.imag(), amplitude,
          details(describe, place)));
    } else if (grows && !turns) {
      spectrum.messages.push_back(
          fmt::format("mode {}: eigenvalue {:.4g} > 0: the state is unstable, a displacement "
                      "along this mode grows e-fold in {:.4g}{}",
                      mode, value.real(), 1 / value.real(), details(describe, place)));
    }
  }
  compare_with_symmetry(spectrum);
  return spectrum;
}

}  // namespace softmech

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

std::string counted(Index count, const char* one) { return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s"); }

std::string written(std::complex<double> value, double tolerance) {
  const double turn = std::abs(value.imag());
  return turn > tolerance ? fmt::format("{:.4g} ± {:.4g}i", value.real(), turn) : fmt::format("{:.4g}", value.real());
}

void compare_with_symmetry(ModeSpectrum& spectrum) {
  if (spectrum.has_goldstone_count()) return;
  const char* reason = spectrum.zero > spectrum.broken_generators
                           ? "a displacement meets no restoring force, though no symmetry asks for that (independent "
                             "parts, or the verge of an instability)"
                           : "the symmetry is broken explicitly, or the state is not at rest";
  spectrum.messages.push_back(fmt::format("{} zero modes (|eigenvalue| <= {:.2g}), but {} broken generators: {}",
                                          spectrum.zero, spectrum.tolerance, spectrum.broken_generators, reason));
}

}  // namespace

ModeSpectrum hessian_spectrum(const Vector& eigenvalues, Index broken_generators, const DescribeMode& describe,
                              double relative_tolerance) {
  ModeSpectrum spectrum;
  spectrum.values = eigenvalues.cast<std::complex<double>>();
  spectrum.broken_generators = broken_generators;
  spectrum.tolerance = relative_tolerance * eigenvalues.cwiseAbs().maxCoeff();
  for (Index mode = 0; mode < eigenvalues.size(); ++mode) {
    spectrum.zero += std::abs(eigenvalues[mode]) <= spectrum.tolerance;
    spectrum.unstable += eigenvalues[mode] < -spectrum.tolerance;
  }
  if (!spectrum.is_stable()) {
    spectrum.messages.push_back(fmt::format(
        "{}, the worst with the eigenvalue {:.4g} < 0: the state is a saddle, a displacement along this mode lowers "
        "the energy and grows{}",
        counted(spectrum.unstable, "unstable mode"), eigenvalues[0], details(describe, 0)));
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
  const auto place = [&](Index mode) { return order[static_cast<std::size_t>(mode)]; };
  const auto grows = [&](Index mode) { return spectrum.values[mode].real() > tolerance; };
  Index fastest = 0;
  spectrum.values.resize(eigenvalues.size());
  for (Index mode = 0; mode < eigenvalues.size(); ++mode) {
    const std::complex<double> value = spectrum.values[mode] = eigenvalues[place(mode)];
    spectrum.zero += std::abs(value) <= tolerance;
    spectrum.unstable += grows(mode);
    spectrum.complex += std::abs(value.imag()) > tolerance;
    if (value.imag() > spectrum.values[fastest].imag()) fastest = mode;
  }
  if (!spectrum.is_stable()) {
    spectrum.messages.push_back(
        fmt::format("{}, the worst with the eigenvalue {}: a displacement along this mode grows e-fold in {:.4g}{}",
                    counted(spectrum.unstable, "unstable mode"), written(spectrum.values[0], tolerance),
                    1 / spectrum.values[0].real(), details(describe, place(0))));
  }
  if (spectrum.complex > 0) {
    const std::complex<double> value = spectrum.values[fastest];
    const char* amplitude = grows(fastest)              ? "grows"
                            : value.real() < -tolerance ? "decays"
                                                        : "neither grows nor decays";
    spectrum.messages.push_back(
        fmt::format("{}, the fastest with the eigenvalues {}: the displacement turns with the period {:.4g} while it "
                    "{}, which only a force that is not reciprocal brings about{}",
                    counted(spectrum.complex / 2, "complex pair"), written(value, tolerance),
                    2 * std::numbers::pi / value.imag(), amplitude, details(describe, place(fastest))));
  }
  compare_with_symmetry(spectrum);
  return spectrum;
}

}  // namespace softmech

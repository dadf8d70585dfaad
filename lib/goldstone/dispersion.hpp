// Laws of ω(k) near k = 0: gap, velocity, exponent, and which law the measured frequencies follow.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// What depends on k, and as which y its laws are written.
enum class BranchKind {
  waves,       ///< y = ω²: from the restoring force, analytic in k² for short-range couplings
  relaxation,  ///< y = Γ, the rate
  travelling,  ///< y = |ω|
};
/// "waves", "relaxation", "travelling".
std::string_view name(BranchKind kind);

/// y = D + a κ^p [1 + b κ²] or y = D + a κ^p + b κ² (p < 2), with the wavenumber κ = 2 sin(k/2) of a lattice, in which
/// nearest neighbors have no correction. b κ² beside κ^p is the analytic part of long-range couplings: r^{−α} has
/// J̃(0) − J̃(k) = a k^{α−1} + b k² + …
struct DispersionLaw {
  enum class Exponent { none, hydrodynamic, free };
  enum class Correction { none, range, analytic };

  bool gap = false;
  Exponent exponent = Exponent::none;
  Correction correction = Correction::none;

  bool gapless() const { return !gap; }
  int coefficients() const;
  /// "flat", "linear", "power", "gapped linear", with ", range" or ", analytic" for the corrections; for rates
  /// "quadratic" in place of "linear".
  std::string name(BranchKind kind) const;
};
/// All of them, simple ones first.
std::vector<DispersionLaw> dispersion_laws();

struct DispersionFit {
  DispersionLaw law;
  double constant = 0, constant_error = 0;    ///< D
  double amplitude = 0, amplitude_error = 0;  ///< a > 0
  double power = 0, power_error = 0;          ///< p
  double correction = 0;                      ///< b
  double chi_squared = 0, probability = 0;
  double aicc = std::numeric_limits<double>::infinity();  ///< ∞ where the law could not be fitted

  double at(double wavenumber) const;
};

/// Frequencies or rates at some k; errors > 0.
struct DispersionData {
  BranchKind kind = BranchKind::waves;
  Vector wavenumber, value, error;
};

struct DispersionStudy {
  DispersionData data;
  double tolerance = 0;             ///< relative error of the laws
  std::vector<DispersionFit> fits;  ///< in the order of dispersion_laws()
  std::vector<double> weights;      ///< Akaike weights by AICc
  std::size_t best = 0;             ///< the simplest law whose AICc is within 4 of the lowest

  // NaN where they have no meaning. Errors are multiplied by Birge's ratio where the scatter exceeds them.
  double gap_squared = 0, gap_squared_error = 0;  ///< D of the best law with a free gap; below 0 it is noise or misfit
  double gap = 0, gap_error = 0;                  ///< √max(D, 0), for rates D itself; upper standard error
  double gap_limit = 0;                           ///< 95 % upper limit
  double exponent = 0, exponent_error = 0;        ///< z of ω, Γ ~ k^z, by the best law with z free
  double velocity = 0, velocity_error = 0;        ///< ω = ck: of the best hydrodynamic law if z agrees with 1,
                                                  ///< unless it contradicts()

  const DispersionFit& law() const { return fits[best]; }
  bool flat() const { return law().law.exponent == DispersionLaw::Exponent::none; }
  /// The gap is more than two standard errors above 0.
  bool gapped() const { return gap_squared > 2 * gap_squared_error; }
  /// The gap is more than three standard errors below 0: no law fits near k = 0.
  bool contradicts() const { return gap_squared < -3 * gap_squared_error; }
  /// The best law needs a correction, or does not fit.
  bool departs_from_power() const;
  /// The relative errors of most values at k > 0 are below the tolerance: the errors above are its own.
  bool rests_on_tolerance() const;
};

/// Fits all laws. They are the first terms of expansions in k: `tolerance` is the relative error that they may have in
/// the values at k > 0, beside the errors of these. Throws std::invalid_argument for fewer than 3 values or errors that
/// are not positive.
DispersionStudy study_dispersion(const DispersionData& data, double tolerance = 0);

/// y = a κ^p, as for dampings.
struct PowerLaw {
  double amplitude = 0, exponent = 0, exponent_error = 0, probability = 0;
};
/// Nothing for fewer than 3 values, or if no power law can be fitted.
std::optional<PowerLaw> fit_power_law(const Vector& wavenumber, const Vector& value, const Vector& error);

}  // namespace softmech

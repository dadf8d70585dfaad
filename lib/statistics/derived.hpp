// Quantities of the field that are functions of means, by name.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// What a derived quantity knows besides the means.
struct DerivedContext {
  double size = 1;         ///< the number N of particles (spins, tokens, rotors)
  double temperature = 1;  ///< T, with k_B = 1
};

/// Binder's cumulant U₄ = 1 − ⟨m⁴⟩/(3⟨m²⟩²) (Z. Phys. B 43 (1981) 119): 2/3 for a fixed |m|, 0 for a Gaussian m.
double binder_cumulant(double m2, double m4);
/// ⟨m⁴⟩/⟨m²⟩²: 1 for a fixed |m|, 3 for one Gaussian component.
double moment_ratio(double m2, double m4);
/// χ = N (⟨m²⟩ − ⟨|m|⟩²)/T with m per particle.
double susceptibility(double absolute_m, double m2, const DerivedContext& context);
/// C/N = N (⟨e²⟩ − ⟨e⟩²)/T² with e per particle.
double specific_heat(double e, double e2, const DerivedContext& context);

struct DerivedFunction {
  std::string_view name;
  std::string_view arguments;  ///< as a reader writes them: "m2, m4"
  std::string_view meaning;
  std::size_t count;  ///< of the arguments
  double (*of)(std::span<const double> means, const DerivedContext& context);
};

/// ratio(a, b), variance(m, m2), binder(m2, m4), moment_ratio(m2, m4), susceptibility(|m|, m2), specific_heat(e, e2).
std::span<const DerivedFunction> derived_functions();

/// A function and the names of its means, or one mean itself.
struct DerivedQuantity {
  const DerivedFunction* function = nullptr;  ///< none: the mean itself
  std::vector<std::string> arguments;

  /// The quantity from the means of its arguments, in their order.
  double operator()(std::span<const double> means, const DerivedContext& context = {}) const;
};

/// "binder(magnetization2, magnetization4)", or "energy" for a plain mean. Names are what is neither a parenthesis, a
/// comma nor a blank. Throws std::invalid_argument with the known functions and their arguments for anything else.
DerivedQuantity parse_derived(std::string_view text);

}  // namespace softmech

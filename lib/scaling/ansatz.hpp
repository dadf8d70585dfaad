// Ansätze of finite-size scaling: which variables should put the data of all sizes on one curve.
#pragma once

#include <softmech/scaling/scaling_data.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// With L the size and f any smooth function,
///   power        y = L^a f((x − x_c) L^{1/ν})                       (Fisher & Barber, Phys. Rev. Lett. 28 (1972) 1516)
///   mean_field   the same with size = number of particles N and 1/ν = ½ unless given: above the upper critical
///                dimension lengths do not count                     (Botet, Jullien & Pfeuty, PRL 49 (1982) 478)
///   first_order  the same with 1/ν = d, the dimension of space; d = 1 if the size is the number of particles
///   bkt          y = L^a f((x − x_c) ln²(L/L₀)), from ξ ~ exp(b/√|x − x_c|)
///   logarithmic  y = (ln n)^a f((x − x_c) (ln n)^{1/ν}): the extensive size of a random energy model is ln n
/// and with corrections to scaling y → y (1 + c L^{−ω}), one c per observable.
enum class AnsatzKind { power, mean_field, first_order, bkt, logarithmic };
inline constexpr std::array all_ansatz_kinds{AnsatzKind::power, AnsatzKind::mean_field, AnsatzKind::first_order,
                                             AnsatzKind::bkt, AnsatzKind::logarithmic};
/// "power", "mean_field", "first_order", "bkt", "logarithmic".
std::string_view name(AnsatzKind kind);

struct AnsatzSettings {
  AnsatzKind kind = AnsatzKind::power;
  std::optional<double> x_c;         ///< fixed if given; free if not, like all that follow
  std::optional<double> inverse_nu;  ///< mean_field and first_order have their own unless `free_inverse_nu`
  bool free_inverse_nu = false;
  std::vector<std::optional<double>> exponents;  ///< a of each observable; missing ones are free
  bool shared_exponent = false;                  ///< one a for all observables
  bool corrections = false;
  std::optional<double> omega;  ///< of the corrections
  double dimension = 1;         ///< d of first_order
};

/// A free parameter: its name ("x_c", "inverse_nu", "exponent", "exponent(binder)", "log_l0", "omega",
/// "correction(binder)"), the range of its flat prior, and where a search may start.
struct ScalingParameter {
  std::string name;
  double low = 0, high = 0, start = 0;
  double scale = 1;  ///< a step that matters
};

/// Points of one observable in scaled variables, in the order of the data.
struct Collapsed {
  Vector x, y, error;
  double log_jacobian = 0;  ///< Σ ln |dY/dy|: turns densities of Y into densities of y
};

/// An ansatz for given data: the free parameters θ and the map to scaled variables. Sizes are taken in units of their
/// geometric mean L*, so X is in the unit of x, and Y in that of y.
class Ansatz {
 public:
  /// Throws std::invalid_argument if the data cannot carry it: sizes ≤ 1 under logarithms, fewer than 3 sizes with
  /// corrections.
  Ansatz(const AnsatzSettings& settings, const ScalingData& data);

  const std::vector<ScalingParameter>& parameters() const { return parameters_; }
  Eigen::Index parameter_count() const { return static_cast<Eigen::Index>(parameters_.size()); }
  const AnsatzSettings& settings() const { return settings_; }
  double reference_size() const { return reference_size_; }

  /// Whether θ is inside the prior.
  bool allows(VectorView theta) const;
  /// The value of a parameter by name, free or fixed. Throws std::invalid_argument for a name the ansatz has not.
  double value(std::string_view parameter, VectorView theta) const;
  /// X, Y and the error of Y of one observable. Reuses the memory of `out`.
  void collapse(VectorView theta, const ScalingData& data, std::size_t series, Collapsed& out) const;
  /// y of an observable at a size from scaled variables: the way back, for figures and predictions.
  double unscale(VectorView theta, double size, std::size_t series, double scaled_y) const;

 private:
  AnsatzSettings settings_;
  std::vector<ScalingParameter> parameters_;
  double reference_size_ = 1;
};

}  // namespace softmech

// Ansätze of finite-size scaling: which variables should put the data of all sizes on one curve.
#pragma once

#include <softmech/scaling/scaling_data.hpp>

#include <array>
#include <cmath>
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
/// and with corrections to scaling y → y (1 + c (L/L_min)^{−ω}), one c per observable: the relative correction at the
/// smallest size. Under `logarithmic`, L is ln n there, too.
enum class AnsatzKind { power, mean_field, first_order, bkt, logarithmic };
inline constexpr std::array all_ansatz_kinds{AnsatzKind::power, AnsatzKind::mean_field, AnsatzKind::first_order,
                                             AnsatzKind::bkt, AnsatzKind::logarithmic};
/// "power", "mean_field", "first_order", "bkt", "logarithmic".
std::string_view name(AnsatzKind kind);

struct AnsatzSettings {
  AnsatzKind kind = AnsatzKind::power;
  std::optional<double> x_c = {};         ///< fixed if given; free if not, like all that follow
  std::optional<double> inverse_nu = {};  ///< mean_field and first_order have their own unless `free_inverse_nu`
  bool free_inverse_nu = false;
  std::vector<std::optional<double>> exponents = {};  ///< a of each observable; missing ones are free
  bool shared_exponent = false;                       ///< one a for all observables
  bool corrections = false;
  std::optional<double> omega = {};   ///< of the corrections
  std::optional<double> log_l0 = {};  ///< ln L₀ of bkt
  double dimension = 1;               ///< d of first_order
};

/// A free parameter: its name ("x_c", "inverse_nu", "exponent", "log_l0", "omega", "correction"; with several
/// observables "exponent(binder)", "correction(binder)"), the range of its flat prior, and where a search may start.
struct ScalingParameter {
  std::string name;
  double low = 0, high = 0, start = 0;
  double scale = 1;  ///< a step that matters; likely values are within 3 of them
};

/// Points of one observable in scaled variables, in the order of the data.
struct Collapsed {
  Vector x, y, error;
  double log_jacobian = 0;  ///< Σ ln |dY/dy|: turns densities of Y into densities of y
};

/// An ansatz for given data: the free parameters θ and the map to scaled variables. Sizes are taken in units of their
/// geometric mean L*, so X is in the unit of x, and Y in that of y:
///   X = (x − x_c)(L/L*)^{1/ν},  Y = y (L/L*)^{−a}(1 + c (L*/L_min)^{−ω})/(1 + c (L/L_min)^{−ω}),
/// with ln n instead of L under `logarithmic`, and X = (x − x_c)(ln(L/L₀)/ln(L*/L₀))² under `bkt`.
class Ansatz {
 public:
  /// Throws std::invalid_argument if the data cannot carry it: sizes ≤ 1 under `logarithmic`, fewer than 3 sizes with
  /// corrections, more exponents than observables, L₀ not below the sizes; or if the data are not valid.
  Ansatz(const AnsatzSettings& settings, const ScalingData& data);

  const std::vector<ScalingParameter>& parameters() const { return parameters_; }
  Eigen::Index parameter_count() const { return static_cast<Eigen::Index>(parameters_.size()); }
  const AnsatzSettings& settings() const { return settings_; }
  /// L*, or the geometric mean of ln n.
  double reference_size() const { return std::exp(log_reference_); }

  /// Whether θ is inside the prior.
  bool allows(VectorView theta) const;
  /// Whether it is a parameter of the ansatz, free or fixed.
  bool has(std::string_view parameter) const { return find(parameter) != nullptr; }
  /// The name of the exponent of an observable: "exponent", or "exponent(binder)" among several.
  const std::string& exponent_name(std::size_t series) const { return exponents_.at(series).name; }
  /// The value of a parameter by name, free or fixed. Throws std::invalid_argument for a name the ansatz has not.
  double value(std::string_view parameter, VectorView theta) const;
  /// X, Y and the error of Y of one observable. Reuses the memory of `out`.
  void collapse(VectorView theta, const ScalingData& data, std::size_t series, Collapsed& out) const;
  /// y of an observable at a size from scaled variables: the way back, for figures and predictions.
  double unscale(VectorView theta, double size, std::size_t series, double scaled_y) const;
  /// X of a place x at a size.
  double scaled_x(VectorView theta, double size, double x) const;

 private:
  /// A parameter that is free, θ_index, or fixed.
  struct Quantity {
    std::string name;
    Eigen::Index index = -1;
    double fixed = 0;
    double operator()(VectorView theta) const { return index < 0 ? fixed : theta[index]; }
  };
  const Quantity* find(std::string_view parameter) const;
  Quantity quantity(std::optional<double> fixed, ScalingParameter parameter);
  void add_exponents(const ScalingData& data);
  void add_corrections(const ScalingData& data);
  double log_size(double size) const;
  /// dX/dx and dy/dY at a size.
  double x_factor(VectorView theta, double size) const;
  double y_factor(VectorView theta, double size, std::size_t series) const;

  AnsatzSettings settings_;
  std::vector<ScalingParameter> parameters_;
  double log_reference_ = 0, log_smallest_ = 0;
  Quantity x_c_, inverse_nu_, log_l0_, omega_;
  std::vector<Quantity> exponents_, corrections_;  ///< one per observable; corrections_ may be empty
};

}  // namespace softmech

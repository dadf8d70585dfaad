#include <softmech/scaling/scaling_settings.hpp>

#include <softmech/attention/bound.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>

namespace softmech {

namespace {

/// "auto", "free" or a number.
struct FreeOrFixed {
  bool automatic = false;
  std::optional<double> fixed;
};

FreeOrFixed parse_free(const std::string& key, std::string text) {
  std::erase(text, ' ');
  if (text == "auto") return {true, std::nullopt};
  if (text == "free") return {false, std::nullopt};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument(fmt::format("{} = \"{}\": must be auto, free or a number", key, text));
  return {false, value};
}

std::vector<FreeOrFixed> parse_list(const std::string& key, const std::string& text) {
  std::vector<FreeOrFixed> list;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ';');) list.push_back(parse_free(key, part));
  return list;
}

AnsatzKind ansatz_kind(const std::string& word) {
  return *std::ranges::find_if(all_ansatz_kinds, [&word](AnsatzKind kind) { return name(kind) == word; });
}

}  // namespace

void ScalingKeys::declare(Keys& k) {
  k.add("data.size", columns.size, "variable that is the size of the system");
  k.add("data.x", columns.x, "variable that is varied at each size; none: one number per size, for its growth alone");
  k.add("data.y", columns.y,
        "observables, separated by \";\": a variable, or one of binder(m2, m4), moment_ratio(m2, m4), ratio(a, b), "
        "susceptibility(m, m2), specific_heat(e, e2), variance(m, m2) of variables; m^2 is a power of one");
  k.add("data.error", columns.error, "variable with the standard error of y, without members; \"\": y_error, dy");
  k.add("data.where", columns.where, "rows or members to use, \"beta=1, dimension=2\"");
  k.add("data.along", columns.along, "value of y that counts along further axes, such as steps",
        {.words = {"last", "largest"}});
  k.add("data.size_low", columns.lowest_size, "smallest size to use");
  k.add("data.size_high", columns.highest_size, "largest size to use");
  k.add("data.x_low", columns.lowest_x, "smallest x to use");
  k.add("data.x_high", columns.highest_x, "largest x to use");
  k.add("scaling.ansatz", ansatz,
        "power: y = L^a f((x-x_c) L^(1/nu)); mean_field: L = N, nu = 2; first_order: 1/nu = dimension; bkt: "
        "(x-x_c) ln^2(L/L0); logarithmic: ln L for L",
        {.words = {"power", "mean_field", "first_order", "bkt", "logarithmic"}});
  k.add("scaling.nu", nu, "nu: auto (as the ansatz says), free or a number");
  k.add("scaling.exponent", exponent,
        "exponent a of each observable, separated by \";\": auto (0 for binder and moment_ratio, else free), free or a "
        "number");
  k.add("scaling.shared_exponent", shared_exponent, "one exponent for all observables");
  k.add("scaling.dimension", dimension, "dimension of space, for first_order; 1 if the size counts particles",
        {.above = 0, .at_most = 10});
  k.add("scaling.corrections", corrections, "corrections to scaling, y (1 + c L^-omega)");
  k.add("scaling.omega", omega, "exponent of the corrections, or \"free\"",
        {.above = 0, .at_most = 5, .words = {"free"}});
  k.add("collapse.method", method,
        "how curves are put on one: by a Gaussian process, by Houdayer and Hartmann's quality, both, or not at all",
        {.words = {"both", "gaussian_process", "quality", "none"}});
  k.add("collapse.effective_samples", effective_samples, "independent draws wanted from the posterior",
        {.at_least = 100, .at_most = 1e6});
  k.add("collapse.resamples", resamples, "resamples of the data behind the errors of the quality's fit",
        {.at_least = 20, .at_most = 1e6});
  k.add("crossings.resamples", crossing_resamples, "resamples behind the errors of crossings and maxima",
        {.at_least = 20, .at_most = 1e6});
  k.add("growth.threshold", threshold, "lead in AICc by which a law of the height of maxima wins", {.at_least = 0});
  k.add("growth.least_power", least_power, "power of that comparison below which it is inconclusive",
        {.at_least = 0, .at_most = 1});
  k.add("growth.flat", flat, "exponents of a power law below this are no growth", {.above = 0, .at_most = 10});
  k.add("growth.simulations", simulations, "synthetic data sets behind the power", {.at_least = 10, .at_most = 1e7});
  k.add("growth.bound", bound, "what no height can pass, by a theorem", {.above = 0});
  k.add("growth.bound_keys", bound_keys,
        "the same as the largest specific heat C*_n of n keys (0.4392 for 2); 0: no such bound",
        {.at_least = 0, .at_most = 1e9});
}

void ScalingKeys::check() const {
  parse_free("scaling.nu", nu);
  parse_list("scaling.exponent", exponent);
  if (bound_keys == 1) throw std::invalid_argument("growth.bound_keys = 1: must be 0 or at least 2");
  if (bound && bound_keys > 0)
    throw std::invalid_argument("growth.bound and growth.bound_keys say the same: give one of them");
}

ScalingStudySettings ScalingKeys::study(const ScalingInput& input, std::uint64_t seed) const {
  ScalingStudySettings settings;
  AnsatzSettings& form = settings.ansatz;
  form.kind = ansatz_kind(ansatz);
  const FreeOrFixed nu_given = parse_free("scaling.nu", nu);
  if (nu_given.fixed) form.inverse_nu = 1 / *nu_given.fixed;
  form.free_inverse_nu = !nu_given.automatic && !nu_given.fixed;
  const std::vector<FreeOrFixed> exponents = parse_list("scaling.exponent", exponent);
  if (exponents.size() > 1 && exponents.size() != input.data.series.size())
    throw std::invalid_argument(
        fmt::format("scaling.exponent has {} entries: must be one, or as many as observables, {}", exponents.size(),
                    input.data.series.size()));
  for (std::size_t k = 0; k < input.data.series.size(); ++k) {
    const FreeOrFixed& given = exponents[exponents.size() > 1 ? k : 0];
    form.exponents.push_back(given.automatic && input.dimensionless[k] ? std::optional<double>(0) : given.fixed);
  }
  form.shared_exponent = shared_exponent;
  form.corrections = corrections;
  if (!omega.is_word()) form.omega = omega.number;
  form.dimension = dimension;
  settings.collapse = method != "none";
  settings.gaussian_process = method == "both" || method == "gaussian_process";
  settings.quality = method == "both" || method == "quality";
  settings.sampler.effective_samples = effective_samples;
  settings.sampler.seed = settings.quality_fit.seed = settings.crossings.seed = seed;
  settings.quality_fit.resamples = resamples;
  settings.crossings.resamples = crossing_resamples;
  settings.growth.comparison = {threshold, simulations, seed};
  settings.growth.least_power = least_power;
  settings.growth.flat = flat;
  settings.growth.bound =
      bound_keys > 0 ? std::optional<double>(specific_heat_bound(static_cast<double>(bound_keys)).specific_heat)
                     : bound;
  return settings;
}

}  // namespace softmech

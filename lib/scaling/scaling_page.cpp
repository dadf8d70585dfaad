#include <softmech/scaling/scaling_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

/// "0.4998 ± 0.0011": two digits of the error, powers of ten where there are many zeros.
std::string text(double value, double error) {
  if (!(error > 0)) return fmt::format("{:.6g}", value);
  if (error < 1e-7 || std::abs(value) >= 1e7 || error >= 1e5) return fmt::format("{:.6g} ± {:.1e}", value, error);
  const int digits = std::max(0, 1 - static_cast<int>(std::floor(std::log10(error))));
  return fmt::format("{:.{}f} ± {:.{}f}", value, digits, error, digits);
}

std::string methods_page(const ScalingStudy& study) {
  std::string page = fmt::format("\ncollapse, ansatz {}\n  {:<28}{:>24}{:>24}\n", name(study.ansatz->settings().kind),
                                 "", "Gaussian process", "quality");
  const auto line = [&](const std::string& parameter) {
    const auto cell = [](const std::optional<ScalingEstimate>& x) { return x ? text(x->value, x->error) : "-"; };
    page += fmt::format("  {:<28}{:>24}{:>24}\n", parameter, cell(study.estimate_by_posterior(parameter)),
                        cell(study.estimate_by_quality(parameter)));
  };
  for (const ScalingParameter& parameter : study.ansatz->parameters()) {
    line(parameter.name);
    if (parameter.name == "inverse_nu") line("nu");
  }
  if (study.posterior_quality)
    page += fmt::format("  S = {:.2f} with {:.0f} % of the points; {:.0f} independent draws, ln likelihood {:.1f}\n",
                        study.posterior_quality->value, 100 * study.posterior_quality->overlap,
                        study.posterior->draws.effective_sample_size, study.posterior->log_likelihood);
  if (study.quality)
    page += fmt::format("  least S = {:.2f} with {:.0f} % of the points\n", study.quality->quality.value,
                        100 * study.quality->quality.overlap);
  return page;
}

std::string crossings_page(const SeriesStudy& series) {
  const CrossingStudy& crossings = *series.crossings;
  std::string page = fmt::format("\ncrossings of {}\n", series.name);
  for (const Crossing& pair : crossings.pairs) {
    page += fmt::format("  {:>10g}, {:<10g}", pair.small, pair.large);
    page += std::isfinite(pair.x)
                ? fmt::format("x {:>22}   value {:>22}\n", text(pair.x, pair.x_error), text(pair.y, pair.y_error))
                : std::string("no crossing beyond noise\n");
  }
  if (crossings.x.drift_known)
    page += fmt::format("  infinite size          x {:>22}   value {:>22}\n",
                        text(crossings.x.value, crossings.x.error), text(crossings.y.value, crossings.y.error));
  return page;
}

std::string growth_page(const SeriesStudy& series) {
  const GrowthStudy& growth = *series.growth;
  std::string page = fmt::format("\nmaxima of {}\n", series.name);
  for (Eigen::Index i = 0; i < growth.size.size(); ++i)
    page += fmt::format("  {:>10g}  height {:>22}\n", growth.size[i], text(growth.height[i], growth.error[i]));
  const auto without = std::ranges::count(series.maxima, false, &Maximum::inside);
  if (without > 0) page += fmt::format("  {} other sizes show no top\n", without);
  page += fmt::format("  {:<12}{:>8}{:>9}{:>9}   fitted\n", "law", "AICc", "weight", "power");
  for (std::size_t i = 0; i < growth.comparison.fits.size(); ++i) {
    const CurveFit& fit = growth.comparison.fits[i];
    page += fmt::format("  {:<12}{:>8.1f}{:>9.3f}{:>9.2f}   a = {:.4g}, b = {:.4g}\n", name(fit.curve),
                        growth.comparison.aicc[i], growth.comparison.weights[i], growth.power[i], fit.a, fit.b);
  }
  if (growth.bound_share && *growth.bound_share <= 1)
    page += fmt::format("  the highest is {:.3f} of what a theorem allows: whatever the law here, it cannot diverge\n",
                        *growth.bound_share);
  if (growth.bound_share && *growth.bound_share > 1)
    page += fmt::format("  the highest is {:.3f} of the bound: this is not the quantity that the theorem bounds\n",
                        *growth.bound_share);
  page += fmt::format("  best law: chi^2 = {:.1f} for {} degrees of freedom, probability {:.2g}{}\n",
                      growth.chi_squared, growth.freedom, growth.probability, growth.fits() ? "" : ": no law fits");
  page += fmt::format("  verdict: {}\n", growth.verdict);
  return page;
}

}  // namespace

std::string scaling_page(const ScalingStudy& study) {
  std::string page =
      fmt::format("{} points at {} sizes{}\n", study.data.points(), study.data.sizes().size(),
                  study.data.members.empty() ? ", errors as given" : ", errors from the scatter of members");
  for (const std::string& note : study.notes) page += fmt::format("note: {}\n", note);
  if (study.ansatz) page += methods_page(study);
  for (const SeriesStudy& series : study.series) {
    if (series.crossings) page += crossings_page(series);
    if (series.growth) page += growth_page(series);
  }
  return page;
}

std::string scaling_tsv(const ScalingStudy& study) {
  std::string table = "what\tobservable\tmethod\tvalue\terror\n";
  const auto row = [&](std::string_view what, std::string_view observable, std::string_view method, double value,
                       double error = std::numeric_limits<double>::quiet_NaN()) {
    table += fmt::format("{}\t{}\t{}\t{:.12g}\t{:.6g}\n", what, observable, method, value, error);
  };
  if (study.ansatz) {
    for (const ScalingParameter& parameter : study.ansatz->parameters()) {
      const auto both = [&](const std::string& name) {
        if (const auto by = study.estimate_by_posterior(name)) row(name, "", "gaussian_process", by->value, by->error);
        if (const auto by = study.estimate_by_quality(name)) row(name, "", "quality", by->value, by->error);
      };
      both(parameter.name);
      if (parameter.name == "inverse_nu") both("nu");
    }
    if (study.posterior) {
      row("quality", "", "gaussian_process", study.posterior_quality->value);
      row("effective_sample_size", "", "gaussian_process", study.posterior->draws.effective_sample_size);
      row("log_likelihood", "", "gaussian_process", study.posterior->log_likelihood);
    }
    if (study.quality) row("quality", "", "quality", study.quality->quality.value);
  }
  for (const SeriesStudy& series : study.series) {
    if (series.crossings) {
      for (const Crossing& pair : series.crossings->pairs) {
        const std::string method = fmt::format("{:g}, {:g}", pair.small, pair.large);
        row("crossing", series.name, method, pair.x, pair.x_error);
        row("crossing_value", series.name, method, pair.y, pair.y_error);
      }
      row("crossing", series.name, "infinite size", series.crossings->x.value, series.crossings->x.error);
      row("crossing_value", series.name, "infinite size", series.crossings->y.value, series.crossings->y.error);
    }
    for (const Maximum& maximum : series.maxima)
      row("maximum", series.name, fmt::format("{:g}", maximum.size), maximum.height, maximum.height_error);
    if (!series.growth) continue;
    const GrowthStudy& growth = *series.growth;
    row("growth_exponent", series.name, "power law", growth.power_exponent, growth.power_exponent_error);
    if (growth.bound_share) row("bound_share", series.name, "", *growth.bound_share);
    for (std::size_t i = 0; i < growth.comparison.fits.size(); ++i) {
      const std::string_view law = name(growth.comparison.fits[i].curve);
      row("aic", series.name, law, growth.aic[i]);
      row("aicc", series.name, law, growth.comparison.aicc[i]);
      row("bic", series.name, law, growth.bic[i]);
      row("akaike_weight", series.name, law, growth.comparison.weights[i]);
      row("power", series.name, law, growth.power[i]);
    }
    row("chi_squared_probability", series.name, "best law", growth.probability);
    table += fmt::format("verdict\t{}\t\t{}\tnan\n", series.name, growth.verdict);
  }
  return table;
}

}  // namespace softmech

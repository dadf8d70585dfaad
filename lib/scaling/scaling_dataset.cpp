#include <softmech/scaling/scaling_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr Eigen::Index curve_points = 200, largest_draws = 4000;

/// Adds variables to a dataset.
class Builder {
 public:
  explicit Builder(std::vector<Attribute> attributes) { data.attributes = std::move(attributes); }

  void words(const std::string& axis, std::vector<std::string> values, std::string meaning) {
    const std::size_t size = values.size();
    data.variables.push_back({axis, {axis}, {size}, std::move(values), std::move(meaning), "1", {}});
  }
  void numbering(const std::string& axis, std::size_t size, std::string meaning) {
    std::vector<std::int64_t> values(size);
    std::iota(values.begin(), values.end(), std::int64_t{0});
    data.variables.push_back({axis, {axis}, {size}, std::move(values), std::move(meaning), "1", {}});
  }
  void add(std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape, Values values,
           std::string meaning) {
    data.variables.push_back(
        {std::move(name), std::move(axes), std::move(shape), std::move(values), std::move(meaning), "1", {}});
  }
  void scalar(std::string name, double value, std::string meaning) {
    add(std::move(name), {}, {}, std::vector{value}, std::move(meaning));
  }

  Dataset data;
};

std::vector<double> list(VectorView values) { return {values.begin(), values.end()}; }

/// One number per observable, or observable and element.
std::vector<double> of_series(const ScalingStudy& study, const std::function<double(const SeriesStudy&)>& number) {
  std::vector<double> values;
  for (const SeriesStudy& series : study.series) values.push_back(number(series));
  return values;
}
std::vector<double> of_series(const ScalingStudy& study, std::size_t width,
                              const std::function<double(const SeriesStudy&, std::size_t)>& number) {
  std::vector<double> values;
  for (const SeriesStudy& series : study.series) {
    for (std::size_t i = 0; i < width; ++i) values.push_back(number(series, i));
  }
  return values;
}

void add_points(const ScalingStudy& study, Builder& out) {
  const ScalingData& data = study.data;
  const auto points = static_cast<std::size_t>(data.points());
  std::vector<std::string> names;
  std::vector<double> y, error;
  for (const ScalingSeries& series : data.series) {
    names.push_back(series.name);
    y.insert(y.end(), series.y.begin(), series.y.end());
    error.insert(error.end(), series.error.begin(), series.error.end());
  }
  out.words("observable", names, "observables of the analysis");
  out.numbering("point", points, "points of the data, by size and x");
  out.add("size", {"point"}, {points}, list(data.size), "size of the system");
  out.add("x", {"point"}, {points}, list(data.x), "what is varied at each size");
  out.add("y", {"observable", "point"}, {names.size(), points}, y, "the observable");
  out.add("y_error", {"observable", "point"}, {names.size(), points}, error, "its standard error");
}

void add_estimates(const ScalingStudy& study, Builder& out) {
  const auto headline = [&](const std::string& name, const std::string& meaning) {
    if (const auto estimate = study.estimate(name)) {
      out.scalar(name, estimate->value, meaning);
      out.scalar(name + "_error", estimate->error, "standard error of " + name);
    }
  };
  headline("x_c", "place of the transition, by the Gaussian process if it was used");
  headline("nu", "exponent nu of the correlation length, or of the number of particles");
  headline("inverse_nu", "1/nu");
  headline("omega", "exponent of the corrections to scaling");
  std::vector<double> exponent, error;
  for (std::size_t k = 0; k < study.series.size(); ++k) {
    const auto estimate = study.estimate(study.ansatz->exponent_name(k));
    exponent.push_back(estimate->value);
    error.push_back(estimate->error);
  }
  out.add("exponent", {"observable"}, {exponent.size()}, exponent, "a in y = L^a f");
  out.add("exponent_error", {"observable"}, {error.size()}, error, "its standard error; 0 if it was given");

  std::vector<std::string> names;
  for (const ScalingParameter& parameter : study.ansatz->parameters()) names.push_back(parameter.name);
  std::vector<double> values, errors;
  for (const auto& by : {&ScalingStudy::estimate_by_posterior, &ScalingStudy::estimate_by_quality}) {
    for (const std::string& name : names) {
      const auto estimate = (study.*by)(name);
      values.push_back(estimate ? estimate->value : unknown);
      errors.push_back(estimate ? estimate->error : unknown);
    }
  }
  out.words("parameter", names, "free parameters of the ansatz");
  out.words("estimator", {"gaussian_process", "quality"}, "how the collapse is judged");
  out.add("estimate", {"estimator", "parameter"}, {2, names.size()}, values, "free parameters by either method");
  out.add("estimate_error", {"estimator", "parameter"}, {2, names.size()}, errors, "their standard errors");
  const CollapseQuality quality = study.posterior_quality ? *study.posterior_quality : study.quality->quality;
  out.scalar("quality", quality.value, "Houdayer and Hartmann's S there: about 1 for a good collapse");
  out.scalar("quality_overlap", quality.overlap, "share of the points that S counts");
}

void add_posterior(const ScalingStudy& study, Builder& out) {
  const ScalingPosterior& posterior = *study.posterior;
  const Ansatz& ansatz = *study.ansatz;
  out.scalar("effective_sample_size", posterior.draws.effective_sample_size, "independent draws from the posterior");
  out.scalar("acceptance", posterior.draws.acceptance, "accepted share of the sampler's moves");
  out.scalar("log_likelihood", posterior.log_likelihood, "largest ln likelihood of the data, in nats");
  out.scalar("aic_ansatz", 2 * static_cast<double>(posterior.parameters.size()) - 2 * posterior.log_likelihood,
             "Akaike's criterion of the ansatz, to be compared between ansaetze on the same data");
  const RowMatrix& all = posterior.draws.draws;
  const Eigen::Index stride = std::max<Eigen::Index>(1, (all.rows() + largest_draws - 1) / largest_draws);
  std::vector<double> draws;
  std::size_t count = 0;
  for (Eigen::Index i = 0; i < all.rows(); i += stride, ++count) {
    for (Eigen::Index k = 0; k < ansatz.parameter_count(); ++k) draws.push_back(all(i, k));
  }
  out.numbering("draw", count, "draws from the posterior");
  out.add("posterior", {"draw", "parameter"}, {count, static_cast<std::size_t>(ansatz.parameter_count())}, draws,
          "free parameters in each draw");
}

/// The collapsed points, the scaling function through them, and residuals in units of the error.
void add_collapse(const ScalingStudy& study, Builder& out) {
  const Ansatz& ansatz = *study.ansatz;
  const std::size_t count = study.series.size(), points = static_cast<std::size_t>(study.data.points());
  const Vector theta =
      study.posterior ? study.posterior->most_probable.head(ansatz.parameter_count()).eval() : study.quality->theta;
  std::vector<double> y, error, residual, curve_y, curve_error;
  Vector x, places;
  for (std::size_t k = 0; k < count; ++k) {
    Collapsed collapsed;
    ansatz.collapse(theta, study.data, k, collapsed);
    x = collapsed.x;
    y.insert(y.end(), collapsed.y.begin(), collapsed.y.end());
    error.insert(error.end(), collapsed.error.begin(), collapsed.error.end());
    if (!study.posterior) continue;
    places = Vector::LinSpaced(curve_points, x.minCoeff(), x.maxCoeff());
    const auto through = [&](VectorView at) {
      return scaling_function(ansatz, study.data, k, study.posterior->most_probable, at);
    };
    const ScalingFunction curve = through(places), there = through(x);
    curve_y.insert(curve_y.end(), curve.y.begin(), curve.y.end());
    curve_error.insert(curve_error.end(), curve.error.begin(), curve.error.end());
    for (Eigen::Index i = 0; i < x.size(); ++i) residual.push_back((collapsed.y[i] - there.y[i]) / collapsed.error[i]);
  }
  out.add("scaled_x", {"point"}, {points}, list(x), "scaled x, in the unit of x at the geometric mean of the sizes");
  out.add("scaled_y", {"observable", "point"}, {count, points}, y, "scaled observable");
  out.add("scaled_y_error", {"observable", "point"}, {count, points}, error, "its standard error");
  out.scalar("reference_size", ansatz.reference_size(), "size in whose unit scaled variables are");
  if (!study.posterior) return;
  out.add("residual", {"observable", "point"}, {count, points}, residual, "distance from the curve in standard errors");
  out.numbering("curve_point", static_cast<std::size_t>(curve_points), "places on the scaling function");
  out.add("function_x", {"curve_point"}, {static_cast<std::size_t>(curve_points)}, list(places), "scaled x");
  out.add("function", {"observable", "curve_point"}, {count, static_cast<std::size_t>(curve_points)}, curve_y,
          "the scaling function");
  out.add("function_error", {"observable", "curve_point"}, {count, static_cast<std::size_t>(curve_points)}, curve_error,
          "its standard deviation");
}

void add_crossings(const ScalingStudy& study, Builder& out) {
  const std::vector<double> sizes = study.data.sizes();
  const std::size_t pairs = sizes.size() - 1, count = study.series.size();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pairs; ++i) names.push_back(fmt::format("{:g}, {:g}", sizes[i], sizes[i + 1]));
  out.words("size_pair", names, "neighboring sizes");
  const auto per_pair = [&](const std::string& name, double Crossing::*member, const std::string& meaning) {
    out.add(name, {"observable", "size_pair"}, {count, pairs},
            of_series(study, pairs,
                      [member](const SeriesStudy& series, std::size_t i) {
                        return series.crossings ? series.crossings->pairs[i].*member : unknown;
                      }),
            meaning);
  };
  std::vector<double> mean_size;
  for (std::size_t i = 0; i < pairs; ++i) mean_size.push_back(std::sqrt(sizes[i] * sizes[i + 1]));
  out.add("pair_size", {"size_pair"}, {pairs}, mean_size, "geometric mean of the two sizes");
  per_pair("crossing", &Crossing::x, "x at which y L^-a of the two sizes cross");
  per_pair("crossing_error", &Crossing::x_error, "its standard error");
  per_pair("crossing_value", &Crossing::y, "y L^-a at the crossing");
  per_pair("crossing_value_error", &Crossing::y_error, "its standard error");
  per_pair("crossing_found", &Crossing::found, "share of resamples in which they cross");
  const auto limit = [&](const std::string& name, Extrapolation CrossingStudy::*member, double Extrapolation::*number,
                         const std::string& meaning) {
    out.add(name, {"observable"}, {count},
            of_series(study,
                      [=](const SeriesStudy& series) {
                        return series.crossings ? (*series.crossings).*member.*number : unknown;
                      }),
            meaning);
  };
  limit("crossing_limit", &CrossingStudy::x, &Extrapolation::value, "crossings for infinite size, v + A L^-e");
  limit("crossing_limit_error", &CrossingStudy::x, &Extrapolation::error, "its standard error, e unknown");
  limit("crossing_drift_exponent", &CrossingStudy::x, &Extrapolation::exponent, "e of that drift");
  limit("crossing_value_limit", &CrossingStudy::y, &Extrapolation::value, "crossing_value for infinite size");
  limit("crossing_value_limit_error", &CrossingStudy::y, &Extrapolation::error, "its standard error, e unknown");
}

void add_maxima(const ScalingStudy& study, Builder& out) {
  const std::vector<double> sizes = study.data.sizes();
  const std::size_t count = study.series.size();
  out.add("system_size", {"system_size"}, {sizes.size()}, sizes, "the sizes");
  const auto per_size = [&](const std::string& name, const std::function<double(const Maximum&)>& number,
                            const std::string& meaning) {
    out.add(name, {"observable", "system_size"}, {count, sizes.size()},
            of_series(study, sizes.size(),
                      [&](const SeriesStudy& series, std::size_t i) {
                        const auto found = std::ranges::find(series.maxima, sizes[i], &Maximum::size);
                        return found == series.maxima.end() ? unknown : number(*found);
                      }),
            meaning);
  };
  per_size(
      "maximum", [](const Maximum& m) { return m.height; }, "largest value of the observable");
  per_size(
      "maximum_error", [](const Maximum& m) { return m.height_error; }, "its standard error");
  per_size(
      "maximum_x", [](const Maximum& m) { return m.x; }, "x of the largest value");
  per_size(
      "maximum_x_error", [](const Maximum& m) { return m.x_error; }, "its standard error");
  per_size(
      "maximum_inside", [](const Maximum& m) { return m.inside ? 1.0 : 0.0; }, "1 if a top was seen, else 0");
  const auto limit = [&](const std::string& name, double Extrapolation::*number, const std::string& meaning) {
    out.add(name, {"observable"}, {count},
            of_series(study,
                      [number](const SeriesStudy& series) { return series.peaks ? (*series.peaks).*number : unknown; }),
            meaning);
  };
  limit("maximum_limit", &Extrapolation::value, "maximum_x for infinite size, v + A L^-e; e is 1/nu at a transition");
  limit("maximum_limit_error", &Extrapolation::error, "its standard error, e unknown");
  limit("maximum_drift_exponent", &Extrapolation::exponent, "e of that drift");
}

void add_growth(const ScalingStudy& study, Builder& out) {
  std::vector<std::string> names, verdicts;
  for (const Curve curve : all_curves) names.emplace_back(name(curve));
  const std::size_t models = names.size(), count = study.series.size();
  out.words("model", names, "laws of the height of maxima: a, a + b ln L, a L^b, a (1 - e^-bL)");
  const auto per_model = [&](const std::string& name,
                             const std::function<double(const GrowthStudy&, std::size_t)>& number,
                             const std::string& meaning) {
    out.add(name, {"observable", "model"}, {count, models},
            of_series(study, models,
                      [&](const SeriesStudy& series, std::size_t i) {
                        return series.growth ? number(*series.growth, i) : unknown;
                      }),
            meaning);
  };
  per_model(
      "aic", [](const GrowthStudy& g, std::size_t i) { return g.aic[i]; }, "Akaike's criterion");
  per_model(
      "aicc", [](const GrowthStudy& g, std::size_t i) { return g.comparison.aicc[i]; },
      "the same corrected for few sizes");
  per_model(
      "bic", [](const GrowthStudy& g, std::size_t i) { return g.bic[i]; }, "Bayesian information criterion");
  per_model(
      "akaike_weight", [](const GrowthStudy& g, std::size_t i) { return g.comparison.weights[i]; },
      "weight of the law by AICc");
  per_model(
      "power", [](const GrowthStudy& g, std::size_t i) { return g.power[i]; },
      "chance that the law, if true, would win at these sizes and errors");
  per_model(
      "law_a", [](const GrowthStudy& g, std::size_t i) { return g.comparison.fits[i].a; }, "a of the law");
  per_model(
      "law_b", [](const GrowthStudy& g, std::size_t i) { return g.comparison.fits[i].b; }, "b of the law");
  const auto per_series = [&](const std::string& name, const std::function<double(const GrowthStudy&)>& number,
                              const std::string& meaning) {
    out.add(
        name, {"observable"}, {count},
        of_series(study, [&](const SeriesStudy& series) { return series.growth ? number(*series.growth) : unknown; }),
        meaning);
  };
  per_series(
      "growth_exponent", [](const GrowthStudy& g) { return g.power_exponent; }, "b of a power law alone");
  per_series(
      "growth_exponent_error", [](const GrowthStudy& g) { return g.power_exponent_error; }, "its standard error");
  per_series(
      "growth_probability", [](const GrowthStudy& g) { return g.probability; },
      "probability of a chi squared as large as the best law's, if it is right");
  per_series(
      "bound_share", [](const GrowthStudy& g) { return g.bound_share.value_or(unknown); },
      "largest height over what no height can pass");
  for (const SeriesStudy& series : study.series)
    verdicts.push_back(series.growth ? series.growth->verdict : "not asked");
  out.add("verdict", {"observable"}, {count}, verdicts, "law of the maxima, or inconclusive");
}

}  // namespace

Dataset scaling_dataset(const ScalingStudy& study, std::vector<Attribute> attributes) {
  Builder out(std::move(attributes));
  add_points(study, out);
  if (study.ansatz) {
    add_estimates(study, out);
    if (study.posterior) add_posterior(study, out);
    add_collapse(study, out);
  }
  add_crossings(study, out);
  add_maxima(study, out);
  add_growth(study, out);
  return std::move(out.data);
}

}  // namespace softmech

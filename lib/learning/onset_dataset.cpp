#include <softmech/learning/onset_report.hpp>
#include <softmech/learning/predictors.hpp>

#include <softmech/attention/bound.hpp>
#include <softmech/attention/schottky.hpp>

#include <functional>
#include <utility>

namespace softmech {

namespace {

constexpr std::size_t definitions = onset_definitions.size();

/// Adds variables to a dataset.
class Table {
 public:
  explicit Table(Dataset& data) : data_(data) {}

  void texts(const std::string& axis, std::vector<std::string> values, std::string meaning) {
    const std::size_t size = values.size();
    data_.variables.push_back({axis, {axis}, {size}, std::move(values), std::move(meaning), "1", {}});
  }

  /// A number of each element of a list, on the axis; without an axis the list is one element and gives a scalar.
  template <class Element>
  void numbers(const std::string& axis, std::string name, const std::vector<Element>& list, std::string meaning,
               const std::function<double(const Element&)>& number) {
    std::vector<double> values;
    for (const Element& element : list) values.push_back(number(element));
    add(std::move(name), axis, {}, list.size(), std::move(values), std::move(meaning));
  }
  template <class Element>
  void counts(const std::string& axis, std::string name, const std::vector<Element>& list, std::string meaning,
              const std::function<std::int64_t(const Element&)>& count) {
    std::vector<std::int64_t> values;
    for (const Element& element : list) values.push_back(count(element));
    add(std::move(name), axis, {}, list.size(), std::move(values), std::move(meaning));
  }
  /// The same on (axis, second).
  template <class Element>
  void grid(const std::string& axis, const std::string& second, std::size_t width, std::string name,
            const std::vector<Element>& list, std::string meaning,
            const std::function<double(const Element&, std::size_t)>& number) {
    std::vector<double> values;
    for (const Element& element : list) {
      for (std::size_t k = 0; k < width; ++k) values.push_back(number(element, k));
    }
    add(std::move(name), axis, {{second, width}}, list.size(), std::move(values), std::move(meaning));
  }

 private:
  void add(std::string name, const std::string& axis, const std::vector<std::pair<std::string, std::size_t>>& more,
           std::size_t size, Values values, std::string meaning) {
    Variable variable{std::move(name), {}, {}, std::move(values), std::move(meaning), "1", {}};
    if (!axis.empty()) variable.axes.push_back(axis), variable.shape.push_back(size);
    for (const auto& [next, width] : more) variable.axes.push_back(next), variable.shape.push_back(width);
    data_.variables.push_back(std::move(variable));
  }

  Dataset& data_;
};

void add_leads(Table& table, const std::string& axis, const std::string& prefix, const std::vector<Leads>& list) {
  const auto add = [&](const std::string& name, const std::string& meaning,
                       const std::function<double(const LeadSummary&)>& number) {
    table.grid<Leads>(axis, "definition", definitions, prefix + name, list, meaning,
                      [&](const Leads& leads, std::size_t d) { return number(leads[d]); });
  };
  using L = const LeadSummary&;
  const auto as_number = [](std::int64_t count) { return static_cast<double>(count); };
  add("events", "runs with the event", [&](L x) { return as_number(x.with_event); });
  add("onsets", "runs that generalize", [&](L x) { return as_number(x.with_onset); });
  add("leading", "runs whose event comes before their onset", [&](L x) { return as_number(x.leading); });
  add("leading_low", "lower end of the interval of leading/onsets (Wilson)", [](L x) { return x.leading_share.low; });
  add("leading_high", "upper end of the interval of leading/onsets (Wilson)", [](L x) { return x.leading_share.high; });
  add("median_event", "median step of the event", [](L x) { return x.median_event; });
  add("median_onset", "median step of the onset", [](L x) { return x.median_onset; });
  add("median_lead", "median of onset - event, in steps", [](L x) { return x.median_lead; });
  add("lead_low", "lower end of the interval of the median lead", [](L x) { return x.lead_interval.interval.low; });
  add("lead_high", "upper end of the interval of the median lead", [](L x) { return x.lead_interval.interval.high; });
  add("lead_coverage", "chance that this interval holds the median", [](L x) { return x.lead_interval.coverage; });
  add("median_ratio", "median of onset/event", [](L x) { return x.median_ratio; });
  add("rank_correlation", "Spearman's coefficient of event and onset", [](L x) { return x.pooled.coefficient; });
  add("rank_p_value", "its p-value", [](L x) { return x.pooled.p_value; });
  add("rank_correlation_within", "Spearman's coefficient inside moduli", [](L x) { return x.within.coefficient; });
  add("rank_p_value_within", "its p-value", [](L x) { return x.within.p_value; });
}

void add_group(Table& table, const std::string& axis, const std::string& prefix, const std::vector<RunGroup>& groups) {
  using G = const RunGroup&;
  table.counts<RunGroup>(axis, prefix + "runs", groups, "runs", [](G g) { return g.height.runs; });
  table.counts<RunGroup>(axis, prefix + "peaks", groups, "runs with a peak", [](G g) { return g.height.with_peak; });
  const auto add = [&](const std::string& name, const std::string& meaning, const std::function<double(G)>& number) {
    table.numbers<RunGroup>(axis, prefix + name, groups, meaning, number);
  };
  add("train_fraction", "median train fraction", [](G g) { return g.train_fraction; });
  add("peaks_low", "lower end of the interval of peaks/runs (Wilson)", [](G g) { return g.height.peak_share.low; });
  add("peaks_high", "upper end of the interval of peaks/runs (Wilson)", [](G g) { return g.height.peak_share.high; });
  add("height", "median height of the peaks", [](G g) { return g.height.median; });
  add("height_low", "lower end of its interval", [](G g) { return g.height.interval.interval.low; });
  add("height_high", "upper end of its interval", [](G g) { return g.height.interval.interval.high; });
  add("height_coverage", "chance that this interval holds the median", [](G g) { return g.height.interval.coverage; });
  std::vector<Leads> leads;
  for (G group : groups) leads.push_back(group.leads);
  add_leads(table, axis, prefix, leads);
}

/// What the predictors do in each control.
void add_control_predictors(Table& table, const std::vector<RunGroup>& controls) {
  const auto add = [&](const std::string& name, const std::string& meaning,
                       const std::function<double(const Leads&)>& number) {
    table.grid<RunGroup>("control", "predictor", predictors().size(), "control_predictor_" + name, controls, meaning,
                         [&](const RunGroup& group, std::size_t i) { return number(group.predictors[i]); });
  };
  using L = const Leads&;
  add("events", "runs with the event", [](L x) { return static_cast<double>(x[0].with_event); });
  add("median_event", "median step of the event", [](L x) { return x[0].median_event; });
  for (std::size_t d = 0; d < definitions; ++d) {
    const std::string definition(onset_definitions[d]);
    add("leading_" + definition, "runs whose event comes before their " + definition + " onset",
        [d](L x) { return static_cast<double>(x[d].leading); });
  }
}

void add_runs(Table& table, const std::vector<RunEvents>& runs) {
  using R = const RunEvents&;
  const auto count = [&](const std::string& name, const std::string& meaning,
                         const std::function<std::int64_t(R)>& number) {
    table.counts<RunEvents>("member", name, runs, meaning, number);
  };
  const auto number = [&](const std::string& name, const std::string& meaning, const std::function<double(R)>& value) {
    table.numbers<RunEvents>("member", name, runs, meaning, value);
  };
  std::int64_t next = 0;
  count("member", "run, in the order of the data", [&](R) { return next++; });
  count("run", "number of the run in its file", [](R r) { return r.run; });
  number("member_modulus", "modulus p", [](R r) { return r.modulus; });
  number("train_fraction", "share f of the pairs to train on", [](R r) { return r.train_fraction; });
  number("seed", "seed of the run at its point", [](R r) { return r.seed; });
  number("answer_keys", "keys of the recorded rows", [](R r) { return r.answer_keys; });
  count("samples", "recorded steps", [](R r) { return r.samples; });
  number("last_step", "last recorded step", [](R r) { return r.last_step; });
  number("memorization", "step of memorization", [](R r) { return r.onset.memorization; });
  number("plateau", "test accuracy of the plateau", [](R r) { return r.onset.plateau.baseline; });
  count("plateau_found", "1 if there is a plateau", [](R r) { return r.onset.plateau.found ? 1 : 0; });
  table.grid<RunEvents>("member", "definition", definitions, "onset", runs, "step of generalization",
                        [](R r, std::size_t d) { return r.onset.step[d]; });
  table.grid<RunEvents>("member", "definition", definitions, "lead", runs, "onset - peak, in steps",
                        [](R r, std::size_t d) { return r.lead(d); });
  table.grid<RunEvents>("member", "definition", definitions, "lead_ratio", runs, "onset/peak",
                        [](R r, std::size_t d) { return r.onset.step[d] / r.peaks.chosen.step; });
  number("peak", "step of the peak", [](R r) { return r.peaks.chosen.step; });
  number("peak_height", "height of the peak", [](R r) { return r.peaks.chosen.value; });
  number("peak_prominence", "prominence of the peak", [](R r) { return r.peaks.chosen.prominence; });
  count("peak_count", "peaks that are prominent enough", [](R r) { return r.peaks.count; });
  number("first_peak", "step of the first peak", [](R r) { return r.peaks.first.step; });
  number("first_peak_height", "height of the first peak", [](R r) { return r.peaks.first.value; });
  number("highest_peak", "step of the highest peak", [](R r) { return r.peaks.highest.step; });
  number("highest_peak_height", "height of the highest peak", [](R r) { return r.peaks.highest.value; });
  number("maximum", "step of the largest value of the whole run", [](R r) { return r.peaks.maximum.step; });
  number("maximum_height", "the largest value of the whole run", [](R r) { return r.peaks.maximum.value; });
  count("masked", "samples left out as instabilities", [](R r) { return r.peaks.masked; });
  number("predicted_height", "specific heat that the recorded gaps of two keys give at the peak",
         [](R r) { return r.predicted_height; });
  table.grid<RunEvents>("member", "predictor", predictors().size(), "predictor_step", runs, "step of the predictor",
                        [](R r, std::size_t i) { return r.predictor_steps[i]; });
}

void add_growth(Table& table, const HeightGrowth& growth) {
  std::vector<std::string> names;
  std::vector<std::size_t> models;
  for (const Curve curve : all_curves) models.push_back(models.size()), names.emplace_back(name(curve));
  table.texts("model", std::move(names), "law of the height of the peak against the modulus");
  const auto add = [&](const std::string& name, const std::string& meaning, const auto& number) {
    table.numbers<std::size_t>("model", name, models, meaning, [&](const std::size_t& i) {
      return growth.comparison ? number(*growth.comparison, i) : Trace::unknown;
    });
  };
  using C = const CurveComparison&;
  add("model_a", "coefficient a", [](C c, std::size_t i) { return c.fits[i].a; });
  add("model_b", "coefficient b", [](C c, std::size_t i) { return c.fits[i].b; });
  add("model_chi_squared", "chi squared of the fit", [](C c, std::size_t i) { return c.fits[i].chi_squared; });
  add("aicc", "corrected Akaike criterion", [](C c, std::size_t i) { return c.aicc[i]; });
  add("akaike_weight", "Akaike weight", [](C c, std::size_t i) { return c.weights[i]; });
  add("power", "chance that the law would win if it held as fitted", [&](C, std::size_t i) { return growth.power[i]; });
}

}  // namespace

Dataset onset_dataset(const OnsetStudy& study, std::vector<Attribute> attributes) {
  Dataset data{std::move(attributes), {}};
  Table table(data);
  add_runs(table, study.runs);
  table.texts("definition", {onset_definitions.begin(), onset_definitions.end()}, "definition of the onset");
  std::vector<std::string> names, controls;
  for (const Predictor& predictor : predictors()) names.push_back(predictor.name);
  for (const RunGroup& control : study.controls) controls.push_back(control.name);
  table.texts("predictor", std::move(names), "event that may come before the onset");
  table.texts("control", std::move(controls), "runs under the same analysis; data: the runs themselves");
  table.numbers<RunGroup>("modulus", "modulus", study.moduli, "modulus p; 0 if the data do not say",
                          [](const RunGroup& group) { return group.modulus; });

  add_group(table, "", "all_", {study.all});
  add_group(table, "modulus", "modulus_", study.moduli);
  add_group(table, "control", "control_", study.controls);
  add_leads(table, "predictor", "predictor_", study.all.predictors);
  add_control_predictors(table, study.controls);
  add_growth(table, study.growth);
  const auto scalar = [&](const std::string& name, const std::string& meaning, double value) {
    table.numbers<double>("", name, {value}, meaning, [](const double& number) { return number; });
  };
  scalar("schottky_cap", "largest specific heat of two keys", specific_heat_bound(2).specific_heat);
  scalar("gaussian_gap_maximum", "largest mean specific heat of two keys with a Gaussian gap of mean 0",
         gaussian_gap_maximum().specific_heat);
  scalar("all_predicted_height", "median of predicted_height", study.predicted_height);
  scalar("all_excess", "median of peak_height/predicted_height - 1", study.excess);
  scalar("all_excess_low", "lower end of its interval", study.excess_interval.interval.low);
  scalar("all_excess_high", "upper end of its interval", study.excess_interval.interval.high);
  scalar("all_excess_coverage", "chance that this interval holds the median", study.excess_interval.coverage);
  return data;
}

}  // namespace softmech

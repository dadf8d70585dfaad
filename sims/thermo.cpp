// softmech-thermo: ensembles of attention rows in equilibrium, against the number of keys, head dimension and
// temperature.
//   softmech-thermo --out thermo
//   softmech-thermo data/thermo/condensation.toml --out condensation
//   softmech-thermo --set model.keys=[64,1024] --set model.temperature_ratio=[0.5,1,2] --out ratio
//   softmech-thermo data/thermo/logits.toml --out rows
#include <softmech/models/row_ensemble.hpp>
#include <softmech/models/row_source.hpp>
#include <softmech/program/run.hpp>

#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <vector>

using namespace softmech;

struct Settings {
  RowSettings model;
  std::int64_t replicas = 100;

  void declare(Keys& keys) {
    model.declare(keys);
    keys.add("ensemble.replicas", replicas, "rows per point; all rows of the file for key_law = \"file\"",
             {.at_least = 1, .at_most = 1e7});
  }
  void check() const { model.check(); }
};

void thermo(const Settings& settings, Member& member) {
  const RowSource source(settings.model);
  const double temperature = source.temperature();
  // Not a coordinate: an xarray array that has a coordinate "keys" passes for a dictionary, and NumPy's functions fail
  // on it.
  member.record("keys", source.keys(), "number of keys n");
  member.coordinate("head_dim", settings.model.head_dim, "head dimension d");
  member.coordinate("temperature", temperature, "temperature T");
  member.coordinate_as_defined("temperature_ratio", source.temperature_ratio(), "temperature over T_c");
  member.coordinate("operator", settings.model.attention.name, "attention operator");

  const auto rows_wanted = static_cast<std::size_t>(source.rows().value_or(settings.replicas));
  std::vector<EquilibriumRow> rows(rows_wanted);
  std::atomic<std::size_t> done = 0;
  tbb::parallel_for(std::size_t{0}, rows.size(), [&](std::size_t i) {
    if (member.stop_requested()) return;
    thread_local Vector energies;
    source.energies(i, member.random("energies"), energies);
    rows[i] = equilibrium_row(settings.model.attention.op(), energies, temperature);
    member.progress(static_cast<double>(++done) / static_cast<double>(rows.size()));
  });
  if (member.stop_requested()) throw StopRequested();

  for (const RowStatistic& x : row_statistics(rows)) {
    member.record_as_defined(x.name, x.mean, x.meaning + ", mean over rows");
    member.record_as_defined(x.name + "_error", x.error, "standard error of " + x.name);
    member.record_as_defined(x.name + "_std", x.deviation, "standard deviation of " + x.name + " over rows");
  }
}

int main(int argc, char** argv) {
  const ProgramText text{
      "thermo",
      "ensembles of attention rows in equilibrium, against keys, head dimension and temperature",
      {"softmech-thermo --out thermo", "softmech-thermo data/thermo/condensation.toml --out condensation",
       "softmech-thermo --set model.keys=[64,1024] --set model.temperature_ratio=[0.5,1,2] --out ratio",
       "softmech-thermo data/thermo/logits.toml --out rows"}};
  return run_ensemble<Settings>(argc, argv, text, thermo);
}

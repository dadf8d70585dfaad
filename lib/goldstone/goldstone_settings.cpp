#include <softmech/goldstone/goldstone_settings.hpp>

#include <numbers>

namespace softmech {

void GoldstoneKeys::declare(Keys& k) {
  k.add("data.field", field, "which field: phases or what is across the order parameter, or what is along it",
        {.words = {"soft", "longitudinal"}});
  k.add("data.directions", directions, "directions across the order parameter: as replicas, or a point each",
        {.words = {"together", "apart"}});
  k.add("data.start", start, "depth before which snapshots are left out");
  k.add("spectrum.segments", study.segments,
        "parts of a record whose spectra are averaged; more are faster and resolve less",
        {.at_least = 1, .at_most = 1e4});
  k.add("spectrum.bins", study.bins, "frequencies of the map S(k, w) in the output", {.at_least = 3, .at_most = 1e6});
  k.add("spectrum.lags", study.lags, "depths of the correlations in the output", {.at_least = 1, .at_most = 1e6});
  k.add("fit.largest_wavenumber", study.largest_wavenumber,
        "largest k of the laws of w(k); the 6 smallest are always taken", {.above = 0, .at_most = std::numbers::pi});
  k.add("fit.tolerance", study.tolerance,
        "relative error that laws of w(k), which are expansions, may have beside the errors of w",
        {.at_least = 0, .at_most = 1});
  k.add("fit.simulations", study.simulations, "simulated records behind errors from fewer than 8 records",
        {.at_least = 20, .at_most = 1e6});
}

}  // namespace softmech

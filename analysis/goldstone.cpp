// softmech-goldstone: S(k,w) of modes recorded along depth, their dispersion, gap, damping and stiffness.
//   softmech-goldstone rotors/ensemble.h5 --out goldstone
//   softmech-goldstone data/goldstone/chain.toml rotors/ensemble.h5 --out goldstone
//   softmech-goldstone tokens/ensemble.h5 --set data.field=longitudinal --out longitudinal
#include <softmech/goldstone/goldstone_report.hpp>
#include <softmech/goldstone/goldstone_settings.hpp>
#include <softmech/program/analysis.hpp>

#include <fmt/format.h>

using namespace softmech;

void goldstone(const GoldstoneKeys& settings, const AnalysisCall& call) {
  PointSettings point = settings.study;
  point.seed = call.seed;
  const GoldstoneStudy study = study_goldstone(read_modes(call.data, settings.source()), point);
  call.publish("goldstone.h5", goldstone_dataset(study, call.attributes));
  call.publish("goldstone.tsv", goldstone_tsv(study));
  fmt::print("{}", goldstone_page(study));
}

int main(int argc, char** argv) {
  const ProgramText text{"goldstone",
                         "S(k,w) of modes recorded along depth: dispersion, gap, damping, stiffness, zero modes",
                         {"softmech-goldstone rotors/ensemble.h5 --out goldstone",
                          "softmech-goldstone data/goldstone/chain.toml rotors/ensemble.h5 --out goldstone",
                          "softmech-goldstone tokens/ensemble.h5 --set data.field=longitudinal --out longitudinal"},
                         "ensemble.h5 files with modes"};
  return run_analysis<GoldstoneKeys>(argc, argv, text, goldstone);
}

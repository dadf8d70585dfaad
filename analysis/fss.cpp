// softmech-fss: finite-size scaling: crossings, collapse, exponents, and whether a maximum diverges.
//   softmech-fss data/fss/ising.toml data/fss/ising.csv --out ising
//   softmech-fss data/fss/rotors.toml rotors/ensemble.h5 --out rotors-scaling
//   softmech-fss mine.csv --set data.size=L --set data.x=T --set data.y=m --out mine
//   softmech-fss heights.csv --set data.size=p --set data.x=none --set data.y=height --out growth
#include <softmech/program/analysis.hpp>
#include <softmech/scaling/scaling_report.hpp>
#include <softmech/scaling/scaling_settings.hpp>

#include <fmt/format.h>

using namespace softmech;

void fss(const ScalingKeys& settings, const AnalysisCall& call) {
  const ScalingInput input = read_scaling_data(call.data, settings.columns);
  const ScalingStudy study = study_scaling(input, settings.study(input, call.seed), settings.columns.x != "none");
  call.publish("fss.h5", scaling_dataset(study, call.attributes));
  call.publish("fss.tsv", scaling_tsv(study));
  fmt::print("{}", scaling_page(study));
}

int main(int argc, char** argv) {
  const ProgramText text{"fss",
                         "finite-size scaling: crossings, collapse, exponents, and whether a maximum diverges",
                         {"softmech-fss data/fss/ising.toml data/fss/ising.csv --out ising",
                          "softmech-fss data/fss/rotors.toml rotors/ensemble.h5 --out rotors-scaling",
                          "softmech-fss mine.csv --set data.size=L --set data.x=T --set data.y=m --out mine"},
                         "a table with a row per size and x, or ensemble.h5 files"};
  return run_analysis<ScalingKeys>(argc, argv, text, fss);
}

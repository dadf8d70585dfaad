// softmech-onset: whether the peak of the specific heat comes before generalization, and what the peak is.
//   softmech-onset grok/ensemble.h5 --out onset
//   softmech-onset grok/ensemble.h5 --set onset.definition=absolute --set peak.choice=first --out onset-first
//   softmech-onset kim/ensemble.h5 --set data.controls=shuffled=shuffled/ensemble.h5 --out kim-onset
//   softmech-onset traces.csv --set columns.step=epoch --set columns.specific_heat=heat --out mine
#include <softmech/learning/onset_report.hpp>
#include <softmech/program/analysis.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

using namespace softmech;

struct Settings {
  std::string controls;
  TraceColumns columns;
  OnsetStudySettings study;

  void declare(Keys& keys) {
    keys.add("data.controls", controls, "runs that should not peak, as \"NAME=FILE,NAME=FILE\"");
    study.onset.declare(keys);
    study.peak.declare(keys);
    keys.add("growth.threshold", study.power.threshold, "lead in AICc by which a law of the peak's height wins",
             {.at_least = 0});
    keys.add("growth.simulations", study.power.simulations, "synthetic data sets behind the power of that comparison",
             {.at_least = 1, .at_most = 1e7});
    columns.declare(keys);
  }
  void check() const;
};

/// "NAME=FILE,NAME=FILE" as pairs.
std::vector<std::pair<std::string, std::filesystem::path>> named_files(const std::string& text) {
  std::vector<std::pair<std::string, std::filesystem::path>> files;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string entry = text.substr(start, end - start);
    const auto equals = entry.find('=');
    const bool named = equals != std::string::npos && equals > 0 && equals + 1 < entry.size();
    if (!named)
      throw std::invalid_argument(
          fmt::format("data.controls: \"{}\" must be NAME=FILE, several separated by commas", entry));
    const std::string name = entry.substr(0, equals);
    const auto has_name = [&name](const auto& file) { return file.first == name; };
    if (name == data_control || name == scale_matched_control || std::ranges::any_of(files, has_name))
      throw std::invalid_argument(
          fmt::format("data.controls: the name \"{}\" is taken; give \"{}\" another one", name, entry));
    files.emplace_back(name, entry.substr(equals + 1));
    start = end + 1;
  }
  return files;
}

void Settings::check() const {
  study.peak.check();
  named_files(controls);
}

/// Runs that count twice would narrow all intervals.
void require_different(std::vector<std::filesystem::path> files) {
  std::ranges::transform(files, files.begin(),
                         [](const auto& file) { return std::filesystem::weakly_canonical(file); });
  std::ranges::sort(files);
  const auto twice = std::ranges::adjacent_find(files);
  if (twice != files.end())
    throw UsageError(fmt::format("{} is given twice, as data or control: name each file once", twice->string()));
}

void onset(const Settings& settings, const AnalysisCall& call) {
  std::vector<std::filesystem::path> files = call.data;
  for (const auto& [name, file] : named_files(settings.controls)) files.push_back(file);
  require_different(std::move(files));

  const auto read = [&](const std::filesystem::path& file) {
    return read_traces(file, settings.columns, settings.study.peak.curve);
  };
  std::vector<Trace> traces;
  for (const auto& file : call.data) std::ranges::move(read(file), std::back_inserter(traces));
  std::vector<Control> controls;
  for (const auto& [name, file] : named_files(settings.controls)) controls.push_back({name, read(file)});

  OnsetStudySettings study_settings = settings.study;
  study_settings.power.seed = call.seed;
  const OnsetStudy study = study_onsets(traces, controls, study_settings);
  const std::size_t definition = settings.study.onset.definition == onset_definitions[0] ? 0 : 1;
  call.publish("onset.h5", onset_dataset(study, call.attributes));
  call.publish("onset.tsv", onset_tsv(study, definition));
  fmt::print("{}", onset_page(study, definition));
}

int main(int argc, char** argv) {
  const ProgramText text{
      "onset",
      "whether the peak of the specific heat comes before generalization, and what the peak is",
      {"softmech-onset grok/ensemble.h5 --out onset",
       "softmech-onset traces.csv --set columns.step=epoch --set columns.specific_heat=heat --out mine"},
      "results of softmech-grok (ensemble.h5), or a table or HDF5 file with a row per run and step"};
  return run_analysis<Settings>(argc, argv, text, onset);
}

// softmech-audit: runs the studies that claims rest on and judges each claim: supported, refuted or inconclusive.
//   softmech-audit --out audit
//   softmech-audit --set audit.scale=full --out audit-full
//   softmech-audit --set audit.claims=condensation,kappa-s --out some
//   softmech-audit my-claims.toml --out mine
#include <softmech/ensemble/stop.hpp>
#include <softmech/judgement/judgement.hpp>
#include <softmech/judgement/study_run.hpp>
#include <softmech/program/deadline.hpp>
#include <softmech/program/run.hpp>
#include <softmech/program/version.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include <fmt/format.h>

using namespace softmech;

struct Settings {
  std::string scale = "quick";
  std::string claims;
  std::int64_t seed = 1;

  void declare(Keys& keys) {
    keys.add("audit.scale", scale, "size of the studies: minutes, or about two hours on 2 cores",
             {.words = {"quick", "full"}});
    keys.add("audit.claims", claims, "ids of the claims to judge, separated by commas; empty: all");
    keys.add("ensemble.seed", seed, "seed of all random numbers, given to every study", {.at_least = 0});
  }
};

/// Runs the studies one after the other and reads their results; returns false if it was stopped. `failures` gets a
/// line for each that failed.
bool run_studies(const std::vector<std::string>& names, const ClaimFile& file, const StudySettings& settings,
                 bool quiet, StudyResults& results, std::vector<std::string>& failures) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (StopRule(settings.deadline).should_stop()) return false;
    const StudyRun run = run_study(study_command(file.study(names[i]), settings), settings.out / (names[i] + ".log"));
    if (run.outcome == StudyOutcome::stopped) return false;
    const bool failed = run.outcome == StudyOutcome::failed;
    if (failed) {
      failures.push_back(fmt::format("study {} failed: {}", names[i], run.message));
    } else {
      const std::filesystem::path ensemble = settings.out / names[i] / "ensemble.h5";
      results[names[i]] = {names[i], read_dataset(ensemble), ensemble};
    }
    if (!quiet)
      fmt::print(stderr, "study {}/{} {}: {} after {:.1f} s\n", i + 1, names.size(), names[i],
                 failed ? "failed" : "finished", run.seconds);
  }
  return true;
}

/// The command a study's own results give: the program and what its settings change, on any machine, into a directory
/// named like the study.
std::string rerun_command(const StudyResults& results, const std::string& study) {
  const auto found = results.find(study);
  const auto* command = found == results.end() ? nullptr : find_attribute(found->second.data.attributes, "command");
  if (!command) return "the study failed";
  std::string text = std::get<std::string>(command->value);  // ends with "--out DIR"
  return text.replace(text.rfind("DIR"), 3, study);
}

std::vector<Attribute> root_attributes(const ProgramText& text, const Configuration& configuration,
                                       const Settings& settings, const ClaimFile& file) {
  return {{"Conventions", "CF-1.8"},
          {"title", fmt::format("{}: {}", text.command(), text.summary)},
          {"source", fmt::format("softmech {} ({})", version(), git_revision())},
          {"build", fmt::format("{} {} {}", compiler(), compiler_flags(), build_type())},
          {"command", text.command() + configuration.settings_arguments() + " --out DIR"},
          {"config_toml", configuration.toml()},
          {"seed", settings.seed},
          {"format_version", format_version},
          {"claims_toml", file.text}};
}

int audit(const CommandLine& command, const ProgramText& text, const Configuration& configuration,
          const Settings& settings) {
  const auto claims_file = command.file.value_or(data_directory() / "claims.toml");
  const ClaimFile file = read_claims(claims_file);
  const std::vector<Claim> claims = file.selected(settings.claims, settings.scale == "full");
  if (command.shard.count > 1)
    throw UsageError(
        "softmech-audit runs as one process: start it once, without --shard and outside mpirun or srun with several "
        "tasks");
  const StudySettings study_settings{program_directory(),     std::filesystem::absolute(claims_file).parent_path(),
                                     command.out / "studies", settings.scale == "full" ? Scale::full : Scale::quick,
                                     settings.seed,           command.threads,
                                     command.restart,         deadline(command.time_limit)};
  const auto studies = needed_studies(claims);
  if (command.dry_run) {
    for (const auto& study : studies) fmt::print("{}\n", shell_text(study_command(file.study(study), study_settings)));
    fmt::print("nothing was run (--dry-run)\n");
    return exit_code::success;
  }

  stop_on_signals();
  StudyResults results;
  std::vector<std::string> failures;
  if (!run_studies(studies, file, study_settings, command.quiet, results, failures)) {
    fmt::print(stderr, "stopped: finished members are kept; the same command continues\n");
    return exit_code::stopped;
  }
  std::vector<Judgement> judgements;
  for (const Claim& claim : claims) judgements.push_back(judge_claim(claim, results));
  publish_file(command.out / "config.toml", configuration.toml());
  publish_file(command.out / "verdicts.tsv", verdicts_tsv(judgements));
  write_dataset(command.out / "audit.h5",
                judgement_dataset(
                    judgements, [&](const auto& study) { return rerun_command(results, study); },
                    root_attributes(text, configuration, settings, file)));
  fmt::print("{}", verdict_table(judgements));
  for (const Judgement& j : judgements) {
    if (j.failed) failures.push_back(fmt::format("claim {} could not be judged: {}", j.claim.id, j.measurement.remark));
  }
  for (const auto& failure : failures) fmt::print(stderr, "{}: {}\n", text.command(), failure);
  return failures.empty() ? exit_code::success : exit_code::failure;
}

int main(int argc, char** argv) {
  const ProgramText text{"audit",
                         "runs studies and judges the claims that rest on them",
                         {"softmech-audit --out audit", "softmech-audit --set audit.scale=full --out audit-full",
                          "softmech-audit --set audit.claims=condensation,kappa-s --out some"}};
  return guarded_main(text, [&] {
    const CommandLine command = parse_command_line(argc, argv, text);
    Settings settings;
    Keys keys;
    settings.declare(keys);
    const auto configuration = Configuration::resolve(keys, std::nullopt, command.overrides);
    if (answered(command, text, keys, configuration)) return exit_code::success;
    configuration.apply(0, keys);
    return audit(command, text, configuration, settings);
  });
}

// softmech-rotors: coupled phases in equilibrium, from all-to-all to nearest neighbors.
//   softmech-rotors --out rotors
//   softmech-rotors data/rotors/mean_field.toml --out mean-field
//   softmech-rotors data/rotors/square.toml --set model.temperature=0.8,1.0 --out xy
//   softmech-rotors --set model.kernel=power --set model.alpha=1.5 --out power
#include <softmech/models/rotor_run.hpp>
#include <softmech/models/rotor_settings.hpp>
#include <softmech/program/run.hpp>

using namespace softmech;

struct Settings {
  RotorSettings model;
  RotorSamplingSettings sampling;
  std::int64_t members = 1;

  void declare(Keys& keys) {
    model.declare(keys);
    sampling.declare(keys);
    keys.add("ensemble.members", members, "members per point, each with its own random numbers",
             {.at_least = 1, .at_most = 1e8});
  }
  void check() const { model.check(); }
  std::int64_t members_per_point() const { return members; }
};

void rotors(const Settings& settings, Member& member) {
  record_coordinates(settings.model, member);
  member.coordinate("replica", member.index() % settings.members, "number of the member at its point");
  RotorRun run(settings.model, settings.sampling, member);
  while (!run.finished()) {
    run.sweep();
    member.progress(run.done());
    if (member.pause_due()) member.pause(run.save());
  }
  run.finish(member);
}

int main(int argc, char** argv) {
  const ProgramText text{
      "rotors",
      "coupled phases in equilibrium, from all-to-all to nearest neighbors",
      {"softmech-rotors --out rotors", "softmech-rotors data/rotors/mean_field.toml --out mean-field",
       "softmech-rotors data/rotors/square.toml --set model.temperature=0.8,1.0 --out xy",
       "softmech-rotors --set model.kernel=power --set model.alpha=1.5 --out power"}};
  return run_ensemble<Settings>(argc, argv, text, rotors);
}

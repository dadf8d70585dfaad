// softmech-rotors: coupled phases, in equilibrium and in motion, from all-to-all to nearest neighbors.
//   softmech-rotors --out rotors
//   softmech-rotors data/rotors/mean_field.toml --out mean-field
//   softmech-rotors data/rotors/square.toml --set model.temperature=0.8,1.0 --out xy
//   softmech-rotors --set model.kernel=power --set model.alpha=1.5 --out power
//   softmech-rotors data/rotors/spin_waves.toml --out spin-waves
#include <softmech/models/rotor_motion.hpp>
#include <softmech/models/rotor_run.hpp>
#include <softmech/models/rotor_settings.hpp>
#include <softmech/program/run.hpp>

using namespace softmech;

struct Settings {
  RotorSettings model;
  RotorSamplingSettings sampling;
  RotorMotionSettings motion;
  std::int64_t members = 1;

  void declare(Keys& keys) {
    model.declare(keys);
    sampling.declare(keys);
    motion.declare(keys);
    keys.add("ensemble.members", members, "members per point, each with its own random numbers",
             {.at_least = 1, .at_most = 1e8});
  }
  void check() const {
    model.check();
    sampling.check(model);
    motion.check(model);
  }
  std::int64_t members_per_point() const { return members; }
  std::string note() const { return motion.note(model); }
};

void sample_rotors(const Settings& settings, Member& member) {
  RotorRun run(settings.model, settings.sampling, settings.motion.output.correlations, member);
  while (!run.finished()) {
    run.sweep();
    member.progress(run.done());
    if (member.pause_due()) member.pause(run.save());
  }
  run.finish(member);
}

void rotors(const Settings& settings, Member& member) {
  record_coordinates(settings.model, member);
  member.coordinate("replica", member.index() % settings.members, "number of the member at its point");
  if (settings.model.dynamics == "cluster") return sample_rotors(settings, member);
  follow_rotors(settings.model, settings.motion, member);
}

int main(int argc, char** argv) {
  const ProgramText text{
      "rotors",
      "coupled phases, in equilibrium and in motion, from all-to-all to nearest neighbors",
      {"softmech-rotors --out rotors", "softmech-rotors data/rotors/mean_field.toml --out mean-field",
       "softmech-rotors data/rotors/square.toml --set model.temperature=0.8,1.0 --out xy",
       "softmech-rotors --set model.kernel=power --set model.alpha=1.5 --out power",
       "softmech-rotors data/rotors/spin_waves.toml --out spin-waves"}};
  return run_ensemble<Settings>(argc, argv, text, rotors);
}

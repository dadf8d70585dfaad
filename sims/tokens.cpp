// softmech-tokens: tokens on the sphere that move under attention.
//   softmech-tokens --out tokens
//   softmech-tokens data/tokens/clustering.toml --out clustering
//   softmech-tokens --set model.dynamics=lagrangian --set model.dim=3 --out lagrangian
//   softmech-tokens --set model.limit=infinite --set model.temperature=0.3 --out mean-field
#include <softmech/mechanics/settings.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/mean_field_run.hpp>
#include <softmech/models/token_motion.hpp>
#include <softmech/models/token_run.hpp>
#include <softmech/program/run.hpp>

using namespace softmech;

struct Settings {
  TokenSettings model;
  TokenStartSettings start;
  SolverSettings solver{.stepper = "auto"};
  TokenKernelSettings kernel;
  TimeGrid time;
  TokenStopSettings stop;
  TokenOutputSettings output;
  std::int64_t members = 1;

  void declare(Keys& keys) {
    model.declare(keys);
    start.declare(keys);
    softmech::declare(keys, solver);
    kernel.declare(keys);
    time.declare(keys);
    stop.declare(keys);
    output.declare(keys);
    keys.add("ensemble.members", members, "members per point, each with its own random numbers",
             {.at_least = 1, .at_most = 1e8});
  }
  void check() const {
    model.check();
    start.check(model);
    time.check();
    output.check(model, time.end);
    stop.check(model);
    require_token_solver(solver, kernel, model, time);
    if (output.modes.modes && stop != TokenStopSettings())
      throw std::invalid_argument("stop with output.modes: snapshots end with the run; leave one of them out");
    if (model.limit != "infinite") return;
    require_mean_field(model);
    if (kernel != TokenKernelSettings() || stop != TokenStopSettings() || output != TokenOutputSettings()) {
      throw std::invalid_argument(
          "stop, output, solver.kernel, solver.instructions and solver.precision are for finitely many tokens: leave "
          "them out with model.limit = \"infinite\"");
    }
  }
  std::int64_t members_per_point() const { return members; }
  std::string note() const { return token_note(solver, kernel, model, output, time); }
};

/// Follows the tokens over one interval of depth with constant weights; false if a stop rule ended the run.
bool follow(const Settings& settings, const SolverSettings& solver, const TokenMotion& motion,
            const DepthInterval& interval, TokenRun& run, Member& member, Series& series) {
  Simulation simulation(motion.flow(), run.state, stepper(solver), interval.begin);
  bool ended = false;
  simulation.observe(interval.depths, [&](double t, const State& state) {
    run.sample(t, motion, state, series);
    ended = settings.stop.is_over(run.replicas());
    member.progress(t / settings.time.end);
  });
  simulation.observe(interval.average_depths, [&](double, const State& state) { run.average(motion, state); });
  simulation.observe(interval.snapshot_depths, [&](double t, const State& s) { run.snapshot(t, motion, s); });
  simulation.stop_when([&] { return ended || member.pause_due(); });
  if (run.saved) simulation.restore(*std::exchange(run.saved, std::nullopt));
  while (!simulation.run(interval.end)) {
    if (ended) break;
    member.pause(run.save(interval, simulation.save()));
  }
  run.state = simulation.state();
  return !ended;
}

void tokens(const Settings& settings, Member& member) {
  record_coordinates(settings.model, member);
  if (settings.model.limit == "infinite")
    return follow_mean_field(settings.model, settings.start, settings.solver, settings.time, member);
  SolverSettings solver = settings.solver;
  solver.stepper = token_stepper(settings.solver, settings.model, settings.time);
  member.coordinate("stepper", solver.stepper, "integrator of the motion");
  Series series = member.series({"time", settings.time.depths(), "depth t"});
  TokenRun run(settings.model, settings.start, settings.output, settings.time, member);
  for (const DepthInterval& interval : run.intervals()) {
    const TokenMotion motion(settings.model, settings.model.field(interval.random(member, "weights"), settings.kernel),
                             interval.random(member, "noise"));
    if (!follow(settings, solver, motion, interval, run, member, series)) break;
  }
  run.finish(settings.model.field(member.random("weights"), settings.kernel), member);
}

int main(int argc, char** argv) {
  const ProgramText text{
      "tokens",
      "tokens on the sphere that move under attention",
      {"softmech-tokens --out tokens", "softmech-tokens data/tokens/clustering.toml --out clustering",
       "softmech-tokens --set model.dynamics=lagrangian --set model.dim=3 --out lagrangian",
       "softmech-tokens --set model.limit=infinite --set model.temperature=0.3 --out mean-field"}};
  return run_ensemble<Settings>(argc, argv, text, tokens);
}

// softmech-relax: one query on the Fisher simplex, from a start to its equilibrium.
//   softmech-relax --out relax
//   softmech-relax data/relax/overdamped.toml --set model.keys=256 --out relax-256
//   softmech-relax --set model.energies=[0.0,1.0,2.5] --set model.temperature=1.0 --out three-keys
#include <softmech/mechanics/action.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/query_modes.hpp>
#include <softmech/models/query_path.hpp>
#include <softmech/models/query_settings.hpp>
#include <softmech/program/run.hpp>

using namespace softmech;

struct Settings {
  QuerySettings model;
  StartSettings start;
  SolverSettings solver;
  TimeGrid time;
  std::int64_t members = 1;

  void declare(Keys& keys) {
    model.declare(keys);
    start.declare(keys);
    softmech::declare(keys, solver);
    time.declare(keys);
    keys.add("ensemble.members", members, "members per point, each with its own random numbers",
             {.at_least = 1, .at_most = 1e8});
  }
  void check() const {
    model.check();
    time.check();
    if (model.dynamics == "mirror") {
      time.require_steps(solver.step);
    } else {
      require_stepper_fits(solver, model.dynamics == "lagrangian", model.friction);
    }
    if (start.kind == "near_equilibrium") {
      time.require_samples(8, "the frequencies of start.kind = \"near_equilibrium\"");
      time.require_even("the frequencies of start.kind = \"near_equilibrium\"");
    }
  }
  std::int64_t members_per_point() const { return members; }
};

void record(const QuerySystem& query, const QueryState& state, const Axis& key, Series& series) {
  series.record("weights", query.weights(state), key, "attention weights p");
  series.record("free_energy", query.free_energy(state), "free energy F = U - T S");
  series.record("internal_energy", query.internal_energy(state), "internal energy U = sum p E");
  series.record("entropy", query.entropy(state), "entropy S of the attention operator, in nats");
  series.record("kinetic_energy", kinetic_energy(query, state), "kinetic energy (m/2) sum (dp/dt)^2 / p");
  series.record("total_energy", total_energy(query, state), "kinetic energy plus free energy");
  series.record("specific_heat", query.specific_heat(state), "energy fluctuation Var_p(E) / T^2");
  series.record_as_defined("kl_to_equilibrium", query.kl_to_equilibrium(state),
                           "Kullback-Leibler divergence KL(p || p*), in nats; inf outside the support of p*");
}

/// Brings the query through all depths and returns its path y(t), one column per depth.
Matrix follow(const QuerySystem& query, const Settings& settings, Member& member, Series series, const Axis& key) {
  const std::vector<double> depths = settings.time.depths();
  const QueryState start = settings.start.of(query, member.random("start"));
  QueryPath path(query.keys());
  const auto observe = [&](double t, const QueryState& state) {
    path.add(state.position);
    record(query, state, key, series);
    member.progress(t / settings.time.end);
  };
  if (settings.model.dynamics == "mirror") {
    mirror_descent(query, start, settings.solver.step, depths, observe, [&] {
      if (member.stop_requested()) throw StopRequested();
    });
    return path.points();
  }
  const Flow flow = settings.model.dynamics == "lagrangian" ? lagrangian_flow(query) : gradient_flow(query);
  Simulation simulation(flow, start, stepper(settings.solver));
  simulation.observe(depths, observe);
  simulation.stop_when([&] { return member.pause_due(); });
  if (const auto saved = member.resume()) simulation.restore(path.restore(*saved));
  while (!simulation.run(settings.time.end)) member.pause(path.save(simulation.save()));
  return path.points();
}

void relax(const Settings& settings, Member& member) {
  const QuerySystem query = settings.model.sample(member.random("query"));
  const Axis key = index_axis("key", static_cast<std::size_t>(query.keys()), "key");
  const Axis time{"time", settings.time.depths(), "depth t"};
  member.coordinate("temperature", query.temperature(), "temperature T");
  member.coordinate("mass", settings.model.mass, "inertia m of the weights");
  member.coordinate("friction", settings.model.friction, "friction gamma");
  member.record("energies", query.energies(), key, "energies E = -q.k");
  member.record("equilibrium", query.equilibrium(), key, "weights of the attention operator, p*");

  const Matrix path = follow(query, settings, member, member.series(time), key);

  const std::vector<double> depths = settings.time.depths();
  member.record("action", discrete_action(query, Eigen::Map<const Vector>(depths.data(), path.cols()), path),
                "discrete action of the sampled path");
  if (settings.start.kind == "near_equilibrium") {
    const Vector modes = mode_frequencies(query, path, depths[1] - depths[0]);
    member.record_as_defined("frequency", modes.mean(), "angular frequency of the normal modes, mean over modes");
    member.record_as_defined("frequency_spread", modes.maxCoeff() - modes.minCoeff(),
                             "largest minus smallest mode frequency");
    member.record_as_defined("mode_frequency", modes,
                             index_axis("mode", static_cast<std::size_t>(modes.size()), "normal mode"),
                             "angular frequency of each normal mode");
  }
}

int main(int argc, char** argv) {
  const ProgramText text{
      "relax",
      "one query on the Fisher simplex, from a start to its equilibrium",
      {"softmech-relax --out relax", "softmech-relax data/relax/overdamped.toml --set model.keys=256 --out relax-256",
       "softmech-relax --set model.energies=[0.0,1.0,2.5] --set model.temperature=1.0 --out three-keys"}};
  return run_ensemble<Settings>(argc, argv, text, relax);
}

// softmech-dipole: a key as a dipole in the field of a query, a unit vector that swings on a sphere.
//   softmech-dipole --out dipole
//   softmech-dipole --set model.field=1,2,4 --set ensemble.members=8 --out fields
#include <softmech/geometry/sphere.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/program/run.hpp>

using namespace softmech;

/// A unit vector x in a field B along the first axis, L(x, ẋ) = (m/2)|ẋ|² + B x_1: a spherical pendulum in three dimensions.
class Dipole {
 public:
  Dipole(std::int64_t dimension, double field, double mass) : sphere_(dimension), field_(field), mass_(mass) {}

  const Sphere& manifold() const { return sphere_; }
  double mass() const { return mass_; }
  double friction() const { return 0; }
  /// V(x) = -B x_1.
  double potential(const VectorView& x) const { return -field_ * x[0]; }
  /// ∇V in the space around the sphere; the part normal to it does not matter.
  void gradient(const VectorView&, Eigen::Ref<Vector> out) const {
    out.setZero();
    out[0] = -field_;
  }

 private:
  Sphere sphere_;
  double field_, mass_;
};

struct Settings {
  std::int64_t dimension = 3;
  double field = 1;
  double mass = 1;
  SolverSettings solver;
  TimeGrid time;
  std::int64_t members = 4;

  void declare(Keys& keys) {
    keys.add("model.dimension", dimension, "dimension d of the space around the sphere", {.at_least = 3, .at_most = 1e6});
    keys.add("model.field", field, "field B of the query", {.at_least = 0, .sweep = true});
    keys.add("model.mass", mass, "inertia m of the key", {.above = 0, .sweep = true});
    softmech::declare(keys, solver);
    time.declare(keys);
    keys.add("ensemble.members", members, "random starts per point", {.at_least = 1, .at_most = 1e8});
  }
  std::int64_t members_per_point() const { return members; }
};

void dipole(const Settings& settings, Member& member) {
  const Dipole system(settings.dimension, settings.field, settings.mass);
  RandomStream random = member.random("start");
  const Vector start = system.manifold().random_point(random);
  Simulation simulation(system, {start, system.manifold().random_tangent(start, random)}, stepper(settings.solver));

  const Axis time{"time", settings.time.depths(), "depth t"};
  const Axis component = index_axis("component", static_cast<std::size_t>(settings.dimension), "component of the key");
  Series series = member.series(time);
  simulation.observe(settings.time.depths(), [&](double t, const State& state) {
    const Vector &x = state.position, &v = state.velocity;
    series.record("position", x, component, "key x");
    series.record("total_energy", total_energy(system, state), "energy (m/2)|v|^2 - B x_1");
    series.record("angular_momentum", settings.mass * (x[1] * v[2] - x[2] * v[1]), "about the field: conserved (Noether)");
    member.progress(t / settings.time.end);
  });
  simulation.stop_when([&] { return member.pause_due(); });
  if (const auto saved = member.resume()) simulation.restore(*saved);
  while (!simulation.run(settings.time.end)) member.pause(simulation.save());
}

int main(int argc, char** argv) {
  const ProgramText text{"dipole", "a key as a dipole in the field of a query", {"softmech-dipole --out dipole"}};
  return run_ensemble<Settings>(argc, argv, text, dipole);
}

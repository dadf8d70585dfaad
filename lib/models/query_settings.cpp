#include <softmech/models/query_settings.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

void QuerySettings::declare(Keys& k) {
  k.add("model.keys", keys, "number of keys n; an explicit list of energies has its own length",
        {.at_least = 2, .at_most = 1e6});
  k.add("model.head_dim", head_dim, "head dimension d of the random query and keys", {.at_least = 1, .at_most = 1e6});
  k.add("model.temperature", temperature, "temperature T", {.above = 0, .words = {"sqrt_head_dim"}, .sweep = true});
  k.add("model.mass", mass, "inertia m of the weights", {.above = 0, .sweep = true});
  k.add("model.friction", friction, "friction gamma; the undamped motion has 0", {.at_least = 0, .sweep = true});
  attention.declare(k);
  k.add("model.energies", energies, "energies E_i of the keys; empty: -q.k of random q, k ~ N(0, 1)");
  k.add("model.dynamics", dynamics,
        "second-order motion, its overdamped limit, or mirror-descent steps of depth solver.step",
        {.words = {"lagrangian", "overdamped", "mirror"}, .sweep = true});
}

void QuerySettings::check() const {
  if (energies.size() == 1)
    throw std::invalid_argument("model.energies has 1 entry: must have at least 2, or none for random keys");
  if (dynamics != "lagrangian" && friction == 0) {
    throw std::invalid_argument(
        fmt::format("model.friction = 0: must be > 0 for model.dynamics = \"{}\"; try 1", dynamics));
  }
}

double QuerySettings::temperature_value() const {
  return temperature.is_word() ? std::sqrt(static_cast<double>(head_dim)) : temperature.number;
}

QuerySystem QuerySettings::sample(RandomStream random) const {
  const auto size = static_cast<Eigen::Index>(energies.size());
  Vector values =
      size > 0 ? Vector(Eigen::Map<const Vector>(energies.data(), size)) : random_energies(keys, head_dim, random);
  return {std::move(values), temperature_value(), mass, friction, attention.op()};
}

void StartSettings::declare(Keys& keys) {
  keys.add("start.kind", kind,
           "weights at depth 0, at rest: uniform on the simplex, all 1/n, or close to the equilibrium",
           {.words = {"dirichlet", "uniform", "near_equilibrium"}});
  keys.add("start.amplitude", amplitude, "angle from the equilibrium on the sphere y = sqrt(p), for near_equilibrium",
           {.above = 0, .at_most = 1});
}

QueryState StartSettings::of(const QuerySystem& query, RandomStream random) const {
  if (kind == "uniform") return query.uniform_start();
  if (kind == "dirichlet") return query.dirichlet_start(random);
  return query.near_equilibrium_start(amplitude, random);
}

}  // namespace softmech

#include <softmech/models/token_motion.hpp>

#include <softmech/models/noise.hpp>

#include <cmath>
#include <utility>

namespace softmech {

namespace {

/// The same field, driven by the rows' free energies.
TokenField free_energy_field(const TokenField& field) {
  TokenWeights weights = field.weights();
  for (TokenHead& head : weights.heads) head.value = Matrix();
  weights.mlp = {};
  return {field.manifold(), TokenForce::free_energy, std::move(weights), field.coupling(), {}, field.kernel()};
}

}  // namespace

TokenMotion::TokenMotion(const TokenSettings& settings, TokenField field, RandomStream noise)
    : settings_(settings),
      field_(std::move(field)),
      reference_(free_energy_field(field_)),
      replicas_(field_, settings.replicas),
      noise_(noise) {
  if (settings.is_prenorm()) prenorm_.emplace(field_);
  if (settings.mass_metric == "fisher") {
    fisher_.emplace(FisherMassSettings{.tokens = settings.tokens,
                                       .dim = settings.dim,
                                       .beta = settings.beta_of(0),
                                       .mass = settings.mass,
                                       .friction = settings.friction,
                                       .regularization = settings.mass_floor});
  }
}

Flow TokenMotion::flow() const {
  if (prenorm_) return first_order_flow(*prenorm_);  // has no heat: its norm grows without end
  Flow flow = settings_.is_inertial() ? lagrangian_flow(replicas_) : first_order_flow(replicas_);
  if (fisher_) {
    flow.acceleration = [this, force = Vector(field_.manifold().ambient_dimension())](
                            const VectorView& x, const VectorView& v, Eigen::Ref<Vector> out) mutable {
      field_.force(x, force);
      fisher_->acceleration(x, v, force, out);
    };
    flow.dissipation = [this](const VectorView& x, const VectorView& v) { return fisher_->dissipated_power(x, v); };
  }
  flow.accounts_heat = !heat_is_lost_potential();
  flow.temperature = settings_.temperature;
  if (flow.temperature > 0) flow.noise = noise_source(noise_);
  return flow;
}

State TokenMotion::replica(const State& all, Eigen::Index r) const {
  const Eigen::Index size = field_.manifold().ambient_dimension();
  return {all.position.segment(r * size, size), all.velocity.segment(r * size, size),
          all.heat / static_cast<double>(replicas())};
}

bool TokenMotion::heat_is_lost_potential() const {
  return settings_.temperature > 0 && !settings_.is_inertial() && settings_.redraw == 0 && field_.has_potential();
}

RowMatrix TokenMotion::directions(const State& state) const {
  const SphereProduct& space = field_.manifold();
  const Vector x = prenorm_ ? prenorm_->normalized(state.position) : state.position;
  return Eigen::Map<const RowMatrix>(x.data(), space.tokens(), space.dim());
}

RowMatrix TokenMotion::momenta(const State& state) const {
  const SphereProduct& space = field_.manifold();
  Vector p = field_.mass() * state.velocity;
  if (fisher_) fisher_->momentum(state.position, state.velocity, p);
  return Eigen::Map<const RowMatrix>(p.data(), space.tokens(), space.dim());
}

double TokenMotion::kinetic_energy(const State& state) const {
  if (!settings_.is_inertial()) return 0;
  if (fisher_) return fisher_->kinetic_energy(state.position, state.velocity);
  return 0.5 * field_.mass() * state.velocity.squaredNorm();
}

double TokenMotion::speed(const State& state) const {
  return std::sqrt(state.velocity.squaredNorm() / static_cast<double>(field_.manifold().tokens()));
}

}  // namespace softmech

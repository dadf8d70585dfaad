#include <softmech/models/fisher_mass.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

using Tokens = Eigen::Map<const RowMatrix>;  // n × d

void require(bool holds, const char* name, double value, const char* rule) {
  if (!holds) throw std::invalid_argument(fmt::format("model.{} = {}: {}", name, value, rule));
}

// ε 1 + β² Σ_j A_ij (x_j − k̄)(x_j − k̄)ᵀ.
Matrix metric_of(const FisherMassSettings& s, const Tokens& x, const auto& weights, const auto& mean) {
  const RowMatrix displaced = x.rowwise() - mean;
  Matrix metric = s.beta * s.beta * (displaced.transpose() * weights.asDiagonal() * displaced);
  metric.diagonal().array() += s.regularization;
  return metric;
}

}  // namespace

// The rows of attention and how they weigh the velocities. With s_ij = v_i·x_j and ⟨·⟩_i the mean over row i:
struct FisherMass::Rows {
  RowMatrix weights;  // A_ij
  RowMatrix means;    // k̄_i = ⟨x_j⟩_i, n × d
  RowMatrix spreads;  // σ_ij = s_ij − ⟨s⟩_i = v_i·(x_j − k̄_i)
  Vector variances;   // V_i = ⟨σ²⟩_i = v_iᵀ Cov_{A_i}(x) v_i
};

FisherMass::FisherMass(const FisherMassSettings& settings) : settings_(settings) {
  require(settings.tokens >= 1, "tokens", static_cast<double>(settings.tokens), "must be at least 1; try 8");
  require(settings.dim >= 2, "dim", static_cast<double>(settings.dim), "must be at least 2; try 3");
  require(settings.beta >= 0 && std::isfinite(settings.beta), "beta", settings.beta, "must be >= 0; try 1");
  require(settings.mass > 0 && std::isfinite(settings.mass), "mass", settings.mass, "must be > 0; try 1");
  require(settings.friction >= 0 && std::isfinite(settings.friction), "friction", settings.friction,
          "must be >= 0; try 0");
  require(settings.regularization > 0 && std::isfinite(settings.regularization), "regularization",
          settings.regularization, "must be > 0: a row that cannot change has no other mass; try 0.1");
}

FisherMass::Rows FisherMass::rows(const VectorView& position, const VectorView& velocity) const {
  const Tokens x(position.data(), settings_.tokens, settings_.dim), v(velocity.data(), settings_.tokens, settings_.dim);
  Rows rows;
  rows.weights = settings_.beta * (x * x.transpose());
  rows.weights.colwise() -= rows.weights.rowwise().maxCoeff().eval();
  rows.weights = rows.weights.array().exp();
  const Vector sums = rows.weights.rowwise().sum();
  rows.weights = sums.cwiseInverse().asDiagonal() * rows.weights;
  rows.means = rows.weights * x;
  rows.spreads = v * x.transpose();
  rows.spreads.colwise() -= v.cwiseProduct(rows.means).rowwise().sum();
  rows.variances = rows.weights.cwiseProduct(rows.spreads.cwiseAbs2()).rowwise().sum();
  return rows;
}

Matrix FisherMass::metric(const VectorView& position, Eigen::Index token) const {
  const Tokens x(position.data(), settings_.tokens, settings_.dim);
  const Vector scores = settings_.beta * (x * x.row(token).transpose());
  Vector weights = (scores.array() - scores.maxCoeff()).exp();
  weights /= weights.sum();
  return metric_of(settings_, x, weights, weights.transpose() * x);
}

void FisherMass::momentum(const VectorView& position, const VectorView& velocity, Eigen::Ref<Vector> out) const {
  const Tokens x(position.data(), settings_.tokens, settings_.dim), v(velocity.data(), settings_.tokens, settings_.dim);
  const Rows r = rows(position, velocity);
  // Cov v = Σ_j A_ij σ_ij x_j, since Σ_j A_ij σ_ij = 0.
  Eigen::Map<RowMatrix> p(out.data(), settings_.tokens, settings_.dim);
  p = r.weights.cwiseProduct(r.spreads) * x;
  p = settings_.mass * (settings_.regularization * v + settings_.beta * settings_.beta * p);
}

double FisherMass::kinetic_energy(const VectorView& position, const VectorView& velocity) const {
  const double fisher = settings_.beta * settings_.beta * rows(position, velocity).variances.sum();
  return settings_.mass / 2 * (settings_.regularization * velocity.squaredNorm() + fisher);
}

double FisherMass::dissipated_power(const VectorView& position, const VectorView& velocity) const {
  return 2 * settings_.friction / settings_.mass * kinetic_energy(position, velocity);
}

// G_i a_i = r_i + λ_i x_i with r_i = (1/m)∂_{x_i}T − Ġ_i v_i + force_i/m − (γ/m) G_i v_i, T the kinetic energy, and λ_i
// such that x_i·a_i = −|v_i|².
//
// The inertial terms, from V_i = ⟨σ²⟩_i and dA_ij = A_ij(dz_ij − ⟨dz⟩_i), z_ij = β x_i·x_j:
//   ∂V_i/∂x_l = 2A_il σ_il v_i + βA_il(σ_il² − V_i)x_i + δ_il β Σ_j A_ij(σ_ij² − V_i)x_j,
//   (d/dt Cov_i) v_i = Σ_j A_ij[(ẇ_ij σ_ij + v_i·v_j)(x_j − k̄_i) + σ_ij v_j],  ẇ_ij = ż_ij − ⟨ż⟩_i.
void FisherMass::acceleration(const VectorView& position, const VectorView& velocity, const VectorView& force,
                              Eigen::Ref<Vector> out) const {
  const Eigen::Index n = settings_.tokens, d = settings_.dim;
  const double beta = settings_.beta;
  const Tokens x(position.data(), n, d), v(velocity.data(), n, d), push(force.data(), n, d);
  const Rows r = rows(position, velocity);

  const RowMatrix lever = r.weights.cwiseProduct(r.spreads);  // A σ
  RowMatrix excess = r.spreads.cwiseAbs2();                   // A(σ² − V)
  excess.colwise() -= r.variances;
  excess = r.weights.cwiseProduct(excess);

  RowMatrix rates = beta * (v * x.transpose());  // ż, then ẇ
  rates += rates.transpose().eval();
  rates.colwise() -= r.weights.cwiseProduct(rates).rowwise().sum().eval();
  const RowMatrix pull = r.weights.cwiseProduct(rates.cwiseProduct(r.spreads) + v * v.transpose());

  RowMatrix right = beta * beta * (lever.transpose() * v + beta / 2 * (excess.transpose() * x + excess * x));
  right -= beta * beta * (pull * x - pull.rowwise().sum().asDiagonal() * r.means + lever * v);
  right += push / settings_.mass;

  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::LLT<Matrix> solver(metric_of(settings_, x, r.weights.row(i).transpose(), r.means.row(i)));
    const Vector free =
        solver.solve(right.row(i).transpose()) - settings_.friction / settings_.mass * v.row(i).transpose();
    const Vector normal = solver.solve(x.row(i).transpose());
    const double multiplier = -(v.row(i).squaredNorm() + x.row(i).dot(free)) / x.row(i).dot(normal);
    out.segment(i * d, d) = free + multiplier * normal;
  }
}

}  // namespace softmech

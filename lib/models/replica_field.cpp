#include <softmech/models/replica_field.hpp>

#include <cmath>

namespace softmech {

namespace {

constexpr Eigen::Index most_tokens = 32;
constexpr Eigen::Index fewest_replicas = 8;

bool fits_in_lanes(const TokenField& field, Eigen::Index replicas) {
  const TokenKernel& kernel = field.kernel();
  return replicas >= fewest_replicas && field.manifold().tokens() <= most_tokens &&
         kernel.series == TokenKernel::Series::automatic && kernel.pairs.kernel == PairSettings::Kernel::fast &&
         kernel.pairs.precision == PairSettings::Precision::double_precision && field.is_plain_circle() &&
         field.force_kind() != TokenForce::free_energy;
}

}  // namespace

ReplicaField::ReplicaField(const TokenField& field, Eigen::Index replicas)
    : field_(field),
      replicas_(replicas),
      space_(field.manifold().tokens() * replicas, field.manifold().dim(), field.manifold().centered()),
      lanes_(fits_in_lanes(field, replicas)),
      sums_(field.kernel().pairs.instructions) {}

void ReplicaField::force(const VectorView& x, Eigen::Ref<Vector> out) const {
  if (lanes_) return force_in_lanes(x, out);
  const Eigen::Index size = field_.manifold().ambient_dimension();
  for (Eigen::Index first = 0; first < x.size(); first += size)
    field_.force(x.segment(first, size), out.segment(first, size));
}

void ReplicaField::force_in_lanes(const VectorView& x, Eigen::Ref<Vector> out) const {
  const Eigen::Index n = field_.manifold().tokens();
  // Components of the tokens, token by token: replica r, token i at 2(rn + i).
  using Strided = Eigen::Map<const RowMatrix, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;
  const Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic> stride(2, 2 * n);
  x_ = Strided(x.data(), n, replicas_, stride);
  y_ = Strided(x.data() + 1, n, replicas_, stride);
  const double beta = field_.weights().heads.front().beta;
  sums_.attend(x_, y_, beta, sum_, force_);
  if (field_.force_kind() == TokenForce::sa) {
    force_.array() *= field_.coupling() / sum_.array();
  } else {
    force_ *= field_.coupling() * std::exp(beta) / static_cast<double>(n);
  }
  for (Eigen::Index r = 0; r < replicas_; ++r) {
    for (Eigen::Index i = 0; i < n; ++i) {
      out[2 * (r * n + i)] = -force_(i, r) * y_(i, r);
      out[2 * (r * n + i) + 1] = force_(i, r) * x_(i, r);
    }
  }
}

double ReplicaField::potential(const VectorView& x) const {
  const Eigen::Index size = field_.manifold().ambient_dimension();
  double sum = 0;
  for (Eigen::Index first = 0; first < x.size(); first += size) sum += field_.potential(x.segment(first, size));
  return sum;
}

void ReplicaField::gradient(const VectorView& x, Eigen::Ref<Vector> out) const {
  const Eigen::Index size = field_.manifold().ambient_dimension();
  for (Eigen::Index first = 0; first < x.size(); first += size)
    field_.gradient(x.segment(first, size), out.segment(first, size));
}

}  // namespace softmech

#include <softmech/attention/exponential.hpp>
#include <softmech/models/rotor_sums.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

using Eigen::Index;

namespace {

/// What is summed over a rotor's row, each term times its weight w.
enum Moment {
  cos_,
  torque,
  torque2,
  weighted_torque2,
  stretch,
  current = stretch + 2,
  current2 = current + 2,
  moments = current2 + 2
};

}  // namespace

RotorSoftmax::RotorSoftmax(const RotorCoupling& scores, double attention_beta) {
  for (const RotorCoupling::Bond& bond : scores.bonds()) {
    Bond own;
    own.strength = bond.strength;
    own.pairs = pairs_at(scores.lattice(), bond.displacement, true);
    if (bond.strength <= 0 || own.pairs.empty()) continue;
    for (int side = 0; side < scores.lattice().dimensions(); ++side) {
      const double missing = scores.is_all() ? std::numeric_limits<double>::quiet_NaN() : 0;
      own.way[side] = scores.first_moment(bond, side) / bond.strength + missing;
      own.way2[side] = scores.second_moment(bond, side) / bond.strength + missing;
    }
    highest_ = std::max(highest_, bond.strength);
    bonds_.push_back(std::move(own));
  }
  start(scores.lattice().sites(), attention_beta);
}

RotorSoftmax::RotorSoftmax(std::shared_ptr<const Matrix> scores, const RotorLattice& chain, double attention_beta) {
  const RotorLattice ends{1, chain.columns, true};
  for (Index d = 1; d < chain.columns; ++d) {
    Bond own;
    own.strengths = scores->diagonal(d);
    own.pairs = pairs_at(ends, d, true);
    const double way = chain.way(0, d, 0);
    own.way[0] = chain.is_half_way(way, 0) ? 0 : way;
    own.way2[0] = way * way;
    highest_ = std::max(highest_, own.strengths.maxCoeff());
    if (own.strengths.maxCoeff() > 0) bonds_.push_back(std::move(own));
  }
  start(chain.columns, attention_beta);
}

void RotorSoftmax::start(Index rotors, double attention_beta) {
  // Rotors that all point against a row would leave it without a weight that is a normal number.
  constexpr double most = 300;
  beta_ = attention_beta;
  if (beta_ * highest_ > most) {
    throw std::invalid_argument(
        fmt::format("model.attention_beta = {} with scores up to {}: their product must be at most {}; try {:.3g}",
                    beta_, highest_, most, most / highest_));
  }
  for (Vector* buffer : {&couplings_, &cosines_, &sines_, &weights_, &torque_}) buffer->resize(block);
  for (Vector* buffer : {&aligned_, &partition_, &inverse_}) buffer->resize(rotors);
  moments_.resize(moments, rotors);
  partition_sums({Vector::Ones(rotors), Vector::Zero(rotors), {}}, aligned_);
  if (!(aligned_.minCoeff() > 0)) {
    Index lonely = 0;
    aligned_.minCoeff(&lonely);
    throw std::invalid_argument(fmt::format(
        "model.kernel = \"softmax\": every rotor needs a score > 0 with another one, rotor {} has none", lonely));
  }
}

template <class Visit>
void RotorSoftmax::for_each_block(const RotorPhasors& rotors, Visit visit) {
  const double *c = rotors.cosine.data(), *s = rotors.sine.data();
  for (const Bond& bond : bonds_) {
    for (const RotorPairs& pairs : bond.pairs) {
      for (Index begin = 0; begin < pairs.count; begin += block) {
        const Index from = pairs.from + begin, to = pairs.to + begin, count = std::min(block, pairs.count - begin);
        if (bond.strengths.size() > 0)
          couplings_.head(count) = bond.strengths.segment(from, count);
        else
          couplings_.setConstant(bond.strength);
        double *coupling = couplings_.data(), *cosine = cosines_.data(), *sine = sines_.data();
        double* weight = weights_.data();
#pragma omp simd
        for (Index i = 0; i < count; ++i) {
          cosine[i] = c[from + i] * c[to + i] + s[from + i] * s[to + i];
          sine[i] = s[from + i] * c[to + i] - c[from + i] * s[to + i];
          const double score = std::min(0.0, beta_ * (coupling[i] * cosine[i] - highest_));
          const double boltzmann = exp_nonpositive(score);
          weight[i] = coupling[i] > 0 ? boltzmann : 0.0;
        }
        visit(bond, from, to, count);
      }
    }
  }
}

void RotorSoftmax::partition_sums(const RotorPhasors& rotors, Vector& sums) {
  sums.setZero();
  for_each_block(rotors, [&](const Bond&, Index from, Index to, Index count) {
    sums.segment(from, count) += weights_.head(count);
    sums.segment(to, count) += weights_.head(count);
  });
}

void RotorSoftmax::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) {
  partition_sums(rotors, partition_);
  inverse_ = partition_.cwiseInverse();
  out.setZero();
  for_each_block(rotors, [&](const Bond&, Index from, Index to, Index count) {
    torque_.head(count) = (inverse_.segment(from, count) + inverse_.segment(to, count))
                              .cwiseProduct(weights_.head(count))
                              .cwiseProduct(couplings_.head(count))
                              .cwiseProduct(sines_.head(count));
    out.segment(from, count) -= torque_.head(count);
    out.segment(to, count) += torque_.head(count);
  });
}

// With E_ij = J_ij cos(φ_i − φ_j + φ x_ij) and row averages ⟨⟩ over the weights, V'' = −Σ_i [⟨E''⟩ + β_a Var(E')].
RotorSums RotorSoftmax::sums(const RotorPhasors& rotors) {
  partition_sums(rotors, partition_);
  moments_.setZero();
  for_each_block(rotors, [&](const Bond& bond, Index from, Index to, Index count) {
    const auto j = couplings_.head(count).array(), cosine = cosines_.head(count).array();
    const auto sine = sines_.head(count).array(), w = weights_.head(count).array();
    const auto add = [&](int moment, const auto& value, double back = 1) {
      torque_.head(count) = value;
      moments_.row(moment).segment(from, count) += torque_.head(count);
      moments_.row(moment).segment(to, count) += back * torque_.head(count);
    };
    add(cos_, w * j * cosine);
    add(torque, w * j * sine, -1);
    add(torque2, w * (j * sine).square());
    add(weighted_torque2, (w * j * sine).square());
    for (int side = 0; side < 2; ++side) {
      add(stretch + side, w * j * bond.way2[side] * cosine);
      add(current + side, w * j * bond.way[side] * sine);
      add(current2 + side, w * (j * bond.way[side] * sine).square());
    }
  });
  RotorSums result;
  for (Index i = 0; i < rotors.size(); ++i) {
    const double z = partition_[i];
    const auto mean = [&](int moment) { return moments_(moment, i) / z; };
    const auto square = [](double x) { return x * x; };
    result.energy -= std::log(z / aligned_[i]) / beta_;
    result.laplacian +=
        2 * mean(cos_) - beta_ * (2 * mean(torque2) - square(mean(torque)) - mean(weighted_torque2) / z);
    for (int side = 0; side < 2; ++side) {
      result.current[side] += mean(current + side);
      result.stretch[side] += mean(stretch + side) - beta_ * (mean(current2 + side) - square(mean(current + side)));
    }
  }
  return result;
}

}  // namespace softmech

#include <softmech/models/rotor_cluster.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace softmech {

namespace {

constexpr double portion = 500;

/// A rotor's mirror image, r - 2a·axis.
void reflect(Rotor& rotor, double a, const Rotor& axis) {
  rotor.cosine -= 2 * a * axis.cosine;
  rotor.sine -= 2 * a * axis.sine;
}

}  // namespace

RotorCluster::RotorCluster(RotorCoupling coupling, double temperature)
    : coupling_(std::move(coupling)), rate_(2 * coupling_.total() / temperature) {
  waiting_.reserve(static_cast<std::size_t>(coupling_.lattice().sites()));
}

Eigen::Index RotorCluster::flip(std::span<Rotor> rotors, RandomStream& random) {
  const double angle = 2 * std::numbers::pi * random.uniform();
  Rotor axis{std::cos(angle), std::sin(angle)};
  const auto component = [&](const Rotor& r) { return r.cosine * axis.cosine + r.sine * axis.sine; };
  const auto seed = static_cast<Eigen::Index>(random.below(rotors.size()));
  if (component(rotors[seed]) < 0) axis = {-axis.cosine, -axis.sine};

  // Rotors of the cluster have a > 0 before and a < 0 after the reflection: no need to mark them.
  const double first = component(rotors[seed]);
  reflect(rotors[seed], first, axis);
  waiting_.assign(1, {seed, first});
  Eigen::Index size = 1;
  while (!waiting_.empty()) {
    const Waiting rotor = waiting_.back();
    waiting_.pop_back();
    // In portions, whose chance of no event is a normal number: that many uniform numbers as their product stays above
    // it are a Poisson variate (Knuth, TAOCP 2, 3.4.1).
    for (double events = rate_ * rotor.component; events > 0; events -= portion) {
      const double none = std::exp(-std::min(events, portion));
      for (double product = random.uniform(); product > none; product *= random.uniform()) {
        const auto [displacement, u] = coupling_.draw(random.uniform());
        const Eigen::Index j = coupling_.lattice().displaced(rotor.site, displacement);
        const double a = component(rotors[j]);
        if (a <= u) continue;
        reflect(rotors[j], a, axis);
        waiting_.push_back({j, a});
        ++size;
      }
    }
  }
  return size;
}

}  // namespace softmech

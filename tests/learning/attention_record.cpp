#include <catch2/catch.hpp>

#include <softmech/attention/bound.hpp>
#include <softmech/attention/thermodynamics.hpp>
#include <softmech/ensemble/random.hpp>
#include <softmech/learning/attention_record.hpp>

#include <cmath>

using namespace softmech;

namespace {

NetworkShape small_shape() {
  NetworkShape shape;
  shape.layers = 2;
  shape.heads = 3;
  shape.head_dim = 5;
  return shape;
}

AttentionScores<double> random_scores(const NetworkShape& shape, std::size_t examples, double scale) {
  AttentionScores<double> scores(shape, examples);
  RandomStream random(1, 0, "scores");
  for (int layer = 0; layer < shape.layers; ++layer) {
    for (int head = 0; head < shape.heads; ++head) {
      for (int query = 0; query < shape.positions; ++query) {
        for (double& z : scores(layer, head, query).reshaped()) z = 40 + (head + 1) * scale * random.normal();
      }
    }
  }
  return scores;
}

/// Energies of one head's rows, one row per example.
RowMatrix energies(const AttentionScores<double>& scores, const NetworkShape& shape, int layer, int head, int query) {
  return -std::sqrt(static_cast<double>(shape.head_dim)) * scores(layer, head, query).matrix();
}

}  // namespace

TEST_CASE("heads have the thermodynamics of their rows", "[learning]") {
  const NetworkShape shape = small_shape();
  const AttentionScores<double> scores = random_scores(shape, 1000, 0.7);
  const auto heads = head_thermodynamics(scores, shape);
  REQUIRE(heads.size() == 6);
  const double temperature = std::sqrt(5.0);
  for (int i = 0; i < 6; ++i) {
    const RowMatrix answer = energies(scores, shape, i / 3, i % 3, 2);
    const auto rows = thermodynamics_batch(answer, temperature, Kernel::reference);
    const auto& head = heads[i];
    CHECK(head.internal_energy == Approx(rows.internal_energy.mean()).epsilon(1e-13));
    CHECK(head.entropy == Approx(rows.entropy.mean()).epsilon(1e-13));
    CHECK(head.free_energy == Approx(rows.free_energy.mean()).epsilon(1e-13));
    CHECK(head.specific_heat == Approx(rows.specific_heat.mean()).epsilon(1e-13));
    CHECK(head.specific_heat_pooled == Approx(specific_heat_pooled(rows)).epsilon(1e-9));
    CHECK(head.specific_heat_over_bound == Approx(rows.specific_heat_over_bound.mean()).epsilon(1e-13));
    CHECK(head.specific_heat_normalized == Approx(rows.specific_heat_normalized.mean()).epsilon(1e-13));
    const VarianceSplit split = energy_variance_split(rows);
    CHECK(head.energy_variance_within == Approx(split.within).epsilon(1e-12));
    CHECK(head.energy_variance_between == Approx(split.between).epsilon(1e-9));

    const auto standard_error = [](const Vector& x) {
      return std::sqrt((x.array() - x.mean()).square().sum() / static_cast<double>((x.size() - 1) * x.size()));
    };
    CHECK(head.internal_energy_error == Approx(standard_error(rows.internal_energy)).epsilon(1e-9));
    CHECK(head.entropy_error == Approx(standard_error(rows.entropy)).epsilon(1e-9));
    CHECK(head.free_energy_error == Approx(standard_error(rows.free_energy)).epsilon(1e-9));
    CHECK(head.specific_heat_error == Approx(standard_error(rows.specific_heat)).epsilon(1e-9));

    // A causal row of the second token has two keys, of the first one: C = 0.
    const auto second = thermodynamics_batch(energies(scores, shape, i / 3, i % 3, 1), temperature);
    CHECK(head.specific_heat_all_queries ==
          Approx((rows.specific_heat.mean() + second.specific_heat.mean()) / 3).epsilon(1e-12));

    const Vector gap = (answer.col(0) - answer.col(1)) / temperature;
    CHECK(head.gap_mean == Approx(gap.mean()).margin(1e-13));
    CHECK(head.gap_variance == Approx((gap.array() - gap.mean()).square().mean()).epsilon(1e-12));
    CHECK(head.logit_rms == Approx(std::sqrt(answer.squaredNorm() / 3000) / temperature).epsilon(1e-13));
    const RowMatrix deviation = answer.colwise() - answer.rowwise().mean();
    CHECK(head.logit_spread == Approx(deviation.norm() / std::sqrt(3000.0) / temperature).epsilon(1e-13));
  }
  const HeadThermodynamics mean = mean_over_heads(heads);
  double all_pooled = 0;
  RowMatrix every(6000, 3);
  for (int i = 0; i < 6; ++i) every.middleRows(1000 * i, 1000) = energies(scores, shape, i / 3, i % 3, 2);
  all_pooled = specific_heat_pooled(thermodynamics_batch(every, temperature));
  CHECK(mean.specific_heat_pooled == Approx(all_pooled).epsilon(1e-9));
  double squares = 0;
  for (const auto& head : heads) squares += head.specific_heat_error * head.specific_heat_error;
  CHECK(mean.specific_heat_error == Approx(std::sqrt(squares) / 6).epsilon(1e-12));
}

TEST_CASE("rows of other operators have their own entropy and heat capacity", "[learning]") {
  for (const Operator& op : {Operator(Entmax{1.5}), Operator(KappaSoftmax{0.3})}) {
    NetworkShape shape = small_shape();
    shape.attention = op;
    const AttentionScores<double> scores = random_scores(shape, 50, 0.4);
    const auto heads = head_thermodynamics(scores, shape);
    const double temperature = std::sqrt(5.0);
    double s = 0, c = 0, f = 0;
    const RowMatrix rows = energies(scores, shape, 0, 1, 2);
    for (int i = 0; i < 50; ++i) {
      const Vector row = rows.row(i);
      const Vector weights = equilibrium(op, row, temperature);
      s += entropy(op, weights) / 50;
      c += heat_capacity(op, row, temperature) / 50;
      f += free_energy(op, weights, row, temperature) / 50;
    }
    CHECK(heads[1].entropy == Approx(s).epsilon(1e-11));
    CHECK(heads[1].specific_heat == Approx(c).epsilon(1e-10));
    CHECK(heads[1].free_energy == Approx(f).epsilon(1e-11));
  }
}

TEST_CASE("no common shift of a row's scores matters, and no head passes the bound", "[learning]") {
  const NetworkShape shape = small_shape();
  AttentionScores<double> scores = random_scores(shape, 300, 2.0);
  const auto before = head_thermodynamics(scores, shape);
  for (int head = 0; head < 3; ++head) scores(0, head, 2).colwise() += Eigen::ArrayXd::LinSpaced(300, -30, 500);
  const auto after = head_thermodynamics(scores, shape);
  for (int i = 0; i < 3; ++i) {
    CHECK(after[i].specific_heat == Approx(before[i].specific_heat).epsilon(1e-11));
    CHECK(after[i].entropy == Approx(before[i].entropy).epsilon(1e-11));
    CHECK(after[i].gap_variance == Approx(before[i].gap_variance).epsilon(1e-11));
    CHECK(after[i].logit_spread == Approx(before[i].logit_spread).epsilon(1e-11));
    CHECK(after[i].specific_heat_over_bound < 1);
  }
}

TEST_CASE("the scale-matched control scales the old scores to the new spread", "[learning]") {
  const NetworkShape shape = small_shape();
  const AttentionScores<double> old = random_scores(shape, 400, 0.2);
  const auto own = head_thermodynamics(old, shape);
  CHECK(scale_matched_specific_heat(old, shape, own, own) == Approx(mean_over_heads(own).specific_heat).epsilon(1e-12));

  auto present = own;
  for (auto& head : present) head.logit_spread *= 7;
  AttentionScores<double> scaled = old;
  for (int i = 0; i < 6; ++i) scaled(i / 3, i % 3, 2) *= 7;
  const double expected = mean_over_heads(head_thermodynamics(scaled, shape)).specific_heat;
  CHECK(scale_matched_specific_heat(old, shape, own, present) == Approx(expected).epsilon(1e-11));
}

// Replicas side by side are the same systems one by one.
#include <softmech/models/replica_field.hpp>
#include <softmech/models/replica_sample.hpp>
#include <softmech/models/token_averages.hpp>

#include "random_tokens.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

TEST_CASE("Every replica feels its own tokens only, in lanes or one after the other") {
  for (const Eigen::Index d : {2, 3}) {
    for (const Eigen::Index n : {1, 5, 32, 40}) {
      for (const Eigen::Index replicas : {1, 7, 8, 19}) {
        for (const TokenForce kind : {TokenForce::sa, TokenForce::usa, TokenForce::free_energy}) {
          TokenWeights weights;
          weights.heads.front().beta = 2.5;
          const TokenField field(SphereProduct(n, d), kind, weights, 1.3, {});
          const ReplicaField together(field, replicas);
          CHECK(together.in_lanes() == (d == 2 && n <= 32 && replicas >= 8 && kind != TokenForce::free_energy));
          const Vector x = flat(random_tokens(n * replicas, d));
          Vector all(x.size()), one(n * d);
          together.force(x, all);
          for (Eigen::Index r = 0; r < replicas; ++r) {
            field.force(x.segment(r * n * d, n * d), one);
            CHECK((all.segment(r * n * d, n * d) - one).norm() < 1e-13 * (1 + one.norm()));
          }
          CHECK(together.manifold().tokens() == n * replicas);
          if (!field.has_potential()) continue;
          double sum = 0;
          for (Eigen::Index r = 0; r < replicas; ++r) sum += field.potential(x.segment(r * n * d, n * d));
          CHECK(together.potential(x) == Approx(sum).epsilon(1e-14));
        }
      }
    }
  }
}

TEST_CASE("A sample of replicas is their mean with its standard error") {
  Member member(0, 1);
  const Axis time{"time", std::vector<double>{0.0}, "depth"};
  Series series = member.series(time);
  ReplicaSample sample;
  for (const double value : {1.0, 2.0, 6.0}) {
    sample.begin_replica();
    sample.record("number", value, "a number");
    sample.record("list", Vector::Constant(2, value), {index_axis("item", 2, "item")}, "a list");
  }
  sample.write(series);
  const Dataset data = member.snapshot();
  CHECK(data.at("number").as<double>().front() == Approx(3).epsilon(1e-15));
  CHECK(data.at("number_error").as<double>().front() == Approx(std::sqrt(7.0 / 3)).epsilon(1e-15));  // s²/N, s² = 7
  CHECK(data.at("list").as<double>() == std::vector<double>{3, 3});

  sample.begin_replica();
  CHECK_THROWS_AS(sample.record("another", 1, ""), std::logic_error);
}

TEST_CASE("Errors of averages cover the truth for correlated series and for replicas") {
  // AR(1) around 0.5 with correlation time 10: the error of 16 blocks of 500 holds in 16 − 1 degrees of freedom.
  int covered = 0, covered_by_replicas = 0;
  const int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(7, static_cast<std::uint32_t>(trial), "series");
    std::vector<TokenAverages> replicas(16);
    double value = 0;
    TokenAverages one;
    for (std::size_t i = 0; i < 8000; ++i) {
      value = std::exp(-0.1) * value + std::sqrt(-std::expm1(-0.2)) * random.normal();
      one.add({.order = 0.5 + value});
      replicas[i / 500].add({.order = 0.5 + value});
    }
    const auto holds = [](std::span<const TokenAverages> averages) {
      Member member(0, 1);
      record_averages(averages, member);
      const Dataset data = member.snapshot();
      const double mean = data.at("order_parameter_mean").as<double>().front();
      const double error = data.at("order_parameter_mean_error").as<double>().front();
      return std::abs(mean - 0.5) < error;
    };
    covered += holds({&one, 1});
    covered_by_replicas += holds(replicas);
  }
  // One standard error of 16 means covers 66.7 % (Student); three deviations of 300 trials are 8 %.
  CHECK(covered > trials * 0.58);
  CHECK(covered < trials * 0.75);
  CHECK(covered_by_replicas == covered);  // the same blocks
}

// Single linkage against its definition, and merge events.
#include "random_tokens.hpp"

#include <softmech/models/token_clusters.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

using namespace softmech;
using namespace softmech::test;
using Sizes = std::vector<Eigen::Index>;

namespace {

// Connected components by the powers of the link matrix: (1 + links)^n has a path wherever there is one.
Sizes sizes_by_paths(const RowMatrix& x, double cosine) {
  Eigen::Matrix<bool, -1, -1> reach = (x * x.transpose()).array() >= cosine;
  const Eigen::Index n = x.rows();
  reach.diagonal().setConstant(true);
  for (Eigen::Index via = 0; via < n; ++via) {
    for (Eigen::Index i = 0; i < n; ++i) {
      if (reach(i, via)) reach.row(i) = reach.row(i) || reach.row(via);
    }
  }
  Sizes sizes;
  for (Eigen::Index i = 0; i < n; ++i) {
    Eigen::Index first = 0;
    while (!reach(i, first)) ++first;
    if (first == i) sizes.push_back(reach.row(i).count());
  }
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  return sizes;
}

RowMatrix on_circle(const Vector& angles) {
  RowMatrix x(angles.size(), 2);
  x << angles.array().cos(), angles.array().sin();
  return x;
}

}  // namespace

TEST_CASE("clusters are the connected components of the links") {
  const Eigen::Index n = GENERATE(1, 2, 30, 150), d = GENERATE(1, 2, 3, 8);
  const double cosine = GENERATE(-0.9, 0.0, 0.5, 0.8, 0.99, 0.9999);
  const RowMatrix x = random_tokens(n, d, static_cast<std::uint64_t>(10 * n + d));
  CHECK(cluster_sizes(x, cosine) == sizes_by_paths(x, cosine));
  CHECK(cluster_count(x, cosine) == std::ssize(sizes_by_paths(x, cosine)));
}

TEST_CASE("on the circle a cluster may reach across the cut, and around all of it") {
  CHECK(cluster_sizes(on_circle(Vector{{3.1, -3.1, 0.2, 3.0}}), 0.9) == Sizes{3, 1});
  CHECK(cluster_sizes(on_circle(Vector::LinSpaced(64, -3.14, 3.04)), std::cos(0.11)) == Sizes{64});
  CHECK(cluster_sizes(on_circle(Vector::LinSpaced(64, -3.14, 3.04)), std::cos(0.09)) == Sizes(64, 1));
}

TEST_CASE("a chain is one cluster though its ends are opposite, and order does not matter") {
  const Eigen::Index n = 200;
  RowMatrix chain = RowMatrix::Zero(n, 3);  // half a great circle
  const Vector angles = Vector::LinSpaced(n, 0, 3.1);
  for (Eigen::Index i = 0; i < n; ++i) chain.row((i * 77) % n) << std::cos(angles[i]), std::sin(angles[i]), 0;
  CHECK(cluster_sizes(chain, std::cos(0.016)) == Sizes{n});
  CHECK(cluster_sizes(chain, std::cos(0.015)) == Sizes(n, 1));
}

TEST_CASE("merge events are the first depths at which there were so few clusters") {
  MergeEvents events(4, 0.99);
  const auto feed = [](MergeEvents& to, double t, const Vector& angles) { to.feed(t, on_circle(angles)); };
  CHECK(events.count() == 4);
  feed(events, 0, Vector{{0, 1, 2, 3}});
  CHECK(events.depths().hasNaN());
  feed(events, 1, Vector{{0, 0.1, 2, 3}});
  feed(events, 2, Vector{{0, 1.1, 2, 3}});  // splits again: no event
  CHECK(events.count() == 4);
  CHECK(events.fewest() == 3);

  MergeEvents resumed(4, 0.99);
  resumed.restore(events.save());
  for (MergeEvents* each : {&events, &resumed}) {
    feed(*each, 3, Vector{{0, 0.1, 2, 3}});
    CHECK(each->count() == 3);
    feed(*each, 4, Vector{{0, 0.1, 0.05, 0.02}});  // two merges at once
    CHECK(each->count() == 1);
    CHECK(each->fewest() == 1);
    CHECK(each->depths() == Vector{{1, 4, 4}});
    CHECK(each->save() == std::vector<double>{1, 1, 1, 4, 4});
  }
  CHECK_THROWS_AS(events.restore(std::vector<double>{1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(events.feed(5, on_circle(Vector{{0, 1}})), std::invalid_argument);
  CHECK_THROWS_WITH(MergeEvents(4, 1), Catch::Contains("cosine = 1"));
}

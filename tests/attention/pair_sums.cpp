#include <catch2/catch.hpp>

#include <softmech/attention/pair_kernels.hpp>
#include <softmech/attention/pair_sums.hpp>
#include <softmech/attention/pair_sums_reference.hpp>
#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

using namespace softmech;
using Eigen::Index;

namespace {

RowMatrix normal_columns(Index dim, Index tokens, RandomStream& random) {
  RowMatrix x(dim, tokens);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = random.normal();
  return x;
}

RowMatrix unit_columns(Index dim, Index tokens, RandomStream& random) {
  return normal_columns(dim, tokens, random).colwise().normalized();
}

std::vector<PairMask> masks() {
  using Decay = PairMask::Decay;
  return {{},
          {.causal = true},
          {.window = 5},
          {.causal = true, .window = 40},
          {.window = 1},
          {.decay = Decay::exponential, .rate = 0.3},
          {.causal = true, .decay = Decay::power, .rate = 1.5},
          {.window = 70, .decay = Decay::power, .rate = 0.5}};
}

std::string name_of(const PairMask& mask) {
  return fmt::format("causal {}, window {}, decay {} at rate {}", mask.causal, mask.window,
                     static_cast<int>(mask.decay), mask.rate);
}

struct Results {
  PartitionSums rows;
  RowMatrix mean, back;
};

}  // namespace

TEST_CASE("Pair sums: the reference is A = softmax of its scores, typed in with long double") {
  RandomStream random(1, 0, "reference");
  const Index n = 7;
  const RowMatrix q = normal_columns(3, n, random), k = normal_columns(3, n, random);
  const RowMatrix v = normal_columns(2, n, random), u = normal_columns(4, n, random);
  for (const bool causal : {false, true}) {
    for (const Index window : {0, 3}) {
      for (const auto decay : {PairMask::Decay::none, PairMask::Decay::exponential, PairMask::Decay::power}) {
        const PairMask mask{causal, window, decay, 0.4};
        const PairScores scores{1.3, mask, &q, &k};
        Results found;
        attend_reference(scores, v, found.rows, found.mean);
        attend_back_reference(scores, found.rows, u, found.back);
        INFO(name_of(mask));

        long double back[4][7] = {};
        for (Index i = 0; i < n; ++i) {
          long double weight[7], z = 0, mean[2] = {};
          for (Index j = 0; j < n; ++j) {
            const auto r = static_cast<long double>(std::abs(i - j));
            long double score =
                1.3L * (static_cast<long double>(q(0, i)) * k(0, j) + static_cast<long double>(q(1, i)) * k(1, j) +
                        static_cast<long double>(q(2, i)) * k(2, j));
            if (decay == PairMask::Decay::exponential) score -= 0.4L * r;
            if (decay == PairMask::Decay::power) score -= 0.4L * std::log(1 + r);
            weight[j] = (causal && j > i) || (window > 0 && std::abs(i - j) >= window) ? 0 : std::exp(score);
            z += weight[j];
          }
          for (Index j = 0; j < n; ++j) {
            for (Index c = 0; c < 2; ++c) mean[c] += weight[j] / z * v(c, j);
            for (Index c = 0; c < 4; ++c) back[c][j] += weight[j] / z * u(c, i);
          }
          CHECK(std::log(found.rows.sum(i)) + found.rows.shift(i) ==
                Approx(static_cast<double>(std::log(z))).epsilon(1e-13).margin(1e-14));
          for (Index c = 0; c < 2; ++c) CHECK(std::abs(found.mean(c, i) - static_cast<double>(mean[c])) < 1e-14);
        }
        for (Index c = 0; c < 4; ++c) {
          for (Index j = 0; j < n; ++j) CHECK(std::abs(found.back(c, j) - static_cast<double>(back[c][j])) < 1e-14);
        }
      }
    }
  }
}

namespace {

/// The largest error of any column, relative to the largest norm that its terms could have: that of the weighted mean
/// of the terms' norms.
double error(const RowMatrix& found, const RowMatrix& right, double scale) {
  REQUIRE(found.allFinite());
  return (found - right).colwise().norm().maxCoeff() / scale;
}

/// The largest errors of a kernel against the reference: ln Z, mean, back.
struct Errors {
  double log_partition, mean, back;
};
Errors errors(PairSettings settings, const PairScores& scores, const RowMatrix& v, const RowMatrix& u,
              const Results& right, double most_received) {
  Results found;
  PairSums sums(settings);
  sums.partition(scores, found.rows);
  const auto log_partition = [](const PartitionSums& rows) {
    return Vector(rows.sum.array().log() + rows.shift.array());
  };
  const double partition_error = (log_partition(found.rows) - log_partition(right.rows)).cwiseAbs().maxCoeff();
  sums.attend(scores, v, found.rows, found.mean);
  sums.attend_back(scores, found.rows, u, found.back);
  REQUIRE(found.rows.sum.allFinite());
  REQUIRE(found.rows.sum.minCoeff() > 0);
  return {std::max(partition_error, (log_partition(found.rows) - log_partition(right.rows)).cwiseAbs().maxCoeff()),
          error(found.mean, right.mean, v.colwise().norm().maxCoeff()),
          error(found.back, right.back, u.colwise().norm().maxCoeff() * std::max(1.0, most_received))};
}

std::vector<PairSettings> kernels() {
  using Precision = PairSettings::Precision;
  std::vector<PairSettings> all;
  for (const InstructionSet instructions : instruction_sets()) {
    for (const Precision precision : {Precision::double_precision, Precision::single_precision}) {
      all.push_back({PairSettings::Kernel::fast, instructions, precision});
    }
  }
  return all;
}

/// What an error may be, where rounding the largest score |z| changes a weight by |z|·ε.
double allowed(const PairSettings& settings, double largest_score) {
  return settings.precision == PairSettings::Precision::double_precision ? 1e-13 * std::max(1.0, largest_score / 100)
                                                                         : 2e-6 * std::max(1.0, largest_score);
}

std::string name_of(const PairSettings& settings) {
  return fmt::format("{} {} {}", settings.instructions == InstructionSet::avx512 ? "AVX-512" : "AVX2",
                     settings.precision == PairSettings::Precision::double_precision ? "double" : "single",
                     settings.parallel ? "parallel" : "serial");
}

/// All kernels.
void check(const PairScores& scores, const RowMatrix& v, const RowMatrix& u, double largest_score) {
  Results right;
  RowMatrix received;  // Σ_i A_ij
  attend_reference(scores, v, right.rows, right.mean);
  attend_back_reference(scores, right.rows, u, right.back);
  attend_back_reference(scores, right.rows, RowMatrix::Ones(1, v.cols()), received);
  for (const PairSettings& settings : kernels()) {
    const Errors e = errors(settings, scores, v, u, right, received.maxCoeff());
    INFO(name_of(settings) << ", " << name_of(scores.mask) << ", n = " << v.cols() << ", d = " << scores.queries->rows()
                           << ", values " << v.rows() << ", beta = " << scores.beta
                           << (scores.symmetric() ? ", symmetric" : ""));
    const double bound = allowed(settings, largest_score);
    CHECK(e.log_partition < bound);
    CHECK(e.mean < bound);
    CHECK(e.back < bound);
  }
}

}  // namespace

TEST_CASE("Pair sums: every kernel, instruction set, precision and mask agrees with the reference") {
  RandomStream random(2, 0, "kernels");
  for (const Index n : {1, 2, 3, 33, 64, 131}) {
    for (const auto& [dim, value_dim] :
         {std::pair<Index, Index>{1, 1}, {2, 2}, {3, 5}, {4, 1}, {7, 4}, {16, 16}, {33, 20}}) {
      const RowMatrix q = normal_columns(dim, n, random), k = normal_columns(dim, n, random);
      const RowMatrix v = normal_columns(value_dim, n, random), u = normal_columns(value_dim + 1, n, random);
      const double largest = 1.2 * (q.transpose() * k).cwiseAbs().maxCoeff() / std::sqrt(dim);
      for (const PairMask& mask : masks()) {
        check({1.2 / std::sqrt(dim), mask, &q, &k}, v, u, largest);
      }
    }
  }
}

TEST_CASE("Pair sums: symmetric tiles agree with the reference") {
  RandomStream random(3, 0, "symmetric");
  for (const Index n : {1, 2, 3, 33, 64, 300}) {
    for (const auto& [dim, value_dim] :
         {std::pair<Index, Index>{1, 1}, {2, 2}, {3, 3}, {4, 5}, {8, 8}, {10, 2}, {16, 24}, {40, 33}}) {
      const RowMatrix x = unit_columns(dim, n, random), v = normal_columns(value_dim, n, random);
      const RowMatrix u = normal_columns(value_dim + 2, n, random);
      for (const double beta : {0.0, 1.0, 9.0, 1000.0}) {
        check({beta, {}, &x, &x}, v, u, beta);
      }
    }
  }
}

TEST_CASE("Pair sums: no score is too large, long rows of large and small ones included") {
  RandomStream random(4, 0, "extremes");
  const Index n = 70;
  RowMatrix x = unit_columns(2, n, random);
  x.col(1) = -x.col(0);  // antipodal
  x.col(2) = x.col(0);   // coincident
  const RowMatrix same = x.col(3).replicate(1, n), v = normal_columns(2, n, random);
  const RowMatrix long_queries = 30 * x, short_keys = 1e-3 * normal_columns(2, n, random);
  for (const double beta : {0.0, 1.0, 60.0, 1000.0, -3.0}) {
    check({beta, {}, &x, &x}, v, v, std::abs(beta));
    check({beta, {}, &same, &same}, v, v, std::abs(beta));
    const RowMatrix copy = x;
    check({beta, {}, &x, &copy}, v, v, std::abs(beta));
    check({beta, {.causal = true}, &x, &x}, v, v, std::abs(beta));
    check({beta, {}, &long_queries, &copy}, v, v, 30 * std::abs(beta));
    check({beta, {.causal = true}, &long_queries, &short_keys}, v, v, std::abs(beta));
  }
  for (const PairSettings& settings : kernels()) {
    for (const double beta : {1e6, 1e12, 1e15, 1e18, 1e200}) {  // right or not, no number overflows
      PartitionSums rows;
      RowMatrix mean;
      PairSums(settings).attend({beta, {}, &x, &x}, v, rows, mean);
      CHECK(mean.allFinite());
      CHECK(mean.colwise().norm().maxCoeff() <= v.colwise().norm().maxCoeff() * (1 + 1e-5));
    }
  }
}

TEST_CASE("Pair sums: permuting the tokens permutes, rotating them rotates") {
  RandomStream random(5, 0, "symmetries");
  const Index n = 97, dim = 5;
  const RowMatrix x = unit_columns(dim, n, random);
  const RowMatrix rotation = Eigen::HouseholderQR<Matrix>(normal_columns(dim, dim, random)).householderQ();
  Eigen::PermutationMatrix<Eigen::Dynamic> permutation(n);
  permutation.setIdentity();
  for (int i = static_cast<int>(n) - 1; i > 0; --i) {
    permutation.applyTranspositionOnTheRight(i, static_cast<Index>(random.below(static_cast<std::uint64_t>(i) + 1)));
  }
  const RowMatrix moved = rotation * x * permutation;
  for (const PairSettings& settings : kernels()) {
    if (settings.precision == PairSettings::Precision::single_precision) continue;
    PairSums sums(settings);
    PartitionSums rows, moved_rows;
    RowMatrix mean, moved_mean;
    sums.attend({4.0, {}, &x, &x}, x, rows, mean);
    sums.attend({4.0, {}, &moved, &moved}, moved, moved_rows, moved_mean);
    CHECK((moved_mean - rotation * mean * permutation).cwiseAbs().maxCoeff() < 1e-13);
    CHECK((moved_rows.sum.transpose() - rows.sum.transpose() * permutation).cwiseAbs().maxCoeff() < 1e-12);
  }
}

TEST_CASE("Pair sums: threads do not change a bit") {
  RandomStream random(6, 0, "threads");
  const Index n = 300;
  const RowMatrix x = unit_columns(3, n, random), k = normal_columns(3, n, random);
  for (PairSettings settings : kernels()) {
    for (const RowMatrix* keys : {&x, &k}) {
      const PairScores scores{2.0, {}, &x, keys};
      Results serial, threaded;
      for (Results* results : {&serial, &threaded}) {
        settings.parallel = results == &threaded;
        PairSums sums(settings);
        const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 2);
        sums.attend(scores, x, results->rows, results->mean);
        sums.attend_back(scores, results->rows, x, results->back);
      }
      INFO(name_of(settings));
      CHECK(serial.rows.sum == threaded.rows.sum);
      CHECK(serial.mean == threaded.mean);
      CHECK(serial.back == threaded.back);
    }
  }
}

namespace {

/// The largest relative error of the kernels' exponential, over scores from `lowest` to 0.
template <class Scalar>
double exponential_error(const PairKernels<Scalar>& kernels) {
  const Index count = 1 << 16;
  std::vector<Scalar> y(count), w;
  for (Index i = 0; i < count; ++i) y[i] = static_cast<Scalar>(kernels.lowest * static_cast<double>(i) / (count - 1));
  w = y;
  kernels.exponentials(count, w.data());
  long double largest = 0;
  for (Index i = 0; i < count; ++i) {
    // score_units is a power of 2 times log2 e: e^{y/score_units} = 2^{y/power}.
    const auto power = static_cast<long double>(std::round(kernels.score_units * std::numbers::ln2));
    const long double right = std::exp2(static_cast<long double>(y[i]) / power);
    largest = std::max(largest, std::abs(w[i] / right - 1));
  }
  CHECK(w[0] == 1);
  return static_cast<double>(largest);
}

}  // namespace

TEST_CASE("Pair sums: the exponential of the kernels") {
  for (const InstructionSet instructions : instruction_sets()) {
    CHECK(exponential_error(pair_kernels<double>(instructions)) < 5e-16);
    CHECK(exponential_error(pair_kernels<float>(instructions)) < 1.6e-7);
  }
}

TEST_CASE("Pair sums: wrong arguments are named") {
  const RowMatrix x = RowMatrix::Ones(2, 3), y = RowMatrix::Ones(2, 4), empty;
  PartitionSums rows;
  RowMatrix mean;
  PairSums sums;
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(sums.attend({1, {}, &x, &y}, x, rows, mean), Contains("scores.keys 2 x 4"));
  CHECK_THROWS_WITH(sums.attend({1, {}, &x, &x}, y, rows, mean), Contains("values is 2 x 4"));
  CHECK_THROWS_WITH(sums.partition({1, {}, &empty, &empty}, rows), Contains("must be d x n, not 0"));
  CHECK_THROWS_WITH(sums.partition({NAN, {}, &x, &x}, rows), Contains("scores.beta = nan"));
  CHECK_THROWS_WITH(sums.partition({1, {.window = -1}, &x, &x}, rows), Contains("window = -1"));
  CHECK_THROWS_WITH(sums.attend_back({1, {}, &x, &x}, rows, x, mean), Contains("rows has 0 sums"));
}

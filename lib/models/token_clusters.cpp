#include <softmech/models/token_clusters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace softmech {

namespace {

using Labels = std::vector<std::int64_t>;

void require_cosine(double cosine) {
  if (!(cosine > -1 && cosine < 1)) {
    throw std::invalid_argument(
        fmt::format("cosine = {}: the threshold of a link must lie between -1 and 1; try 0.99", cosine));
  }
}

std::vector<Eigen::Index> descending(std::vector<Eigen::Index> sizes) {
  std::erase(sizes, 0);
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  return sizes;
}

// On the circle, tokens between two linked ones are linked to both: clusters end where neighbors are not linked.
std::vector<Eigen::Index> sizes_on_circle(const RowMatrixView& x, double cosine) {
  const Eigen::Index n = x.rows();
  const Vector angles = Vector::NullaryExpr(n, [&](Eigen::Index i) { return std::atan2(x(i, 1), x(i, 0)); });
  std::vector<Eigen::Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](Eigen::Index i, Eigen::Index j) { return angles[i] < angles[j]; });
  std::vector<Eigen::Index> sizes{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    ++sizes.back();
    const bool last = i + 1 == order.size();
    const bool linked = x.row(order[i]).dot(x.row(order[last ? 0 : i + 1])) >= cosine;
    if (!last && !linked) sizes.push_back(0);
    if (last && linked && sizes.size() > 1) {  // the cluster across ±π was counted in two parts
      sizes.front() += sizes.back();
      sizes.pop_back();
    }
  }
  return descending(std::move(sizes));
}

// Components with a label for every token. In place of a forest the labels are flat, so that "is there a link to
// another component?" is answered for many tokens at once; the n − 1 unions relabel.
class Components {
 public:
  explicit Components(Eigen::Index n) : labels_(static_cast<std::size_t>(n)), sizes_(labels_.size(), 1), count_(n) {
    std::iota(labels_.begin(), labels_.end(), 0);
  }

  // Links token i to the tokens first + j, j < n, whose cosine with i is at least the threshold.
  void link(Eigen::Index i, Eigen::Index first, const double* cosines, Eigen::Index n, double threshold) {
    constexpr Eigen::Index chunk = 64;
    const std::int64_t* labels = labels_.data() + first;
    for (Eigen::Index begin = 0; begin < n; begin += chunk) {
      const Eigen::Index end = std::min(n, begin + chunk);
      const std::int64_t own = labels_[static_cast<std::size_t>(i)];
      std::int64_t links = 0;
      for (Eigen::Index j = begin; j < end; ++j) {
        links |= static_cast<std::int64_t>(cosines[j] >= threshold) & static_cast<std::int64_t>(labels[j] != own);
      }
      if (links == 0) continue;
      for (Eigen::Index j = begin; j < end; ++j) {
        if (cosines[j] >= threshold) unite(labels_[static_cast<std::size_t>(i)], labels[j]);
      }
    }
  }

  Eigen::Index count() const { return count_; }
  std::vector<Eigen::Index> sizes() const { return descending(sizes_); }

 private:
  void unite(std::int64_t a, std::int64_t b) {
    if (a == b) return;
    std::replace(labels_.begin(), labels_.end(), b, a);
    sizes_[static_cast<std::size_t>(a)] += std::exchange(sizes_[static_cast<std::size_t>(b)], 0);
    --count_;
  }

  Labels labels_;
  std::vector<Eigen::Index> sizes_;
  Eigen::Index count_;
};

}  // namespace

std::vector<Eigen::Index> cluster_sizes(const RowMatrixView& x, double cosine) {
  require_cosine(cosine);
  const Eigen::Index n = x.rows();
  if (n < 1) throw std::invalid_argument("tokens = 0: clusters need at least one");
  if (x.cols() == 2) return sizes_on_circle(x, cosine);
  constexpr Eigen::Index block = 64;
  Components components(n);
  RowMatrix cosines;
  for (Eigen::Index first = 0; first < n && components.count() > 1; first += block) {
    const Eigen::Index rows = std::min(block, n - first);
    cosines.noalias() = x.middleRows(first, rows) * x.bottomRows(n - first).transpose();
    for (Eigen::Index i = 0; i < rows; ++i) {
      components.link(first + i, first, cosines.row(i).data(), cosines.cols(), cosine);
    }
  }
  return components.sizes();
}

Eigen::Index cluster_count(const RowMatrixView& x, double cosine) { return std::ssize(cluster_sizes(x, cosine)); }

MergeEvents::MergeEvents(Eigen::Index tokens, double cosine) : cosine_(cosine), count_(tokens), fewest_(tokens) {
  require_cosine(cosine);
  if (tokens < 1) throw std::invalid_argument(fmt::format("tokens = {}: must be at least 1; try 32", tokens));
  depths_ = Vector::Constant(tokens - 1, std::numeric_limits<double>::quiet_NaN());
}

std::vector<Eigen::Index> MergeEvents::feed(double t, const RowMatrixView& positions) {
  const Eigen::Index n = depths_.size() + 1;
  if (positions.rows() != n) {
    throw std::invalid_argument(
        fmt::format("positions of {} tokens: must be of {}, those the events were set up for", positions.rows(), n));
  }
  if (!std::isfinite(t)) throw std::invalid_argument(fmt::format("depth = {}: must be finite", t));
  std::vector<Eigen::Index> sizes = cluster_sizes(positions, cosine_);
  count_ = std::ssize(sizes);
  for (; fewest_ > count_; --fewest_) depths_[n - fewest_] = t;
  return sizes;
}

std::vector<double> MergeEvents::save() const {
  std::vector<double> saved{static_cast<double>(count_), static_cast<double>(fewest_)};
  saved.insert(saved.end(), depths_.begin(), depths_.end());
  return saved;
}

void MergeEvents::restore(std::span<const double> saved) {
  if (std::ssize(saved) != depths_.size() + 2) {
    throw std::invalid_argument(fmt::format("saved merge events: {} numbers, must be {}; they are of other tokens",
                                            saved.size(), depths_.size() + 2));
  }
  count_ = static_cast<Eigen::Index>(saved[0]);
  fewest_ = static_cast<Eigen::Index>(saved[1]);
  std::copy(saved.begin() + 2, saved.end(), depths_.begin());
}

}  // namespace softmech

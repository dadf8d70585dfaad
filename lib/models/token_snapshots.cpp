#include <softmech/models/token_snapshots.hpp>

#include <softmech/models/token_modes.hpp>

namespace softmech {

void TokenSnapshots::sample(double t, const TokenMotion& motion, const State& state) {
  RowMatrix x = motion.directions(state);
  const TokenWeights& weights = motion.field().weights();
  if (rotating_) x = turned(std::move(x), weights.rotary, rotary_share(weights));
  if (frame_.size() == 0) frame_ = order_frame(x);
  const Matrix parts = x * frame_;
  record_.begin(t);
  record_.sample("longitudinal", parts.col(0), "part of the tokens along the order");
  record_.sample_directions("transverse", parts.rightCols(parts.cols() - 1), "parts of the tokens across the order");
}

std::vector<double> TokenSnapshots::save() const {
  std::vector<double> saved{static_cast<double>(frame_.rows())};
  saved.insert(saved.end(), frame_.data(), frame_.data() + frame_.size());
  return saved;
}

void TokenSnapshots::restore(std::span<const double>& saved) {
  const auto rows = static_cast<Eigen::Index>(saved.front());
  frame_ = Eigen::Map<const Matrix>(saved.data() + 1, rows, rows);
  saved = saved.subspan(static_cast<std::size_t>(1 + rows * rows));
}

}  // namespace softmech

#include <softmech/learning/learning_record.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <string_view>

namespace softmech {
namespace {

/// In double precision, in sums that the compiler can do side by side.
template <class Scalar>
double sum_of_squares(const Scalar* numbers, Eigen::Index count) {
  constexpr Eigen::Index lanes = 16;
  double sums[lanes] = {};
  Eigen::Index i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (Eigen::Index lane = 0; lane < lanes; ++lane) {
      const double number = numbers[i + lane];
      sums[lane] += number * number;
    }
  }
  for (; i < count; ++i) sums[i % lanes] += static_cast<double>(numbers[i]) * static_cast<double>(numbers[i]);
  return std::accumulate(sums, sums + lanes, 0.0);
}

}  // namespace

void record_loss(Series& series, Side side, const BatchLoss& loss) {
  const std::string name = side == Side::train ? "train" : "test";
  const std::string of = side == Side::train ? "training pairs" : "recorded held-out pairs";
  series.record(name + "_loss", loss.loss, fmt::format("mean cross entropy over {}, in nats", of));
  series.record(name + "_accuracy", loss.accuracy, fmt::format("share of {} answered right", of));
}

void record_heads(Series& series, Side side, const std::vector<HeadThermodynamics>& heads, const Axis& head) {
  const std::string_view suffix = side == Side::train ? "" : "_test";
  const std::string_view on = side == Side::train ? "training inputs" : "held-out inputs";
  const HeadThermodynamics mean = mean_over_heads(heads);
  Vector by_head(static_cast<Eigen::Index>(heads.size()));
  for (const HeadQuantity& quantity : head_quantities()) {
    const std::string name = fmt::format("{}{}", quantity.name, suffix);
    for (std::size_t i = 0; i < heads.size(); ++i) by_head[static_cast<Eigen::Index>(i)] = heads[i].*quantity.value;
    series.record(name, mean.*quantity.value, fmt::format("{}, mean over heads, {}", quantity.meaning, on));
    series.record(name + "_by_head", by_head, head, fmt::format("{}, {}", quantity.meaning, on));
  }
}

template <class Scalar>
void record_norms(Series& series, const ParameterLayout& layout, const Parameters<Scalar>& parameters,
                  const Parameters<Scalar>& gradient) {
  double all = 0, embedding = 0, attention = 0, mlp = 0;
  for (const Tensor& tensor : layout.tensors()) {
    const double square = sum_of_squares(parameters.data() + tensor.offset, tensor.size);
    all += square;
    if (tensor.name.find(".attn.") != std::string::npos) attention += square;
    if (tensor.name.find(".mlp.") != std::string::npos) mlp += square;
    if (tensor.name.find("embed.") != std::string::npos) embedding += square;  // embed., pos_embed. and unembed.
  }
  series.record("weight_norm", std::sqrt(all), "norm of all parameters");
  series.record("weight_norm_embedding", std::sqrt(embedding), "norm of W_E, W_pos and W_U");
  series.record("weight_norm_attention", std::sqrt(attention), "norm of W_Q, W_K, W_V and W_O of all layers");
  series.record("weight_norm_mlp", std::sqrt(mlp), "norm of W_in, b_in, W_out and b_out of all layers");
  series.record("gradient_norm", std::sqrt(sum_of_squares(gradient.data(), gradient.size())),
                "norm of the gradient of the batch");
}

template void record_norms(Series&, const ParameterLayout&, const Parameters<float>&, const Parameters<float>&);
template void record_norms(Series&, const ParameterLayout&, const Parameters<double>&, const Parameters<double>&);

}  // namespace softmech

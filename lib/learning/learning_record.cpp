#include <softmech/learning/learning_record.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace softmech {

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

void record_norms(Series& series, const ParameterLayout& layout,
                  const Eigen::Ref<const Parameters<double>>& parameters) {
  double embedding = 0, attention = 0, mlp = 0;
  for (const Tensor& tensor : layout.tensors()) {
    const double square = parameters.segment(tensor.offset, tensor.size).square().sum();
    if (tensor.name.find(".attn.") != std::string::npos) attention += square;
    if (tensor.name.find(".mlp.") != std::string::npos) mlp += square;
    if (tensor.name.find("embed.") != std::string::npos) embedding += square;  // embed., pos_embed. and unembed.
  }
  series.record("weight_norm", parameters.matrix().norm(), "norm of all parameters");
  series.record("weight_norm_embedding", std::sqrt(embedding), "norm of W_E, W_pos and W_U");
  series.record("weight_norm_attention", std::sqrt(attention), "norm of W_Q, W_K, W_V and W_O of all layers");
  series.record("weight_norm_mlp", std::sqrt(mlp), "norm of W_in, b_in, W_out and b_out of all layers");
}

}  // namespace softmech

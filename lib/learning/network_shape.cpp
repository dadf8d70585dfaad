#include <softmech/learning/network_shape.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace softmech {

void NetworkSettings::declare(Keys& keys) {
  keys.add("model.layers", layers, "layers", {.at_least = 1, .at_most = 100, .sweep = true});
  keys.add("model.heads", heads, "attention heads per layer", {.at_least = 1, .at_most = 1024, .sweep = true});
  keys.add("model.width", width, "components of the residual stream, d_model",
           {.at_least = 1, .at_most = 1e5, .sweep = true});
  keys.add("model.head_dim", head_dim, "components of a head's queries and keys: T = sqrt(head_dim)",
           {.at_least = 1, .at_most = 1e4, .sweep = true});
  keys.add("model.mlp_width", mlp_width, "hidden units of the MLP; 0: attention only",
           {.at_least = 0, .at_most = 1e6, .sweep = true});
  keys.add("model.activation", activation, "activation of the hidden units",
           {.words = {"relu", "gelu"}, .sweep = true});
  keys.add("model.normalization", normalization, "normalization before attention, MLP and unembedding",
           {.words = {"none", "layer", "rms"}, .sweep = true});
  keys.add("model.position_code", position_code, "how positions enter: learned vectors, or rotary queries and keys",
           {.words = {"learned", "rope", "none"}, .sweep = true});
  keys.add("model.rope_base", rope_base, "base of the rotary frequencies", {.above = 1, .at_most = 1e9, .sweep = true});
  keys.add("model.causal", causal, "whether a token attends to earlier tokens and itself only", {.sweep = true});
  keys.add("model.tokens", tokens, "the sequence; the answer is read off at its last token",
           {.words = {"a b =", "a b"}, .sweep = true});
  keys.add("model.init_scale", init_scale, "factor on the usual initial standard deviations",
           {.above = 0, .at_most = 1e3, .sweep = true});
  attention.declare(keys);
}

void NetworkSettings::check() const {
  if (position_code == "rope" && head_dim % 2 != 0) {
    throw std::invalid_argument(
        fmt::format("model.head_dim is {}: must be even with model.position_code = \"rope\", which turns pairs of "
                    "components; try {}",
                    head_dim, head_dim + 1));
  }
}

NetworkShape NetworkSettings::shape(std::int64_t modulus) const {
  NetworkShape shape;
  shape.layers = layers;
  shape.heads = heads;
  shape.width = width;
  shape.head_dim = head_dim;
  shape.mlp_width = mlp_width;
  shape.activation = activation == "gelu" ? Activation::gelu : Activation::relu;
  shape.normalization = normalization == "layer" ? Normalization::layer
                        : normalization == "rms" ? Normalization::rms
                                                 : Normalization::none;
  shape.position_code = position_code == "rope"   ? PositionCode::rope
                        : position_code == "none" ? PositionCode::none
                                                  : PositionCode::learned;
  shape.rope_base = rope_base;
  shape.causal = causal;
  shape.attention = attention.op();
  const bool with_equals = tokens == "a b =";
  shape.positions = with_equals ? 3 : 2;
  shape.vocabulary = modulus + (with_equals ? 1 : 0);
  return shape;
}

}  // namespace softmech

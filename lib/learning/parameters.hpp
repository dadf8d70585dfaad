// The parameters of a network: named tensors in one array, so that an optimizer sees numbers and a network sees
// tensors.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/learning/network_shape.hpp>

#include <Eigen/Core>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The parameters of a network, or numbers that belong to them one by one: gradients, moments of an optimizer.
template <class Scalar>
using Parameters = Eigen::Array<Scalar, Eigen::Dynamic, 1>;

struct Tensor {
  std::string name;                 ///< as TransformerLens names it: "blocks.0.attn.W_Q"
  std::vector<Eigen::Index> shape;  ///< row-major: [head, d_model, d_head] for W_Q
  Eigen::Index offset = 0, size = 0;
};

/// Where the tensors lie in the array. Each begins at a multiple of 64 bytes; what is between them stays zero.
///
/// embed.W_E [vocabulary, width]; pos_embed.W_pos [position, width] if learned; per layer l: blocks.l.ln1.w, .b
/// [width], blocks.l.attn.W_Q, W_K, W_V [head, width, head_dim], W_O [head, head_dim, width], blocks.l.ln2.w, .b,
/// blocks.l.mlp.W_in [width, mlp_width], b_in, W_out [mlp_width, width], b_out; ln_final.w, .b; unembed.W_U [width,
/// vocabulary]. ln*.w exist with a normalization, ln*.b with LayerNorm, mlp.* with an MLP.
class ParameterLayout {
 public:
  explicit ParameterLayout(const NetworkShape& shape);

  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// Throws std::out_of_range for a name that does not exist.
  const Tensor& operator[](std::string_view name) const;
  /// The length of the array, gaps included.
  Eigen::Index size() const { return size_; }
  /// The number of parameters, gaps not counted.
  Eigen::Index count() const;

 private:
  void add(std::string name, std::vector<Eigen::Index> shape);

  std::vector<Tensor> tensors_;
  Eigen::Index size_ = 0;
};

/// Independent normal numbers with mean 0 and standard deviation `scale`/√width, for W_U `scale`/√vocabulary (Nanda et
/// al. 2023); biases 0, weights of normalizations 1. `random` gives a stream for a purpose (Member::random); every
/// tensor has its own, named like the tensor, so it does not depend on which others exist.
Parameters<double> initial_parameters(const ParameterLayout& layout, const NetworkShape& shape, double scale,
                                      const std::function<RandomStream(std::string_view purpose)>& random);

}  // namespace softmech

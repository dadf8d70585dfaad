// One layer of a transformer, on a tile of examples: attention, then MLP, forward and backward.
#pragma once

#include <softmech/learning/network_parts.hpp>
#include <softmech/learning/parameters.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace softmech {

template <class Scalar>
using WeightsView = Eigen::Map<Rows<Scalar>>;
template <class Scalar>
using ConstWeightsView = Eigen::Map<const Rows<Scalar>>;

/// A tensor, or a part of one, as a matrix.
template <class Scalar>
WeightsView<Scalar> weights_at(Parameters<Scalar>& parameters, Eigen::Index place, Eigen::Index rows,
                               Eigen::Index columns) {
  return {parameters.data() + place, rows, columns};
}
template <class Scalar>
ConstWeightsView<Scalar> weights_at(const Parameters<Scalar>& parameters, Eigen::Index place, Eigen::Index rows,
                                    Eigen::Index columns) {
  return {parameters.data() + place, rows, columns};
}

/// n(x) of a network, the identity without normalization.
template <class Scalar>
class NormalizationStep {
 public:
  using Index = Eigen::Index;

  /// `name` is "blocks.0.ln1", "ln_final", ...
  NormalizationStep(const NetworkShape& shape, const ParameterLayout& layout, const std::string& name);
  void resize(Index rows, Index width);

  ConstRows<Scalar> forward(const Parameters<Scalar>& parameters, ConstRows<Scalar> x);
  /// n(x) again, after the forward pass.
  ConstRows<Scalar> of(ConstRows<Scalar> x) const;
  /// Adds to dx what comes through n(x), given ∂L/∂n(x), which is overwritten.
  void backward(const Parameters<Scalar>& parameters, MutableRows<Scalar> d_out, MutableRows<Scalar> dx,
                Parameters<Scalar>& gradient) const;

 private:
  Normalization kind_;
  Index weight_ = 0, bias_ = 0;  // places
  Normalized<Scalar> state_;
};

/// Gradients on their way back, of one layer after the other. Query rows: see NetworkLayer.
template <class Scalar>
struct BackwardRows {
  Rows<Scalar> dx;            // [row, width]  residual stream
  Rows<Scalar> d_normalized;  // [row, width]
  Rows<Scalar> d_mixed;       // [query row, head · head_dim]
  Rows<Scalar> d_weights;     // [query row, head · position]
  Rows<Scalar> dq;            // [query row, head · head_dim]
  Rows<Scalar> dkv;           // [row, 2 · head · head_dim]
  Rows<Scalar> d_hidden;      // [query row, mlp_width]

  BackwardRows(const NetworkShape& shape, Eigen::Index examples);
};

/// n examples of a tile have n · positions rows; the query rows are those of the last `query_positions` positions,
/// whose attention and MLP are computed: all of them, or in a network's last layer the last one only.
template <class Scalar>
class NetworkLayer {
 public:
  using Index = Eigen::Index;

  /// What attention sees.
  struct Input {
    Rows<Scalar> x;                 // [row, width]                residual stream
    NormalizationStep<Scalar> ln1;  // [row, width]
    Rows<Scalar> q;                 // [row, head · head_dim]      of the query rows, from the top
    Rows<Scalar> kv;                // [row, 2 · head · head_dim]  keys, then values

    void resize(const NetworkShape& shape, Index rows);
  };

  NetworkLayer(const NetworkShape& shape, const ParameterLayout& layout, std::int64_t number, Index query_positions,
               Index largest_tile);

  Index query_positions() const { return query_positions_; }
  Input& input() { return input_; }
  Input empty_input() const { return {{}, input_.ln1, {}, {}}; }

  /// Sets W_Q, W_K, W_V side by side, as one matrix product wants them, and their gradients to zero.
  void pack(const Parameters<Scalar>& parameters);
  void unpack_gradient(Parameters<Scalar>& gradient) const;

  /// q = n(x) W_Q, k = n(x) W_K, v = n(x) W_V of n examples, q of the last `query_positions`; RoPE turns q and k.
  void project(const Parameters<Scalar>& parameters, Input& input, Index n, Index query_positions) const;
  /// Adds to dx; dq and dkv are overwritten.
  void project_backward(const Parameters<Scalar>& parameters, const Input& input, Index n, MutableRows<Scalar> dq,
                        MutableRows<Scalar> dkv, MutableRows<Scalar> dx, Rows<Scalar>& d_normalized,
                        Parameters<Scalar>& gradient);

  /// y = x + Σ_h Σ_j A^h_ij v^h_j W_O^h in the query rows, from q, k, v.
  void attention(const Parameters<Scalar>& parameters, Index n);
  /// back.dx: in the query rows ∂L/∂y; then ∂L/∂x in all rows, but for what comes through q, k and v: dq, dkv.
  void attention_backward(const Parameters<Scalar>& parameters, Index n, BackwardRows<Scalar>& back,
                          Parameters<Scalar>& gradient) const;

  /// out = y + φ(n(y) W_in + b_in) W_out + b_out in the query rows.
  void mlp(const Parameters<Scalar>& parameters, Index n, Rows<Scalar>& out);
  /// back.dx in the query rows: ∂L/∂out, then ∂L/∂y.
  void mlp_backward(const Parameters<Scalar>& parameters, Index n, BackwardRows<Scalar>& back,
                    Parameters<Scalar>& gradient);

  /// The scores of all queries, from q and k of all rows.
  void scores(std::int64_t number, Index n, Index first_example, AttentionScores<Scalar>& scores) const;

 private:
  /// None with ReLU.
  MutableRows<Scalar> slope(Index rows) { return slope_.topRows(std::min(rows, slope_.rows())); }

  NetworkShape shape_;
  Index query_positions_, head_width_;
  Index w_qkv_places_[3], w_o_, w_in_ = 0, b_in_ = 0, w_out_ = 0, b_out_ = 0;
  std::optional<RotaryTable<Scalar>> rotary_;

  Rows<Scalar> w_qkv_, d_w_qkv_;  // [width, 3 · head · head_dim]
  Input input_;
  Rows<Scalar> weights_;                          // [query row, head · position]
  Rows<Scalar> mixed_;                            // [query row, head · head_dim]
  Rows<Scalar> y_;                                // [query row, width]  residual stream before the MLP
  std::optional<NormalizationStep<Scalar>> ln2_;  // [query row, width]
  Rows<Scalar> hidden_;                           // [query row, mlp_width]
  Rows<Scalar> slope_;                            // [query row, mlp_width]  GELU only
};

}  // namespace softmech

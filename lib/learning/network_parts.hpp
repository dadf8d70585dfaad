// The components of a transformer between its matrix products, forward and backward in pairs.
#pragma once

#include <softmech/learning/network.hpp>
#include <softmech/learning/network_shape.hpp>

#include <Eigen/Core>

#include <cstdint>

namespace softmech {

// A tile of n examples is computed at a time. Its arrays have one row per token; row i·n + e is the token at position i
// of example e, so that the tokens at one position are neighbors and the last ones are the bottom rows. Row-major.

template <class Scalar>
using Rows = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class Scalar>
using ConstRows = Eigen::Ref<const Rows<Scalar>>;
template <class Scalar>
using MutableRows = Eigen::Ref<Rows<Scalar>>;

// ---- Normalization: out = unit · w (+ b), with unit = (x - mean x)/√(var x + ε), or x/√(mean x² + ε) ----

/// What a normalization makes and its backward pass needs.
template <class Scalar>
struct Normalized {
  Rows<Scalar> unit;                               // [row, width]
  Eigen::Matrix<Scalar, Eigen::Dynamic, 1> scale;  // [row] 1/√(... + ε)
  Rows<Scalar> out;                                // [row, width]

  void resize(Eigen::Index rows, Eigen::Index width);
};

/// Fills the first rows of `state` from all rows of x. `bias` may be null.
template <class Scalar>
void normalize(Normalization kind, ConstRows<Scalar> x, const Scalar* weight, const Scalar* bias,
               Normalized<Scalar>& state);
/// Adds ∂L/∂x to dx, and the gradients of weight and bias to theirs, given ∂L/∂out, which is overwritten.
template <class Scalar>
void normalize_backward(Normalization kind, const Normalized<Scalar>& state, const Scalar* weight,
                        MutableRows<Scalar> d_out, MutableRows<Scalar> dx, Scalar* d_weight, Scalar* d_bias);

// ---- RoPE: the pair (c, c + d_h/2) of every head, at position i, turned by i·base^{-2c/d_h} ----

template <class Scalar>
struct RotaryTable {
  Rows<Scalar> cosine, sine;  // [position, head_dim/2]

  explicit RotaryTable(const NetworkShape& shape);
};

/// Turns the rows, [row, head · head_dim], of the last positions of `examples` examples.
template <class Scalar>
void rotate(const RotaryTable<Scalar>& table, Eigen::Index examples, MutableRows<Scalar> rows);
/// The transpose: turns back.
template <class Scalar>
void rotate_backward(const RotaryTable<Scalar>& table, Eigen::Index examples, MutableRows<Scalar> rows);

// ---- Attention: weights = op(z), z = ⟨q, k⟩/√d_h, mixed = Σ_j weights_j v_j, head by head ----

/// Queries are the last positions, as many as q has rows for; keys and values all positions.
template <class Scalar>
void attend(const NetworkShape& shape, ConstRows<Scalar> q,  // [query row, head · head_dim]
            ConstRows<Scalar> k, ConstRows<Scalar> v,        // [row, head · head_dim]
            MutableRows<Scalar> weights,                     // [query row, head · position]
            MutableRows<Scalar> mixed);                      // [query row, head · head_dim]
/// Overwrites dq, dk, dv; d_weights is room to work in, as large as weights.
template <class Scalar>
void attend_backward(const NetworkShape& shape, ConstRows<Scalar> q, ConstRows<Scalar> k, ConstRows<Scalar> v,
                     ConstRows<Scalar> weights, ConstRows<Scalar> d_mixed, MutableRows<Scalar> d_weights,
                     MutableRows<Scalar> dq, MutableRows<Scalar> dk, MutableRows<Scalar> dv);
/// The scores z alone, all positions being queries: entries `first_example`... of every block of the layer.
template <class Scalar>
void fill_scores(const NetworkShape& shape, ConstRows<Scalar> q, ConstRows<Scalar> k, std::int64_t layer,
                 Eigen::Index first_example, AttentionScores<Scalar>& scores);

// ---- The activation of hidden units ----

/// hidden ← φ(hidden + bias); for GELU, slope ← φ'(hidden + bias).
template <class Scalar>
void activate(Activation kind, const Scalar* bias, MutableRows<Scalar> hidden, MutableRows<Scalar> slope);
/// ∂L/∂φ → the gradient of the argument, in place, and its sum over the rows added to d_bias.
template <class Scalar>
void activate_backward(Activation kind, ConstRows<Scalar> hidden, ConstRows<Scalar> slope, MutableRows<Scalar> d_hidden,
                       Scalar* d_bias);

// ---- Cross entropy ----

struct LossSum {
  double loss = 0;           ///< Σ -ln p(answer)
  std::int64_t correct = 0;  ///< rows whose largest logit is the answer's; of equal ones the first
};

/// Adds the rows' losses; logits, [row, vocabulary], become ∂(factor · loss)/∂logits.
template <class Scalar>
void cross_entropy(MutableRows<Scalar> logits, const std::int32_t* answers, Scalar factor, LossSum& sum);

}  // namespace softmech

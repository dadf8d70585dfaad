#include <softmech/attention/row_operator.hpp>
#include <softmech/learning/network_parts.hpp>

#include <unsupported/Eigen/SpecialFunctions>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace softmech {

using Eigen::Index;

namespace {

// Where an entry lies: the rest of its row follows.
template <class Matrix>
auto* at(Matrix& matrix, Index row, Index column) {
  return matrix.data() + row * matrix.outerStride() + column;
}

constexpr double normalization_epsilon = 1e-5;

template <class Scalar>
using Entries = Eigen::Array<Scalar, 1, Eigen::Dynamic>;
template <class Scalar>
using EntriesView = Eigen::Map<Entries<Scalar>>;
template <class Scalar>
using ConstEntriesView = Eigen::Map<const Entries<Scalar>>;

}  // namespace

// ---- Normalization ----

template <class Scalar>
void Normalized<Scalar>::resize(Index rows, Index width) {
  unit.resize(rows, width);
  scale.resize(rows);
  out.resize(rows, width);
}

template <class Scalar>
void normalize(Normalization kind, ConstRows<Scalar> x, const Scalar* weight, const Scalar* bias,
               Normalized<Scalar>& state) {
  const ConstEntriesView<Scalar> w(weight, x.cols());
  for (Index row = 0; row < x.rows(); ++row) {
    auto unit = state.unit.row(row).array();
    unit = x.row(row).array();
    if (kind == Normalization::layer) unit -= unit.mean();
    const Scalar scale = 1 / std::sqrt(unit.square().mean() + static_cast<Scalar>(normalization_epsilon));
    unit *= scale;
    state.scale[row] = scale;
    state.out.row(row).array() = unit * w;
    if (bias != nullptr) state.out.row(row).array() += ConstEntriesView<Scalar>(bias, x.cols());
  }
}

template <class Scalar>
void normalize_backward(Normalization kind, const Normalized<Scalar>& state, const Scalar* weight,
                        MutableRows<Scalar> d_out, MutableRows<Scalar> dx, Scalar* d_weight, Scalar* d_bias) {
  const Index width = dx.cols();
  const ConstEntriesView<Scalar> w(weight, width);
  EntriesView<Scalar> dw(d_weight, width);
  for (Index row = 0; row < dx.rows(); ++row) {
    const auto unit = state.unit.row(row).array();
    auto d_unit = d_out.row(row).array();
    dw += d_unit * unit;
    if (d_bias != nullptr) EntriesView<Scalar>(d_bias, width) += d_unit;
    d_unit *= w;
    const Scalar along = (d_unit * unit).mean();
    const Scalar shift = kind == Normalization::layer ? d_unit.mean() : 0;
    dx.row(row).array() += state.scale[row] * (d_unit - shift - unit * along);
  }
}

// ---- RoPE ----

template <class Scalar>
RotaryTable<Scalar>::RotaryTable(const NetworkShape& shape) {
  const Index half = shape.head_dim / 2;
  cosine.resize(shape.positions, half);
  sine.resize(shape.positions, half);
  for (Index position = 0; position < shape.positions; ++position) {
    for (Index c = 0; c < half; ++c) {
      const double exponent = -2 * static_cast<double>(c) / static_cast<double>(shape.head_dim);
      const double angle = static_cast<double>(position) * std::pow(shape.rope_base, exponent);
      cosine(position, c) = static_cast<Scalar>(std::cos(angle));
      sine(position, c) = static_cast<Scalar>(std::sin(angle));
    }
  }
}

namespace {

template <class Scalar>
void rotate_by(const RotaryTable<Scalar>& table, Scalar sign, Index examples, MutableRows<Scalar> rows) {
  const Index half = table.cosine.cols();
  const Index first = table.cosine.rows() - rows.rows() / examples;
  for (Index row = 0; row < rows.rows(); ++row) {
    const Scalar* cosine = table.cosine.row(first + row / examples).data();
    const Scalar* sine = table.sine.row(first + row / examples).data();
    for (Index head = 0; head < rows.cols(); head += 2 * half) {
      Scalar* left = at(rows, row, head);
      Scalar* right = left + half;
      for (Index c = 0; c < half; ++c) {
        const Scalar a = left[c], b = right[c];
        left[c] = cosine[c] * a - sign * sine[c] * b;
        right[c] = sign * sine[c] * a + cosine[c] * b;
      }
    }
  }
}

}  // namespace

template <class Scalar>
void rotate(const RotaryTable<Scalar>& table, Index examples, MutableRows<Scalar> rows) {
  rotate_by<Scalar>(table, 1, examples, rows);
}

template <class Scalar>
void rotate_backward(const RotaryTable<Scalar>& table, Index examples, MutableRows<Scalar> rows) {
  rotate_by<Scalar>(table, -1, examples, rows);
}

// ---- Attention ----

namespace {

template <class Scalar>
Scalar dot(const Scalar* a, const Scalar* b, Index size) {
  Scalar sum = 0;
#pragma omp simd reduction(+ : sum)
  for (Index c = 0; c < size; ++c) sum += a[c] * b[c];
  return sum;
}

// y += factor x.
template <class Scalar>
void add_multiple(Scalar factor, const Scalar* x, Scalar* y, Index size) {
#pragma omp simd
  for (Index c = 0; c < size; ++c) y[c] += factor * x[c];
}

template <class Scalar>
Scalar score_scale(const NetworkShape& shape) {
  return static_cast<Scalar>(1 / std::sqrt(static_cast<double>(shape.head_dim)));
}

// Calls function(example, position, head) for every row of attention.
template <class Function>
void for_each_row(const NetworkShape& shape, Index query_rows, Index examples, Function&& function) {
  const Index first = shape.positions - query_rows / examples;
  for (Index position = first; position < shape.positions; ++position) {
    for (Index example = 0; example < examples; ++example) {
      for (Index head = 0; head < shape.heads; ++head) function(example, position, head);
    }
  }
}

}  // namespace

template <class Scalar>
void attend(const NetworkShape& shape, ConstRows<Scalar> q, ConstRows<Scalar> k, ConstRows<Scalar> v,
            MutableRows<Scalar> weights, MutableRows<Scalar> mixed) {
  const Index n = k.rows() / shape.positions, d_h = shape.head_dim, first = shape.positions - q.rows() / n;
  const Scalar scale = score_scale<Scalar>(shape);
  mixed.setZero();
  for_each_row(shape, q.rows(), n, [&](Index example, Index position, Index head) {
    const Index row = (position - first) * n + example, column = head * d_h, keys = shape.keys_of(position);
    const std::span<Scalar> p(at(weights, row, head * shape.positions), static_cast<std::size_t>(keys));
    for (Index key = 0; key < keys; ++key) {
      p[key] = scale * dot(at(q, row, column), at(k, key * n + example, column), d_h);
    }
    attention_weights<Scalar>(shape.attention, p, p);
    for (Index key = 0; key < keys; ++key) {
      add_multiple(p[key], at(v, key * n + example, column), at(mixed, row, column), d_h);
    }
  });
}

template <class Scalar>
void attend_backward(const NetworkShape& shape, ConstRows<Scalar> q, ConstRows<Scalar> k, ConstRows<Scalar> v,
                     ConstRows<Scalar> weights, ConstRows<Scalar> d_mixed, MutableRows<Scalar> d_weights,
                     MutableRows<Scalar> dq, MutableRows<Scalar> dk, MutableRows<Scalar> dv) {
  const Index n = k.rows() / shape.positions, d_h = shape.head_dim, first = shape.positions - q.rows() / n;
  const Scalar scale = score_scale<Scalar>(shape);
  dq.setZero(), dk.setZero(), dv.setZero();
  for_each_row(shape, q.rows(), n, [&](Index example, Index position, Index head) {
    const Index row = (position - first) * n + example, column = head * d_h, keys = shape.keys_of(position);
    const std::span<const Scalar> p(at(weights, row, head * shape.positions), static_cast<std::size_t>(keys));
    const std::span<Scalar> dz(at(d_weights, row, head * shape.positions), static_cast<std::size_t>(keys));
    for (Index key = 0; key < keys; ++key) {
      dz[key] = dot(at(d_mixed, row, column), at(v, key * n + example, column), d_h);
      add_multiple(p[key], at(d_mixed, row, column), at(dv, key * n + example, column), d_h);
    }
    attention_weights_backward<Scalar>(shape.attention, p, dz);
    for (Index key = 0; key < keys; ++key) {
      add_multiple(scale * dz[key], at(k, key * n + example, column), at(dq, row, column), d_h);
      add_multiple(scale * dz[key], at(q, row, column), at(dk, key * n + example, column), d_h);
    }
  });
}

template <class Scalar>
void fill_scores(const NetworkShape& shape, ConstRows<Scalar> q, ConstRows<Scalar> k, std::int64_t layer,
                 Index first_example, AttentionScores<Scalar>& scores) {
  const Index n = k.rows() / shape.positions, d_h = shape.head_dim;
  const Scalar scale = score_scale<Scalar>(shape);
  for_each_row(shape, q.rows(), n, [&](Index example, Index position, Index head) {
    auto& block = scores(layer, head, position);
    for (Index key = 0; key < block.cols(); ++key) {
      block(first_example + example, key) =
          scale * dot(at(q, position * n + example, head * d_h), at(k, key * n + example, head * d_h), d_h);
    }
  });
}

// ---- The activation of hidden units ----

namespace {

constexpr Index chunk = 256;
template <class Scalar>
using Chunk = Eigen::Array<Scalar, 1, Eigen::Dynamic, Eigen::RowMajor, 1, chunk>;

// Φ(x), the normal distribution function.
Chunk<float> normal_distribution(const EntriesView<float>& x) {
  return 0.5F + 0.5F * (x * static_cast<float>(1 / std::numbers::sqrt2)).erf();
}
Chunk<double> normal_distribution(const EntriesView<double>& x) {
  return x.unaryExpr([](double y) { return 0.5 * std::erfc(-y / std::numbers::sqrt2); });
}

// x → x Φ(x) in place; slope = Φ(x) + x e^{-x²/2}/√2π.
template <class Scalar>
void gelu(EntriesView<Scalar> x, EntriesView<Scalar> slope) {
  constexpr auto density_scale = static_cast<Scalar>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
  const Chunk<Scalar> distribution = normal_distribution(x);
  slope = distribution + density_scale * x * (static_cast<Scalar>(-0.5) * x.square()).exp();
  x *= distribution;
}

}  // namespace

template <class Scalar>
void activate(Activation kind, const Scalar* bias, MutableRows<Scalar> hidden, MutableRows<Scalar> slope) {
  const ConstEntriesView<Scalar> b(bias, hidden.cols());
  for (Index row = 0; row < hidden.rows(); ++row) {
    auto x = hidden.row(row).array();
    if (kind == Activation::relu) {
      x = (x + b).cwiseMax(Scalar{0});
      continue;
    }
    x += b;
    for (Index begin = 0; begin < hidden.cols(); begin += chunk) {
      const Index size = std::min(chunk, hidden.cols() - begin);
      gelu(EntriesView<Scalar>(at(hidden, row, begin), size), EntriesView<Scalar>(at(slope, row, begin), size));
    }
  }
}

template <class Scalar>
void activate_backward(Activation kind, ConstRows<Scalar> hidden, ConstRows<Scalar> slope, MutableRows<Scalar> d_hidden,
                       Scalar* d_bias) {
  EntriesView<Scalar> db(d_bias, hidden.cols());
  for (Index row = 0; row < hidden.rows(); ++row) {
    auto d = d_hidden.row(row).array();
    if (kind == Activation::relu) {
      d = (hidden.row(row).array() > 0).select(d, Scalar{0});
    } else {
      d *= slope.row(row).array();
    }
    db += d;
  }
}

// ---- Cross entropy ----

// Without the answer's own probability wherever it may be close to 1: -ln p = ln(1 + Σ' e^{z - z_answer}), and
// ∂(-ln p)/∂z_answer = -Σ' p, the primed sums over the other outputs.
template <class Scalar>
void cross_entropy(MutableRows<Scalar> logits, const std::int32_t* answers, Scalar factor, LossSum& sum) {
  for (Index row = 0; row < logits.rows(); ++row) {
    auto z = logits.row(row).array();
    const Index answer = answers[row];
    Index best = 0;
    const Scalar largest = z.maxCoeff(&best);
    const Scalar answer_logit = z[answer];

    z = (z - largest).exp();
    const Scalar own = z[answer];
    z[answer] = 0;
    const Scalar others = z.sum();
    const auto excess = static_cast<double>(others);
    sum.loss += best == answer
                    ? std::log1p(excess)
                    : static_cast<double>(largest - answer_logit) + std::log(excess + static_cast<double>(own));
    sum.correct += best == answer;

    z *= factor / (others + own);
    z[answer] = -z.sum();
  }
}

// ---- Both precisions ----

template struct Normalized<float>;
template struct Normalized<double>;
template struct RotaryTable<float>;
template struct RotaryTable<double>;
template void normalize<float>(Normalization, ConstRows<float>, const float*, const float*, Normalized<float>&);
template void normalize_backward<float>(Normalization, const Normalized<float>&, const float*, MutableRows<float>,
                                        MutableRows<float>, float*, float*);
template void rotate<float>(const RotaryTable<float>&, Eigen::Index, MutableRows<float>);
template void rotate_backward<float>(const RotaryTable<float>&, Eigen::Index, MutableRows<float>);
template void attend<float>(const NetworkShape&, ConstRows<float>, ConstRows<float>, ConstRows<float>,
                            MutableRows<float>, MutableRows<float>);
template void attend_backward<float>(const NetworkShape&, ConstRows<float>, ConstRows<float>, ConstRows<float>,
                                     ConstRows<float>, ConstRows<float>, MutableRows<float>, MutableRows<float>,
                                     MutableRows<float>, MutableRows<float>);
template void fill_scores<float>(const NetworkShape&, ConstRows<float>, ConstRows<float>, std::int64_t, Eigen::Index,
                                 AttentionScores<float>&);
template void activate<float>(Activation, const float*, MutableRows<float>, MutableRows<float>);
template void activate_backward<float>(Activation, ConstRows<float>, ConstRows<float>, MutableRows<float>, float*);
template void cross_entropy<float>(MutableRows<float>, const std::int32_t*, float, LossSum&);
template void normalize<double>(Normalization, ConstRows<double>, const double*, const double*, Normalized<double>&);
template void normalize_backward<double>(Normalization, const Normalized<double>&, const double*, MutableRows<double>,
                                         MutableRows<double>, double*, double*);
template void rotate<double>(const RotaryTable<double>&, Eigen::Index, MutableRows<double>);
template void rotate_backward<double>(const RotaryTable<double>&, Eigen::Index, MutableRows<double>);
template void attend<double>(const NetworkShape&, ConstRows<double>, ConstRows<double>, ConstRows<double>,
                             MutableRows<double>, MutableRows<double>);
template void attend_backward<double>(const NetworkShape&, ConstRows<double>, ConstRows<double>, ConstRows<double>,
                                      ConstRows<double>, ConstRows<double>, MutableRows<double>, MutableRows<double>,
                                      MutableRows<double>, MutableRows<double>);
template void fill_scores<double>(const NetworkShape&, ConstRows<double>, ConstRows<double>, std::int64_t, Eigen::Index,
                                  AttentionScores<double>&);
template void activate<double>(Activation, const double*, MutableRows<double>, MutableRows<double>);
template void activate_backward<double>(Activation, ConstRows<double>, ConstRows<double>, MutableRows<double>, double*);
template void cross_entropy<double>(MutableRows<double>, const std::int32_t*, double, LossSum&);

}  // namespace softmech

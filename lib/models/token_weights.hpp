// Where the weights of a token field come from: laws for random matrices, or a file of a user's own.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/models/token_field.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// Laws of a random matrix; every one but "identity" keeps |x|² on average to leading order.
///
/// - identity: 1 (or its first k rows).
/// - orthogonal: Haar measure, k ≤ d orthonormal rows.
/// - gaussian: independent entries N(0, 1/d), as at a transformer's initialization.
/// - goe: symmetric, off-diagonal variance 1/d, diagonal 2/d (Gaussian orthogonal ensemble, spectrum in [−2, 2]).
/// - wishart: G Gᵀ/d, G d × d with entries N(0, 1): symmetric, positive semidefinite, mean 1.
/// - low_rank: A B/√(rank·d), A d × rank and B rank × d with entries N(0, 1).
Matrix random_matrix(std::string_view law, Eigen::Index rows, Eigen::Index dim, Eigen::Index rank,
                     RandomStream& random);

/// The weights of all heads, drawn or read: the keys model.heads … model.mlp_scale.
struct TokenWeightSettings {
  std::int64_t heads = 1;
  std::int64_t head_dim = 0;  // 0: d
  std::string query = "identity";
  std::string key = "identity";
  std::string value = "identity";
  std::int64_t rank = 1;
  std::string file;
  std::int64_t mlp_width = 0;
  double mlp_scale = 1;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other, `dim` being d.
  void check(std::int64_t dim) const;
  /// Q = K = V = 1, with all rows of them.
  bool is_identity(std::int64_t dim) const {
    return query == "identity" && key == "identity" && value == "identity" && (head_dim == 0 || head_dim == dim);
  }
  bool is_random() const;
  /// Query, key and value of all heads and the MLP; β, masks and positions are the caller's.
  /// Throws StoreError or std::invalid_argument for a file that does not fit.
  TokenWeights draw(Eigen::Index dim, RandomStream random) const;
};

}  // namespace softmech

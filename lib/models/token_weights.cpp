#include <softmech/models/token_weights.hpp>

#include <softmech/geometry/orthonormal.hpp>
#include <softmech/store/read.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

Matrix gaussian(Eigen::Index rows, Eigen::Index columns, double deviation, RandomStream& random) {
  return Matrix::NullaryExpr(rows, columns, [&](Eigen::Index, Eigen::Index) { return deviation * random.normal(); });
}

/// One matrix of a file, for head `head`: a variable of shape (heads, rows, columns) or, for all heads, (rows,
/// columns).
Matrix read_matrix(const DatasetFile& file, const std::string& name, std::size_t heads, std::size_t head) {
  const Variable variable = file.read(name);
  const auto& shape = variable.shape;
  if (!(shape.size() == 2 || (shape.size() == 3 && shape[0] == heads))) {
    throw std::invalid_argument(
        fmt::format("model.weights = \"{}\": \"{}\" has shape ({}): must be (rows, columns) or ({}, rows, columns)",
                    file.path().string(), name, fmt::join(shape, ", "), heads));
  }
  const auto rows = static_cast<Eigen::Index>(shape[shape.size() - 2]);
  const auto columns = static_cast<Eigen::Index>(shape.back());
  const std::size_t offset = shape.size() == 3 ? head * static_cast<std::size_t>(rows * columns) : 0;
  return Eigen::Map<const RowMatrix>(variable.as<double>().data() + offset, rows, columns);
}

}  // namespace

Matrix random_matrix(std::string_view law, Eigen::Index rows, Eigen::Index dim, Eigen::Index rank,
                     RandomStream& random) {
  const auto d = static_cast<double>(dim);
  if (law == "identity") return Matrix::Identity(rows, dim);
  if (law == "orthogonal") return orthonormal_columns(gaussian(dim, rows, 1, random)).transpose();
  if (law == "gaussian") return gaussian(rows, dim, 1 / std::sqrt(d), random);
  if (law == "low_rank") {
    const Matrix left = gaussian(rows, rank, 1, random);
    return left * gaussian(rank, dim, 1, random) / std::sqrt(static_cast<double>(rank) * d);
  }
  const Matrix g = gaussian(dim, dim, 1, random);
  if (law == "goe") return (g + g.transpose()) / std::sqrt(2 * d);
  if (law == "wishart") return g * g.transpose() / d;
  throw std::invalid_argument(fmt::format("law of a weight matrix = \"{}\": is not known; try \"orthogonal\"", law));
}

void TokenWeightSettings::declare(Keys& k) {
  const std::vector<std::string> laws{"identity", "orthogonal", "gaussian", "goe", "wishart", "low_rank", "file"};
  k.add("model.heads", heads, "attention heads, whose forces add", {.at_least = 1, .at_most = 1024, .sweep = true});
  k.add("model.head_dim", head_dim, "rows k of query and key matrices; 0: d", {.at_least = 0, .at_most = 4096});
  k.add("model.query", query, "law of the query matrices Q, k x d", {.words = laws, .sweep = true});
  k.add("model.key", key, "law of the key matrices K, k x d", {.words = laws, .sweep = true});
  k.add("model.value", value, "law of the value matrices V, d x d", {.words = laws, .sweep = true});
  k.add("model.rank", rank, "rank of \"low_rank\" matrices", {.at_least = 1, .at_most = 4096, .sweep = true});
  k.add("model.weights", file,
        "HDF5 file with the variables query, key, value of shape (rows, columns) or (heads, rows, columns), for "
        "\"file\"");
  k.add("model.mlp", mlp_width, "width w of an MLP drift W_out relu(W_in x); 0: none",
        {.at_least = 0, .at_most = 65536, .sweep = true});
  k.add("model.mlp_scale", mlp_scale, "strength of the MLP drift", {.sweep = true});
}

void TokenWeightSettings::check(std::int64_t dim) const {
  const auto any_is = [this](std::string_view law) { return query == law || key == law || value == law; };
  const auto require_use = [](bool set, bool used, const char* name, const char* needed) {
    if (set && !used) throw std::invalid_argument(fmt::format("model.{} is set: needs {}; leave it out", name, needed));
  };
  const TokenWeightSettings defaults;
  require_use(!file.empty(), any_is("file"), "weights", "query, key or value = \"file\"");
  require_use(rank != defaults.rank, any_is("low_rank"), "rank", "query, key or value = \"low_rank\"");
  require_use(mlp_scale != defaults.mlp_scale, mlp_width > 0, "mlp_scale", "model.mlp > 0");
  const std::int64_t rows = head_dim == 0 ? dim : head_dim;
  for (const auto& [name, law] : {std::pair("query", query), {"key", key}, {"value", value}}) {
    const bool is_value = std::string_view(name) == "value";
    if (!is_value && rows != dim && (law == "goe" || law == "wishart")) {
      throw std::invalid_argument(
          fmt::format("model.{} = \"{}\" with model.head_dim = {}: needs a square matrix, "
                      "model.head_dim = 0 or model.dim",
                      name, law, head_dim));
    }
    if (!is_value && rows > dim && (law == "orthogonal" || law == "identity") && (head_dim != 0)) {
      throw std::invalid_argument(fmt::format("model.{} = \"{}\" with model.head_dim = {}: must be <= model.dim = {}",
                                              name, law, head_dim, dim));
    }
    if (law == "low_rank" && rank > std::min(rows, dim)) {
      throw std::invalid_argument(
          fmt::format("model.rank = {}: must be <= {}, the size of the matrices", rank, std::min(rows, dim)));
    }
    if ((law == "file") && file.empty()) {
      throw std::invalid_argument(
          fmt::format("model.{} = \"file\": needs model.weights, an HDF5 file with a variable \"{}\"", name, name));
    }
  }
}

bool TokenWeightSettings::is_random() const {
  const auto random = [](const std::string& law) { return law != "identity" && law != "file"; };
  return random(query) || random(key) || random(value) || mlp_width > 0;
}

TokenWeights TokenWeightSettings::draw(Eigen::Index dim, RandomStream random) const {
  TokenWeights weights;
  const auto count = static_cast<std::size_t>(heads);
  const Eigen::Index rows = head_dim == 0 ? dim : head_dim;
  const auto matrix = [&](const std::string& law, const char* name, Eigen::Index matrix_rows, std::size_t head) {
    if (law == "identity" && matrix_rows == dim) return Matrix();
    if (law == "file") return read_matrix(DatasetFile(file, AxisNames::optional), name, count, head);
    return random_matrix(law, matrix_rows, dim, rank, random);
  };
  weights.heads.resize(count);
  for (std::size_t h = 0; h < count; ++h) {
    weights.heads[h].query = matrix(query, "query", rows, h);
    weights.heads[h].key = matrix(key, "key", rows, h);
    weights.heads[h].value = matrix(value, "value", dim, h);
  }
  if (mlp_width > 0) {
    const auto width = static_cast<double>(mlp_width);
    weights.mlp.in = gaussian(mlp_width, dim, 1 / std::sqrt(static_cast<double>(dim)), random);
    weights.mlp.out = mlp_scale * gaussian(dim, mlp_width, std::sqrt(2 / width), random);
  }
  return weights;
}

}  // namespace softmech

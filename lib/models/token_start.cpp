// Where tokens begin.
#include <softmech/models/token_settings.hpp>

#include <softmech/geometry/orthonormal.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/table.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <numbers>
#include <stdexcept>

namespace softmech {

namespace {

Matrix normals(Eigen::Index rows, Eigen::Index columns, RandomStream& random) {
  return Matrix::NullaryExpr(rows, columns, [&](Eigen::Index, Eigen::Index) { return random.normal(); });
}

/// n tokens at one common inner product ρ, in directions of Haar measure: the symmetric square root of the Gram matrix
/// (1 − ρ) 1 + ρ 11ᵀ, in a random orthonormal frame.
Vector equiangular(const SphereProduct& space, double cosine, RandomStream& random) {
  const Eigen::Index n = space.tokens();
  const double count = static_cast<double>(n);
  const double apart = std::sqrt(1 - cosine);
  const double together = (std::sqrt(std::max(0.0, 1 + (count - 1) * cosine)) - apart) / count;
  Matrix frame = normals(space.dim(), n, random);
  if (space.centered()) frame.rowwise() -= frame.colwise().mean();
  const Matrix root = apart * Matrix::Identity(n, n) + Matrix::Constant(n, n, together);
  const Matrix tokens = orthonormal_columns(frame) * root;
  return space.project_point(Eigen::Map<const Vector>(tokens.data(), tokens.size()));
}

/// Independent and uniform on the cap of half-angle `angle` around the first axis: the polar angle has density
/// sin^{d−2} on [0, angle], by rejection.
Vector cap(const SphereProduct& space, double angle, RandomStream& random) {
  const Eigen::Index d = space.dim();
  const double power = static_cast<double>(d - 2);
  const double widest = std::min(angle, std::numbers::pi / 2);
  Vector x(space.ambient_dimension());
  for (Eigen::Index i = 0; i < space.tokens(); ++i) {
    double polar = 0;
    do {
      polar = angle * random.uniform();
    } while (random.uniform() > std::pow(std::sin(polar) / std::sin(widest), power));
    Vector around = normals(d, 1, random);
    around[0] = 0;
    x.segment(i * d, d) = std::cos(polar) * Vector::Unit(d, 0) + std::sin(polar) * around.normalized();
  }
  return x;
}

Vector from_file(const SphereProduct& space, const std::string& file) {
  const std::string extension = std::filesystem::path(file).extension();
  RowMatrix tokens;
  if (extension == ".csv" || extension == ".tsv" || extension == ".txt") {
    const Table table = read_table(file);
    tokens = Eigen::Map<const RowMatrix>(table.values.data(), static_cast<Eigen::Index>(table.rows()),
                                         static_cast<Eigen::Index>(table.columns()));
  } else {
    const DatasetFile data(file, AxisNames::optional);
    const Variable variable = data.read("position");
    const std::size_t axes = variable.shape.size();
    const bool fits = axes >= 2 && variable.shape[axes - 2] == static_cast<std::size_t>(space.tokens()) &&
                      variable.shape[axes - 1] == static_cast<std::size_t>(space.dim());
    const std::vector<double>& values = variable.as<double>();
    const Eigen::Index wanted = space.ambient_dimension();
    if (!fits || std::ssize(values) < wanted) {
      throw std::invalid_argument(fmt::format("start.file = \"{}\": position has shape ({}): must end in ({}, {})",
                                              file, fmt::join(variable.shape, ", "), space.tokens(), space.dim()));
    }
    // Of a trajectory the last depth of the last member.
    tokens = Eigen::Map<const RowMatrix>(values.data() + (std::ssize(values) - wanted), space.tokens(), space.dim());
  }
  if (tokens.rows() != space.tokens() || tokens.cols() != space.dim()) {
    throw std::invalid_argument(
        fmt::format("start.file = \"{}\" has {} tokens of {} components: must have model.tokens = "
                    "{} of model.dim = {}",
                    file, tokens.rows(), tokens.cols(), space.tokens(), space.dim()));
  }
  if (!tokens.allFinite() || tokens.rowwise().norm().minCoeff() <= 0) {
    throw std::invalid_argument(
        fmt::format("start.file = \"{}\": every token must be finite and not zero; its direction is used", file));
  }
  return space.project_point(Eigen::Map<const Vector>(tokens.data(), tokens.size()));
}

}  // namespace

void TokenStartSettings::declare(Keys& k) {
  k.add("start.kind", kind,
        "tokens at depth 0: independent and uniform, all at one inner product, uniform on a cap, or from a file",
        {.words = {"uniform", "equiangular", "cap", "file"}, .sweep = true});
  k.add("start.cosine", cosine, "common inner product of \"equiangular\" tokens",
        {.at_least = -1, .at_most = 1, .sweep = true});
  k.add("start.angle", angle, "half-angle of the \"cap\"", {.above = 0, .at_most = std::numbers::pi, .sweep = true});
  k.add("start.amplitude", amplitude, "order parameter of the \"uniform\" density of infinitely many tokens",
        {.above = 0, .at_most = 0.5, .sweep = true});
  k.add("start.file", file,
        "for \"file\": CSV with a row per token, or HDF5 with the variable position (…, token, dim), its last depth");
  k.add("start.kinetic_temperature", kinetic_temperature,
        "temperature of the velocities at depth 0, for \"lagrangian\"; 0: at rest", {.at_least = 0, .sweep = true});
}

void TokenStartSettings::check(const TokenSettings& tokens) const {
  if (tokens.limit == "infinite" && kind != "uniform" && kind != "cap") {
    throw std::invalid_argument(
        fmt::format("start.kind = \"{}\" with model.limit = \"infinite\": must be \"uniform\" or \"cap\"", kind));
  }
  const std::int64_t most = tokens.dim - (tokens.is_centered() ? 1 : 0);
  if (kind == "equiangular") {
    if (tokens.tokens > most) {
      throw std::invalid_argument(
          fmt::format("start.kind = \"equiangular\" with model.tokens = {}: needs as many dimensions, model.dim >= {}",
                      tokens.tokens, tokens.tokens + tokens.dim - most));
    }
    const double least = tokens.tokens < 2 ? -1 : -1 / static_cast<double>(tokens.tokens - 1);
    if (cosine < least) {
      throw std::invalid_argument(fmt::format("start.cosine = {}: {} tokens have a common inner product of at least {}",
                                              cosine, tokens.tokens, least));
    }
  }
  if (kind == "cap" && tokens.is_centered())
    throw std::invalid_argument("start.kind = \"cap\" is for \"post_rms\" and \"pre_rms\"; try \"uniform\"");
  if (kind == "file" && file.empty())
    throw std::invalid_argument("start.kind = \"file\": needs start.file; name a CSV or HDF5 file");
  if (kinetic_temperature > 0 && !tokens.is_inertial()) {
    throw std::invalid_argument(
        fmt::format("start.kinetic_temperature = {}: is for model.dynamics = \"lagrangian\" only; leave it out",
                    kinetic_temperature));
  }
  if (kinetic_temperature > 0 && tokens.mass_metric == "fisher") {
    throw std::invalid_argument(fmt::format(
        "start.kinetic_temperature = {} with model.mass_metric = \"fisher\": is for \"round\"; start at rest",
        kinetic_temperature));
  }
}

State TokenStartSettings::of(const SphereProduct& space, double mass, RandomStream random) const {
  State state;
  if (kind == "equiangular") {
    state.position = equiangular(space, cosine, random);
  } else if (kind == "cap") {
    state.position = cap(space, angle, random);
  } else if (kind == "file") {
    state.position = from_file(space, file);
  } else {
    state.position = space.random_point(random);
  }
  state.velocity = Vector::Zero(state.position.size());
  if (kinetic_temperature > 0)
    state.velocity = std::sqrt(kinetic_temperature / mass) * space.random_tangent(state.position, random);
  return state;
}

}  // namespace softmech

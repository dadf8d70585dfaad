#include <softmech/models/token_modes.hpp>

#include <softmech/models/rope_breaking.hpp>
#include <softmech/models/token_symmetry.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace softmech {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr double largest_residual = 0.2;     // of a wave that counts as a mode, in units of the largest stiffness
constexpr double largest_difference = 0.05;  // between directions, in units of their mean
constexpr std::size_t most_tokens = 3;       // that a message names

RowMatrix tokens_of(const TokenField& field, const VectorView& x) {
  return Eigen::Map<const RowMatrix>(x.data(), field.manifold().tokens(), field.manifold().dim());
}

/// c_k(j): one column per wavenumber.
Matrix cosines(const ChainModes& modes) {
  const Vector k = modes.wavenumbers();
  return Matrix::NullaryExpr(modes.sites(), k.size(), [&](Eigen::Index j, Eigen::Index mode) {
    return std::cos(k[mode] * (static_cast<double>(j) + 0.5));
  });
}

/// Which tokens a mode (in tangent coordinates, token by token) moves most.
std::string moved_tokens(const Eigen::VectorXcd& mode, Eigen::Index tokens) {
  const Vector squares =
      mode.cwiseAbs2().reshaped(mode.size() / tokens, tokens).colwise().sum().transpose() / mode.squaredNorm();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(tokens));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](Eigen::Index a, Eigen::Index b) { return squares[a] > squares[b] + 1e-6; });
  std::vector<std::string> named;
  double share = 0;
  for (const Eigen::Index token : order) {
    if (share > 0.8 || named.size() == most_tokens) break;
    share += squares[token];
    named.push_back(fmt::format("{} ({:.0f} %)", token, 100 * squares[token]));
  }
  if (share > 0.5) return fmt::format("moves tokens {}", fmt::join(named, ", "));
  return fmt::format("moves about {:.0f} tokens alike", 1 / squares.squaredNorm());
}

ModeSpectrum spectrum_of(const TokenField& field, const TokenRest& rest, const Matrix& jacobian) {
  const Eigen::Index broken = broken_generators(field, rest.x), n = field.manifold().tokens();
  if (field.has_potential()) {
    const Eigen::SelfAdjointEigenSolver<Matrix> modes(-0.5 * (jacobian + jacobian.transpose()));
    return hessian_spectrum(modes.eigenvalues(), broken,
                            [&](Eigen::Index k) { return moved_tokens(modes.eigenvectors().col(k), n); });
  }
  const Eigen::EigenSolver<Matrix> modes(jacobian);
  return jacobian_spectrum(modes.eigenvalues(), broken,
                           [&](Eigen::Index k) { return moved_tokens(modes.eigenvectors().col(k), n); });
}

void record_spectrum(const ModeSpectrum& spectrum, bool found, Member& member) {
  const auto count = [&](Eigen::Index number) { return found ? static_cast<double>(number) : undefined; };
  member.record_as_defined("zero_modes", count(spectrum.zero),
                           "modes of eigenvalue 0, to 1e-9 of the largest, about the state at rest");
  member.record_as_defined("zero_modes_expected", count(spectrum.broken_generators),
                           "dim G/H: rotations that the field does not feel and the state does");
  member.record_as_defined("unstable_modes", count(spectrum.unstable), "modes that grow");
  member.record_as_defined("complex_modes", count(spectrum.complex), "modes that turn, as no potential makes them");
  const Axis axis = index_axis("eigenvalue", static_cast<std::size_t>(spectrum.values.size()),
                               "mode about the state at rest, the softest first");
  member.record_as_defined("mode_eigenvalue_real", spectrum.values.real(), axis,
                           "eigenvalue of the Hessian of the potential or, where there is none, of the Jacobian of the "
                           "force (stable: negative), real part");
  member.record_as_defined("mode_eigenvalue_imaginary", spectrum.values.imag(), axis, "its imaginary part");
}

/// Oscillation: ω and Γ of ü + Γu̇ + ω²u = 0; first order: Γ of u̇ + Γu = 0 (and ω = 0).
void record_waves(const Vector& stiffness, const TokenSettings& settings, const Axis& mode, Member& member) {
  Vector frequency = Vector::Zero(stiffness.size()), damping = stiffness;
  if (settings.is_inertial()) {
    const bool round = settings.mass_metric == "round";
    for (Eigen::Index k = 0; k < stiffness.size(); ++k) {
      const bool known = round && !std::isnan(stiffness[k]);
      frequency[k] = known ? std::sqrt(std::max(stiffness[k], 0.0) / settings.mass) : undefined;
      damping[k] = known ? settings.friction / settings.mass : undefined;
    }
  } else {
    frequency = (damping.array() != damping.array()).select(undefined, frequency);
  }
  member.record_as_defined("frequency_linear", frequency, mode,
                           "frequency of linear theory, of waves across the order; 0 without inertia");
  member.record_as_defined("damping_linear", damping, mode,
                           "damping of linear theory: friction over mass, or the rate of decay without inertia");
}

void record_planes(const TokenField& field, const TokenRest& rest, Member& member) {
  const RotaryPositions& rotary = field.weights().rotary;
  const RowMatrix x = tokens_of(field, rest.x);
  Vector order(rotary.dim / 2);
  for (Eigen::Index plane = 0; plane < order.size(); ++plane)
    order[plane] = rest.found ? x.middleCols(2 * plane, 2).squaredNorm() / static_cast<double>(x.rows()) : undefined;
  member.record_as_defined(
      "plane_order", order,
      index_axis("plane", static_cast<std::size_t>(order.size()), "plane of rotary positions, the fastest first"),
      "share of the tokens' square in the plane, at rest");
  const bool known = field.force_kind() == TokenForce::free_energy &&
                     std::all_of(field.weights().heads.begin(), field.weights().heads.end(),
                                 [](const TokenHead& head) { return head.query.size() + head.key.size() == 0; });
  const Eigen::Index directions = field.manifold().dim() - 1;
  member.record_as_defined("breaking_eigenvalue",
                           known ? rope_breaking(field).eigenvalues : Vector::Constant(directions, undefined),
                           index_axis("direction", static_cast<std::size_t>(directions), "direction across the order"),
                           "eigenvalues of turning the order, by perturbation theory in the rotary angles");
}

}  // namespace

Matrix order_frame(const RowMatrixView& x) {
  const Vector sum = x.colwise().sum();
  const Vector order = sum.norm() > 0 ? Vector(sum.normalized()) : Vector(Vector::Unit(x.cols(), 0));
  Matrix frame = Matrix(order).householderQr().householderQ();
  frame.col(0) = order;
  return frame;
}

double rotary_share(const TokenWeights& weights) {
  if (weights.rotary.dim == 0) return 0;
  const auto turned =
      std::count_if(weights.heads.begin(), weights.heads.end(), [](const TokenHead& head) { return head.rotary; });
  return static_cast<double>(turned) / static_cast<double>(weights.heads.size());
}

Vector wave_stiffness(const TokenField& field, const TokenRest& rest, const Matrix& basis, const Matrix& jacobian,
                      const ChainModes& modes) {
  const SphereProduct& space = field.manifold();
  const double share = rotary_share(field.weights());
  const Matrix frame = order_frame(turned(tokens_of(field, rest.x), field.weights().rotary, share));
  const Matrix wave = cosines(modes);
  const double scale = jacobian.operatorNorm();
  Vector stiffness(wave.cols());
  for (Eigen::Index k = 0; k < wave.cols(); ++k) {
    double mean = 0, least = std::numeric_limits<double>::infinity(), most = -least;
    bool is_mode = true;
    for (Eigen::Index across = 1; across < space.dim(); ++across) {
      const RowMatrix ambient =
          turned(RowMatrix(wave.col(k) * frame.col(across).transpose()), field.weights().rotary, -share);
      Vector u = basis.transpose() * Eigen::Map<const Vector>(ambient.data(), ambient.size());
      u.normalize();
      const Vector pull = -(jacobian * u);
      const double lambda = u.dot(pull);
      is_mode = is_mode && (pull - lambda * u).norm() <= largest_residual * scale;
      mean += lambda / static_cast<double>(space.dim() - 1);
      least = std::min(least, lambda);
      most = std::max(most, lambda);
    }
    if (most - least > largest_difference * mean + 1e-9 * scale) is_mode = false;
    stiffness[k] = is_mode ? mean : undefined;
  }
  return stiffness;
}

void record_linear_theory(const TokenField& field, const TokenSettings& settings, const VectorView& x,
                          std::int64_t wavenumbers, Member& member) {
  const TokenRest rest = find_rest(field, x);
  const Matrix basis = tangent_basis(field.manifold(), rest.x), jacobian = force_jacobian(field, rest.x, basis);
  member.record("rest_force", rest.force, "root mean square of the forces that are left at the state at rest");
  const ChainModes modes(settings.tokens, ChainEnds::open, wavenumbers);
  const Axis mode = modes.axis();
  if (!member.has("wavenumber")) modes.record(member);
  if (rest.found) {
    const ModeSpectrum spectrum = spectrum_of(field, rest, jacobian);
    record_spectrum(spectrum, true, member);
    record_waves(wave_stiffness(field, rest, basis, jacobian, modes), settings, mode, member);
    member.record("mode_messages", fmt::format("{}", fmt::join(spectrum.messages, "; ")), "what the modes say");
  } else {
    ModeSpectrum nothing;
    nothing.values.setConstant(basis.cols(), undefined);
    record_spectrum(nothing, false, member);
    record_waves(Vector::Constant(modes.wavenumbers().size(), undefined), settings, mode, member);
    member.coordinate(
        "mode_messages",
        fmt::format("no state at rest was found: forces of {:.2g} are left; the motion has an attractor of "
                    "another kind, or is slow: try a larger time.end",
                    rest.force),
        "what the modes say");
  }
  if (field.weights().rotary.dim > 0) record_planes(field, rest, member);
}

}  // namespace softmech

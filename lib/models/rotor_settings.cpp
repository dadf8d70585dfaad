#include <softmech/models/rotor_settings.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace softmech {

void RotorSettings::declare(Keys& k) {
  k.add("model.rotors", rotors, "number of rotors N", {.at_least = 2, .at_most = 1e6, .sweep = true});
  k.add("model.lattice", lattice, "where the rotors are: a chain, or a square of the same sites",
        {.words = {"chain", "square"}, .sweep = true});
  k.add("model.boundary", boundary, "whether the lattice closes to a ring (torus), or ends",
        {.words = {"periodic", "open"}, .sweep = true});
  k.add("model.kernel", kernel,
        "coupling J: 1/N for all pairs, 1 for nearest neighbors, or falling with the distance r and normalized to "
        "sum_j J_ij = 1 (open: of a rotor amid twice the length): constant up to model.range, e^(-r/range), r^-alpha; "
        "the free energy of attention with model.scores; model.file",
        {.words = {"all", "nearest", "window", "exponential", "power", "softmax", "file"}, .sweep = true});
  k.add("model.scores", scores, "J inside the exponentials of \"softmax\", as in model.kernel",
        {.words = {"all", "nearest", "window", "exponential", "power", "file"}, .sweep = true});
  k.add("model.attention_beta", attention_beta, "beta_a of \"softmax\", -(1/beta_a) sum_i ln sum_j e^(beta_a J_ij cos)",
        {.above = 0, .sweep = true});
  k.add("model.alpha", alpha, "exponent of \"power\"", {.at_least = 0, .at_most = 100, .sweep = true});
  k.add("model.images", images,
        "\"power\" with alpha > 1 on a periodic chain: J sums over all periodic images, r^-alpha/(2 zeta(alpha)), so "
        "that waves are those of the infinite chain");
  k.add("model.range", range, "range of \"window\" and \"exponential\"", {.above = 0, .sweep = true});
  k.add("model.file", file,
        "table of numbers for \"file\": N x N symmetric J_ij, or one column J(r) for the distances r = 1, 2, ... of a "
        "chain (0 beyond)");
  k.add(
      "model.twist", twist,
      "angle Omega per site along the row in J_ij cos(theta_i - theta_j - Omega (i - j)), or that of a plane of RoPE; "
      "if periodic, a multiple of 2 pi/length",
      {.words = {"rope"}, .sweep = true});
  k.add("model.rope_plane", rope_plane, "plane a of \"rope\": Omega = rope_base^(-2a/rope_dim)",
        {.at_least = 0, .at_most = 1e6, .sweep = true});
  k.add("model.rope_dim", rope_dim, "dimension of a head with \"rope\", which has half as many planes",
        {.at_least = 2, .at_most = 1e6, .sweep = true});
  k.add("model.rope_base", rope_base, "base of \"rope\"", {.above = 1, .sweep = true});
  k.add("model.field", field, "field h along the phase 0, h (1 - cos theta) per rotor", {.at_least = 0, .sweep = true});
  k.add("model.mass", mass, "moment of inertia m of a rotor", {.above = 0, .sweep = true});
  k.add("model.friction", friction, "friction of \"langevin\" and \"overdamped\"", {.above = 0, .sweep = true});
  k.add("model.temperature", temperature, "temperature T", {.above = 0, .sweep = true});
  k.add(
      "model.dynamics", dynamics,
      "sampling of e^(-H/T) by reflected clusters, or motion: without a bath, with friction and noise, without inertia",
      {.words = {"cluster", "microcanonical", "langevin", "overdamped"}, .sweep = true});
}

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& rule) {
  throw std::invalid_argument(what + ": " + rule);
}

const char* key_of_couplings(const RotorSettings& s) { return s.kernel == "softmax" ? "scores" : "kernel"; }

void check_lattice(const RotorSettings& s) {
  if (s.lattice == "square") {
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(s.rotors))));
    if (side * side != s.rotors)
      refuse(fmt::format("model.rotors = {} with model.lattice = \"square\"", s.rotors),
             fmt::format("must be a square number; try {}", side * side));
    if (s.couplings() == "all" || s.couplings() == "file")
      refuse(fmt::format("model.lattice = \"square\" with model.{} = \"{}\"", key_of_couplings(s), s.couplings()),
             s.couplings() == "all" ? "all pairs couple alike; leave model.lattice out"
                                    : "a file is for chains; leave model.lattice out");
  }
  if (s.images && (s.couplings() != "power" || s.lattice != "chain" || s.boundary != "periodic"))
    refuse("model.images = true", "is for \"power\" on a periodic chain; leave it out");
  if (s.images && s.alpha <= 1)
    refuse(fmt::format("model.alpha = {} with model.images = true", s.alpha),
           "must be > 1, else the sum over images has no limit; try 1.5, or leave model.images out");
}

void check_kernel(const RotorSettings& s) {
  const RotorSettings initial;
  const std::string& couplings = s.couplings();
  const std::string with = fmt::format(" is set with model.{} = \"{}\"", key_of_couplings(s), couplings);
  if (s.kernel != "softmax" && (s.scores != initial.scores || s.attention_beta != initial.attention_beta))
    refuse((s.scores != initial.scores ? "model.scores" : "model.attention_beta") + with,
           "is for \"softmax\" only; leave it out");
  if (couplings != "power" && s.alpha != initial.alpha)
    refuse("model.alpha" + with, "is for \"power\" only; leave it out");
  const bool ranged = couplings == "window" || couplings == "exponential";
  if (!ranged && s.range != initial.range)
    refuse("model.range" + with, "is for \"window\" and \"exponential\"; leave it out");
  if (couplings == "window" && s.range < 1)
    refuse(fmt::format("model.range = {} with \"window\"", s.range), "reaches no neighbor; must be >= 1");
  if (couplings == "file" && s.file.empty())
    refuse("model.file = \"\"", "must name a table of couplings; try model.file=couplings.csv");
  if (couplings != "file" && !s.file.empty()) refuse("model.file" + with, "is for \"file\"; leave it out");
}

void check_twist(const RotorSettings& s) {
  const RotorSettings initial;
  const bool rope = s.twist.is_word();
  if (rope && (s.rope_dim % 2 != 0 || 2 * s.rope_plane >= s.rope_dim))
    refuse(fmt::format("model.rope_plane = {} with model.rope_dim = {}", s.rope_plane, s.rope_dim),
           "the dimension must be even, and the plane below half of it; try model.rope_plane = 0");
  if (!rope &&
      (s.rope_plane != initial.rope_plane || s.rope_dim != initial.rope_dim || s.rope_base != initial.rope_base))
    refuse("model.rope_plane, model.rope_dim or model.rope_base",
           "is for model.twist = \"rope\"; set that or leave it out");
  s.twist_per_site();
}

void check_dynamics(const RotorSettings& s) {
  const RotorSettings initial;
  if (s.mass != initial.mass && !s.has_momenta())
    refuse(fmt::format("model.mass = {} with model.dynamics = \"{}\"", s.mass, s.dynamics),
           "has no inertia; leave it out, or try \"microcanonical\"");
  if (s.friction != initial.friction && s.friction_of_motion() == 0)
    refuse(fmt::format("model.friction = {} with model.dynamics = \"{}\"", s.friction, s.dynamics),
           "has no friction; leave it out, or try \"langevin\"");
  if (s.dynamics == "cluster") s.require_clusters("model.dynamics = \"cluster\"");
}

}  // namespace

void RotorSettings::check() const {
  check_lattice(*this);
  check_kernel(*this);
  check_twist(*this);
  check_dynamics(*this);
}

void RotorSettings::require_clusters(const std::string& with) const {
  const auto unless = [&with](bool fits, const std::string& what) {
    if (!fits) refuse(what + " with " + with, "clusters do not know it; leave one of them out");
  };
  unless(kernel != "softmax" && kernel != "file", fmt::format("model.kernel = \"{}\"", kernel));
  unless(boundary == "periodic", "model.boundary = \"open\"");
  unless(twist == NumberOrWord(0.0), "model.twist");
  unless(field == 0, fmt::format("model.field = {}", field));
}

double RotorSettings::twist_per_site() const {
  const double wanted = twist.is_word()
                            ? std::pow(rope_base, -2 * static_cast<double>(rope_plane) / static_cast<double>(rope_dim))
                            : twist.number;
  if (boundary == "open" || wanted == 0) return wanted;
  const double unit = 2 * std::numbers::pi / static_cast<double>(sites().columns);
  const double turns = wanted / unit, nearest = std::round(turns);
  if (std::abs(turns - nearest) > 1e-6) {
    throw std::invalid_argument(
        fmt::format("model.twist = {} on a periodic lattice of length {}: must be a multiple of 2 pi/length, else the "
                    "helix does not close; try {} or {}, or model.boundary = \"open\"",
                    wanted, sites().columns, std::floor(turns) * unit, std::ceil(turns) * unit));
  }
  return nearest * unit;
}

double RotorSettings::friction_of_motion() const {
  return dynamics == "langevin" || dynamics == "overdamped" ? friction : 0;
}

RotorLattice RotorSettings::sites() const {
  const bool open = boundary == "open";
  if (lattice == "chain") return {1, rotors, open};
  const auto side = static_cast<Eigen::Index>(std::lround(std::sqrt(static_cast<double>(rotors))));
  return {side, side, open};
}

RotorCoupling RotorSettings::coupling() const {
  if (couplings() == "all") return RotorCoupling::all(rotors);
  if (couplings() == "nearest") return RotorCoupling::nearest(sites());
  if (couplings() == "window") return RotorCoupling::window(sites(), range);
  if (couplings() == "exponential") return RotorCoupling::exponential(sites(), range);
  if (couplings() == "power")
    return images ? RotorCoupling::power_of_images(rotors, alpha) : RotorCoupling::power(sites(), alpha);
  refuse("model.kernel = \"file\"", "its couplings are read by the system that they are for");
}

void RotorSamplingSettings::declare(Keys& k) {
  k.add("sampling.thermalize", thermalize, "sweeps before the first sample", {.at_least = 1, .at_most = 1e9});
  k.add("sampling.sweeps", sweeps, "sweeps, with a sample after each; one reflects about N rotors",
        {.at_least = 16, .at_most = 1e9});
  k.add("sampling.series", series, "whether every sample's magnetization and energy are recorded");
}

void RotorSamplingSettings::check(const RotorSettings& rotors) const {
  if (rotors.dynamics == "cluster" || *this == RotorSamplingSettings()) return;
  refuse("sampling.* is set with model.dynamics = \"" + rotors.dynamics + "\"",
         "is for \"cluster\"; set time.* and output.* for motion");
}

}  // namespace softmech

#include <softmech/models/token_settings.hpp>

#include <softmech/models/token_theory.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace softmech {

void TokenPositionSettings::declare(Keys& k) {
  k.add("model.causal", causal, "whether a token attends only to itself and those before it", {.sweep = true});
  k.add("model.window", window, "a token attends only to tokens at a distance below this; 0: to all",
        {.at_least = 0, .at_most = 1e7, .sweep = true});
  k.add("model.decay", decay,
        "how the weight falls with the distance r of positions: e^{-r*rate}, (1+r)^-rate, or ALiBi's slopes "
        "e^{-r*2^{-8h/H}}, h = 1 ... H",
        {.words = {"none", "exponential", "power", "alibi"}, .sweep = true});
  k.add("model.decay_rate", decay_rate, "rate of \"exponential\" and \"power\"", {.at_least = 0, .sweep = true});
  k.add("model.rope_dim", rope_dim,
        "leading dimensions of queries and keys that are turned by rotary positions; 0: none",
        {.at_least = 0, .at_most = 4096, .sweep = true});
  k.add("model.rope_base", rope_base, "base of the rotary frequencies base^(-2a/rope_dim)",
        {.above = 1, .sweep = true});
  k.add("model.rope_heads", rope_heads, "how many heads, the first ones, are turned by rotary positions; 0: all",
        {.at_least = 0, .at_most = 4096, .sweep = true});
  k.add("model.rope_scale", rope_scale, "factor of all rotary angles, below 1 position interpolation",
        {.at_least = 0, .sweep = true});
}

void TokenPositionSettings::check(std::int64_t head_dim, std::int64_t heads) const {
  if (rope_dim % 2 != 0 || rope_dim > head_dim) {
    throw std::invalid_argument(
        fmt::format("model.rope_dim = {}: must be even and at most the head dimension {}; try {}", rope_dim, head_dim,
                    head_dim - head_dim % 2));
  }
  if (rope_heads > heads)
    throw std::invalid_argument(
        fmt::format("model.rope_heads = {}: must be at most model.heads = {}", rope_heads, heads));
  if (rope_dim == 0 && (rope_heads != 0 || rope_scale != 1))
    throw std::invalid_argument("model.rope_heads or model.rope_scale is set: needs model.rope_dim > 0");
}

PairMask TokenPositionSettings::mask(std::int64_t head, std::int64_t heads) const {
  PairMask mask{.causal = causal, .window = window};
  if (decay == "power") {
    mask.decay = PairMask::Decay::power;
    mask.rate = decay_rate;
  } else if (decay != "none") {
    mask.decay = PairMask::Decay::exponential;
    mask.rate =
        decay == "alibi" ? std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(heads)) : decay_rate;
  }
  return mask;
}

void TokenKernelSettings::declare(Keys& k) {
  k.add("solver.kernel", kernel,
        "sums over pairs: the fastest for the model, tiles of all pairs, the Fourier series at d = 2, or plain loops",
        {.words = {"auto", "tiles", "fourier", "reference"}, .sweep = true});
  k.add("solver.instructions", instructions, "instruction set of the fast sums",
        {.words = {"auto", "avx2", "avx512"}, .sweep = true});
  k.add("solver.precision", precision,
        "of the sums over pairs; single errs by about 1e-6 and is not for slow drifts (metastable clusters)",
        {.words = {"double", "single"}, .sweep = true});
}

TokenKernel TokenKernelSettings::settings(std::int64_t tokens) const {
  TokenKernel result;
  if (kernel == "tiles" || kernel == "reference") result.series = TokenKernel::Series::never;
  if (kernel == "fourier") result.series = TokenKernel::Series::always;
  PairSettings& pairs = result.pairs;
  if (kernel == "reference") pairs.kernel = PairSettings::Kernel::reference;
  if (instructions == "avx2") pairs.instructions = InstructionSet::avx2;
  if (instructions == "avx512") {
    if (best_instruction_set() != InstructionSet::avx512)
      throw std::invalid_argument(
          "solver.instructions = \"avx512\": this processor has none; try \"avx2\" or \"auto\"");
    pairs.instructions = InstructionSet::avx512;
  }
  if (precision == "single") pairs.precision = PairSettings::Precision::single_precision;
  pairs.parallel = tokens >= 1024;  // below, a sum takes less than it costs to share
  return result;
}

namespace {

[[noreturn]] void refuse(const std::string& message) { throw std::invalid_argument(message); }

}  // namespace

void TokenSettings::declare(Keys& k) {
  k.add("model.tokens", tokens, "number of tokens n", {.at_least = 1, .at_most = 1e6, .sweep = true});
  k.add("model.dim", dim, "dimension d of the tokens, which lie on the sphere S^(d-1)",
        {.at_least = 2, .at_most = 4096, .sweep = true});
  k.add("model.limit", limit,
        "n tokens, or the density of infinitely many (d = 2, \"sa\" and \"usa\"), a Fourier series",
        {.words = {"finite", "infinite"}});
  k.add("model.modes", modes, "Fourier modes of the density of infinitely many tokens; 0: as many as it should need",
        {.at_least = 0, .at_most = 4096, .sweep = true});
  k.add("model.beta", beta, "inverse temperature beta of attention", {.above = 0, .at_most = 1e6, .sweep = true});
  k.add("model.gamma", gamma, "if set, beta = gamma ln n", {.above = 0, .sweep = true});
  k.add("model.head_beta", head_beta, "if not empty, beta of every head", {.above = 0});
  k.add("model.dynamics", dynamics,
        "what drives the tokens: attention (sa), attention without normalization (usa), the gradient of the rows' free "
        "energies, or inertial motion in these",
        {.words = {"sa", "usa", "free_energy", "lagrangian"}, .sweep = true});
  k.add("model.coupling", coupling, "coupling K: the force is K times that of the dynamics", {.sweep = true});
  k.add(
      "model.coupling_unit", coupling_unit,
      "unit of model.coupling: one, or critical, the coupling above which infinitely many tokens order under noise of "
      "this temperature (usa)",
      {.words = {"one", "critical"}});
  k.add("model.temperature", temperature, "temperature T of the noise: sqrt(2T) dW, with inertia sqrt(2T friction) dW",
        {.at_least = 0, .sweep = true});
  k.add("model.mass", mass, "mass m of a token, for \"lagrangian\"", {.above = 0, .sweep = true});
  k.add(
      "model.mass_metric", mass_metric,
      "kinetic energy (m/2) sum |v|^2, or with the Fisher metric of the rows, (m/2) sum v.(mass_floor + beta^2 Cov).v",
      {.words = {"round", "fisher"}, .sweep = true});
  k.add("model.mass_floor", mass_floor, "regularization of the Fisher mass", {.above = 0, .sweep = true});
  k.add("model.friction", friction, "friction gamma, for \"lagrangian\"", {.at_least = 0, .sweep = true});
  k.add("model.normalization", normalization,
        "tokens stay on the sphere (post), or are normalized only as attention reads them (pre); LayerNorm (ln) takes "
        "out their mean too",
        {.words = {"post_rms", "post_ln", "pre_rms", "pre_ln"}, .sweep = true});
  weights.declare(k);
  k.add("model.redraw", redraw, "depth after which random weights are drawn anew; 0: never",
        {.at_least = 0, .sweep = true});
  positions.declare(k);
  k.add(
      "ensemble.replicas", replicas,
      "independent copies of the tokens in every member, side by side: faster for few tokens; curves are their means, "
      "with standard errors",
      {.at_least = 1, .at_most = 1e6});
}

void TokenSettings::check() const {
  weights.check(dim);
  positions.check(weights.head_dim == 0 ? dim : weights.head_dim, weights.heads);
  check_beta();
  check_motion();
  check_fisher_mass();
  check_limit();
  if (is_centered() && dim < 3)
    refuse(fmt::format("model.normalization = \"{}\" with model.dim = {}: needs model.dim >= 3", normalization, dim));
  if (redraw > 0 && !weights.is_random())
    refuse(
        fmt::format("model.redraw = {}: there are no random weights to draw; set model.query, key or value", redraw));
  if (replicas > 1 && (is_prenorm() || mass_metric == "fisher" || limit == "infinite")) {
    refuse(
        fmt::format("ensemble.replicas = {}: is for tokens on the sphere with the round mass; set 1 and use "
                    "ensemble.members",
                    replicas));
  }
}

void TokenSettings::check_beta() const {
  if (gamma && tokens < 2) refuse("model.gamma with model.tokens = 1: beta = gamma ln n would be 0; set model.beta");
  if (beta != 1 && (gamma || !head_beta.empty()))
    refuse(
        fmt::format("model.beta = {} with model.gamma or model.head_beta: these set beta; leave model.beta out", beta));
  if (gamma && !head_beta.empty()) refuse("model.gamma and model.head_beta are both set: set one of them");
  if (!head_beta.empty() && std::ssize(head_beta) != weights.heads) {
    refuse(fmt::format("model.head_beta has {} entries: must have model.heads = {}", head_beta.size(), weights.heads));
  }
  for (std::int64_t head = 0; head < weights.heads; ++head) {
    if (dynamics == "usa" && beta_of(head) > 300) {
      refuse(
          fmt::format("model.beta = {} with model.dynamics = \"usa\": must be <= 300, its forces grow as e^beta (and "
                      "so does the number of steps: scale model.coupling by e^-beta); try \"sa\"",
                      beta_of(head)));
    }
  }
}

void TokenSettings::check_motion() const {
  if (coupling_unit == "critical" && (dynamics != "usa" || temperature == 0 || weights.heads > 1))
    refuse(
        fmt::format("model.coupling_unit = \"critical\" with model.dynamics = \"{}\", model.temperature = {} and "
                    "model.heads = {}: the threshold is known for \"usa\", T > 0 and one head; set "
                    "model.coupling_unit = \"one\"",
                    dynamics, temperature, weights.heads));
  if (dynamics != "lagrangian") {
    for (const auto& [name, changed] :
         {std::pair("friction", friction != 0), {"mass", mass != 1}, {"mass_metric", mass_metric != "round"}}) {
      if (changed) {
        refuse(fmt::format("model.{} is set with model.dynamics = \"{}\": is for \"lagrangian\" only; leave it out",
                           name, dynamics));
      }
    }
  } else if (temperature > 0 && friction == 0) {
    refuse(fmt::format("model.temperature = {} with model.friction = 0: noise needs friction > 0 to balance it; try 1",
                       temperature));
  }
  if (force() == TokenForce::free_energy && weights.value != "identity") {
    refuse(fmt::format("model.value = \"{}\" with model.dynamics = \"{}\": free energies know no values; try \"sa\"",
                       weights.value, dynamics));
  }
  if (is_inertial() && weights.mlp_width > 0)
    refuse("model.mlp with model.dynamics = \"lagrangian\": an MLP's drift has no potential; try \"sa\"");
  if (is_prenorm() && (is_inertial() || temperature > 0)) {
    refuse(
        fmt::format("model.normalization = \"{}\": tokens off the sphere have neither inertia nor noise; try "
                    "\"post_rms\"",
                    normalization));
  }
}

void TokenSettings::check_fisher_mass() const {
  if (mass_metric != "fisher" && mass_floor != TokenSettings().mass_floor)
    refuse(fmt::format("model.mass_floor = {}: needs model.mass_metric = \"fisher\"; leave it out", mass_floor));
  if (mass_metric == "fisher") {
    if (tokens > 4096)
      refuse(fmt::format("model.tokens = {} with model.mass_metric = \"fisher\": must be <= 4096", tokens));
    if (temperature > 0) refuse("model.mass_metric = \"fisher\" with noise: is not offered; set model.temperature = 0");
    if (!weights.is_identity(dim) || weights.heads > 1 || is_centered() || positions.rope_dim > 0 ||
        !positions.mask(0, 1).is_full()) {
      refuse(
          "model.mass_metric = \"fisher\": needs one head with Q = K = V = 1, all pairs, no positions, \"post_rms\"");
    }
  }
}

void TokenSettings::check_limit() const {
  if (modes > 0 && modes < 4) refuse(fmt::format("model.modes = {}: must be 0 or at least 4; try 64", modes));
  if (limit == "infinite") {
    if (tokens != TokenSettings().tokens)
      refuse(fmt::format("model.tokens = {} with model.limit = \"infinite\": there are infinitely many; leave it out",
                         tokens));
    if (!is_plain_circle() || (dynamics != "sa" && dynamics != "usa") || gamma) {
      refuse(
          "model.limit = \"infinite\": needs model.dim = 2, \"sa\" or \"usa\", one head with Q = K = V = 1, all pairs, "
          "model.beta; set model.limit = \"finite\" for anything else");
    }
  }
}

bool TokenSettings::is_plain_circle() const {
  return dim == 2 && weights.is_identity(dim) && weights.heads == 1 && weights.mlp_width == 0 &&
         positions.mask(0, 1).is_full() && positions.rope_dim == 0 && normalization == "post_rms";
}

double TokenSettings::beta_of(std::int64_t head) const {
  if (!head_beta.empty()) return head_beta[static_cast<std::size_t>(head)];
  return gamma ? *gamma * std::log(static_cast<double>(tokens)) : beta;
}

double TokenSettings::coupling_strength() const {
  return coupling_unit == "one" ? coupling : coupling * temperature * critical_coupling(beta_of(0), dim);
}

double TokenSettings::contraction_rate() const {
  if (dynamics == "usa") return 2 * std::exp(beta_of(0));
  return dynamics == "sa" ? 2 : 4;
}

double TokenSettings::largest_frequency() const {
  if (!weights.is_identity(dim) || weights.mlp_width > 0 || mass_metric != "round")
    return std::numeric_limits<double>::quiet_NaN();
  double rate = std::abs(coupling_strength()) * contraction_rate() * static_cast<double>(weights.heads);
  // Behind a causal mask the first token is attended to most, by Σ 1/i of those in its window.
  if (positions.causal && force() == TokenForce::free_energy) {
    const std::int64_t reach = positions.window > 0 ? std::min(positions.window, tokens) : tokens;
    rate *= 1 + std::log(static_cast<double>(reach)) / 2;
  }
  return is_inertial() ? std::sqrt(rate / mass) : rate;
}

TokenForce TokenSettings::force() const {
  if (dynamics == "sa") return TokenForce::sa;
  return dynamics == "usa" ? TokenForce::usa : TokenForce::free_energy;
}

TokenField TokenSettings::field(RandomStream random, const TokenKernelSettings& kernel) const {
  TokenWeights drawn = weights.draw(dim, random);
  for (std::int64_t head = 0; head < weights.heads; ++head) {
    TokenHead& target = drawn.heads[static_cast<std::size_t>(head)];
    target.beta = beta_of(head);
    target.mask = positions.mask(head, weights.heads);
    target.rotary = positions.turns(head);
  }
  drawn.rotary = {positions.rope_base, positions.rope_dim, positions.rope_scale};
  TokenKernel sums = kernel.settings(tokens);
  if (is_prenorm()) sums.series = TokenKernel::Series::never;  // they know the force along the circle only
  return {space(), force(), std::move(drawn), coupling_strength(), {mass, friction}, sums};
}

}  // namespace softmech

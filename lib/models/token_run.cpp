#include <softmech/models/token_run.hpp>

#include <softmech/mechanics/stepper.hpp>
#include <softmech/models/mean_field_run.hpp>
#include <softmech/models/token_modes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

/// In the limit of infinitely many tokens noise is diffusion of their density, part of the flow.
double noise_temperature(const TokenSettings& tokens) { return tokens.limit == "infinite" ? 0 : tokens.temperature; }

/// Takes the depths up to `end` from the front of the list.
std::vector<double> take_until(double end, std::vector<double>& depths) {
  const auto last = std::upper_bound(depths.begin(), depths.end(), end);
  std::vector<double> taken(depths.begin(), last);
  depths.erase(depths.begin(), last);
  return taken;
}

}  // namespace

void TokenStopSettings::declare(Keys& k) {
  k.add("stop.clusters", clusters, "the run ends with at most so many clusters; 0: not", {.at_least = 0});
  k.add("stop.merges", merges, "the run ends after so many merges; 0: not", {.at_least = 0});
  k.add("stop.speed", speed, "the run ends when the tokens' root mean square velocity is at most this; 0: not",
        {.at_least = 0});
}

void TokenStopSettings::check(const TokenSettings& tokens) const {
  if (merges >= tokens.tokens && merges > 0) {
    throw std::invalid_argument(fmt::format("stop.merges = {}: {} tokens merge at most {} times; try {}", merges,
                                            tokens.tokens, tokens.tokens - 1, tokens.tokens - 1));
  }
  if (speed > 0 && tokens.is_inertial()) {
    throw std::invalid_argument(
        fmt::format("stop.speed = {} with model.dynamics = \"lagrangian\": tokens with inertia rest at every turning "
                    "point; leave it "
                    "out",
                    speed));
  }
}

bool TokenStopSettings::is_over(std::span<const TokenRecord> replicas) const {
  return std::all_of(replicas.begin(), replicas.end(), [this](const TokenRecord& record) {
    return record.clusters() <= clusters || (merges > 0 && record.merges() >= merges) ||
           (speed > 0 && record.speed() <= speed);
  });
}

void require_token_solver(const SolverSettings& solver, const TokenKernelSettings& kernel, const TokenSettings& tokens,
                          const TimeGrid& time) {
  require_stepper_fits(solver.stepper, tokens.is_inertial(), tokens.friction, noise_temperature(tokens));
  if (tokens.mass_metric == "fisher" &&
      (solver.stepper == "symplectic_rkn" || solver.stepper == "geodesic_leapfrog" || solver.stepper == "baoab")) {
    throw std::invalid_argument(fmt::format(
        "solver.stepper = \"{}\" with model.mass_metric = \"fisher\": moves on geodesics of the round metric; "
        "try dopri5 or fehlberg78",
        solver.stepper));
  }
  if (kernel.kernel == "fourier" && !tokens.is_plain_circle()) {
    throw std::invalid_argument(
        "solver.kernel = \"fourier\": needs model.dim = 2, one head with Q = K = V = 1, all pairs and no positions; "
        "try "
        "\"auto\"");
  }
  if (kernel.kernel == "fourier" && tokens.beta_of(0) > CircleSums::largest_beta) {
    throw std::invalid_argument(
        fmt::format("solver.kernel = \"fourier\" with model.beta = {}: must be <= {}; try \"auto\"", tokens.beta_of(0),
                    CircleSums::largest_beta));
  }
  if (kernel.precision == "single" && kernel.kernel != "auto" && kernel.kernel != "tiles") {
    throw std::invalid_argument(fmt::format(
        "solver.precision = \"single\" with solver.kernel = \"{}\": is for \"tiles\"; try that", kernel.kernel));
  }
  if (tokens.limit == "infinite" && (solver.stepper == "langevin" || solver.stepper == "baoab")) {
    throw std::invalid_argument(
        fmt::format("solver.stepper = \"{}\" with model.limit = \"infinite\": noise is diffusion of the density; try "
                    "\"auto\"",
                    solver.stepper));
  }
  constexpr double most_stretches = 1e5;
  if (tokens.redraw > 0 && time.end / tokens.redraw > most_stretches) {
    throw std::invalid_argument(fmt::format("model.redraw = {}: must be at least time.end/{} = {}", tokens.redraw,
                                            most_stretches, time.end / most_stretches));
  }
}

std::string token_stepper(const SolverSettings& solver, const TokenSettings& tokens, const TimeGrid& time) {
  if (solver.stepper != "auto") return solver.stepper;
  if (tokens.mass_metric == "fisher") return "dopri5";
  Flow motion;
  motion.second_order = tokens.is_inertial();
  motion.friction = tokens.friction;
  motion.temperature = noise_temperature(tokens);
  return std::string(
      automatic_stepper(motion, std::abs(tokens.coupling_strength()) * tokens.contraction_rate() * time.end));
}

std::string token_note(const SolverSettings& solver, const TokenKernelSettings& kernel, const TokenSettings& tokens,
                       const TokenOutputSettings& output, const TimeGrid& time) {
  const bool infinite = tokens.limit == "infinite";
  const std::string stepper = infinite ? mean_field_stepper(tokens, solver, time) : token_stepper(solver, tokens, time);
  std::string note = solver.stepper == "auto" ? fmt::format("solver.stepper = \"auto\" takes {}", stepper) : "";
  if (kernel.precision == "single" && (stepper == "bdf" || time.end > 100)) {
    note += note.empty() ? "" : "; ";
    note +=
        "warning: solver.precision = \"single\" errs by about 1e-6 of a force, which drowns the slow drift of "
        "metastable clusters; take \"double\" for their lifetimes";
  }
  if (const std::string modes = output.modes.note(tokens.largest_frequency()); !modes.empty())
    note += (note.empty() ? "" : "; ") + modes;
  return note;
}

void record_coordinates(const TokenSettings& tokens, Member& member) {
  if (tokens.limit == "finite") member.coordinate("tokens", tokens.tokens, "number of tokens n");
  member.coordinate("dimension", tokens.dim, "dimension d of the tokens");
  member.coordinate("beta", tokens.beta_of(0), "inverse temperature beta of attention, of the first head");
  member.coordinate("coupling", tokens.coupling_strength(), "coupling K");
  if (tokens.coupling_unit == "critical")
    member.coordinate("coupling_ratio", tokens.coupling, "coupling K over the threshold of infinitely many tokens");
  member.coordinate("temperature", tokens.temperature, "temperature T of the noise");
  member.coordinate("dynamics", tokens.dynamics, "what drives the tokens");
}

RandomStream DepthInterval::random(const Member& member, std::string_view purpose) const {
  return member.random(index == 0 ? std::string(purpose) : fmt::format("{} of stretch {}", purpose, index));
}

TokenRun::TokenRun(const TokenSettings& tokens, const TokenStartSettings& start, const TokenOutputSettings& output,
                   const TimeGrid& time, Member& member)
    : tokens_(tokens), output_(output), time_(time) {
  if (output.modes.modes) {
    const std::size_t snapshots = output.modes.depths(tokens.largest_frequency(), time.end).size();
    snapshots_.emplace(ChainModes(tokens.tokens, ChainEnds::open, output.modes.wavenumbers), output.frame == "rotating",
                       snapshots, member);
  }
  const Eigen::Index size = tokens.space().ambient_dimension();
  state.position.resize(size * tokens.replicas);
  state.velocity.resize(size * tokens.replicas);
  for (std::int64_t r = 0; r < tokens.replicas; ++r) {
    const std::string purpose = r == 0 ? "start" : fmt::format("start of replica {}", r);
    const State one = start.of(tokens.space(), tokens.mass, member.random(purpose));
    state.position.segment(r * size, size) = one.position;
    state.velocity.segment(r * size, size) = one.velocity;
    records_.emplace_back(tokens, output, member, r);
  }
  if (const auto checkpoint = member.resume()) {
    first_interval_ = static_cast<std::int64_t>(checkpoint->front());
    std::span<const double> rest = std::span(*checkpoint).subspan(1);
    for (TokenRecord& record : records_) record.restore(rest);
    if (snapshots_) snapshots_->restore(rest);
    saved.emplace(rest.begin(), rest.end());
  }
}

std::vector<DepthInterval> TokenRun::intervals() const {
  const double redraw = tokens_.redraw;
  std::vector<double> recorded = time_.depths(), averaged = output_.average_depths(time_.end);
  std::vector<double> snapshots = output_.modes.depths(tokens_.largest_frequency(), time_.end);
  std::vector<DepthInterval> result;
  for (std::int64_t index = 0; result.empty() || result.back().end < time_.end; ++index) {
    DepthInterval interval{.index = index, .begin = redraw * static_cast<double>(index), .end = time_.end};
    // The last stretch may be a little longer, so that rounding leaves no tiny one behind it.
    if (const double end = redraw * static_cast<double>(index + 1); redraw > 0 && end < time_.end * (1 - 1e-12))
      interval.end = end;
    interval.depths = take_until(interval.end, recorded);
    interval.average_depths = take_until(interval.end, averaged);
    interval.snapshot_depths = take_until(interval.end, snapshots);
    result.push_back(std::move(interval));
  }
  result.erase(result.begin(), result.begin() + first_interval_);
  return result;
}

void TokenRun::sample(double t, const TokenMotion& motion, const State& all, Series& series) {
  ReplicaSample sample;
  for (std::size_t r = 0; r < records_.size(); ++r) {
    sample.begin_replica();
    records_[r].sample(t, motion, motion.replica(all, static_cast<Eigen::Index>(r)), sample);
  }
  sample.write(series);
}

void TokenRun::average(const TokenMotion& motion, const State& all) {
  for (std::size_t r = 0; r < records_.size(); ++r)
    records_[r].average(motion, motion.replica(all, static_cast<Eigen::Index>(r)));
}

void TokenRun::finish(const TokenField& field, Member& member) const {
  if (records_.size() == 1) records_.front().finish(member);
  if (output_.average_from) {
    std::vector<TokenAverages> averages;
    for (const TokenRecord& record : records_) averages.push_back(record.averages());
    record_averages(averages, member);
  }
  if (output_.linear) record_linear_theory(field, tokens_, state.position, output_.modes.wavenumbers, member);
}

std::vector<double> TokenRun::save(const DepthInterval& interval, const std::vector<double>& simulation) const {
  std::vector<double> numbers{static_cast<double>(interval.index)};
  const auto append = [&numbers](const std::vector<double>& part) {
    numbers.insert(numbers.end(), part.begin(), part.end());
  };
  for (const TokenRecord& record : records_) append(record.save());
  if (snapshots_) append(snapshots_->save());
  append(simulation);
  return numbers;
}

}  // namespace softmech

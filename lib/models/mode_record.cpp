#include <softmech/models/mode_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <utility>

namespace softmech {

namespace {

constexpr double points_per_period = 8;
constexpr double fewest_points = 4;
constexpr double rounding = 1e-9;  // by which the last snapshot may pass the end, in intervals

double period(double frequency) { return 2 * std::numbers::pi / frequency; }

/// The snapshots at a distance `interval` from `from` to `end`.
std::int64_t fitting(double from, double interval, double end) {
  return static_cast<std::int64_t>(std::floor((end - from) / interval + rounding)) + 1;
}

/// 0, 1, then evenly in ln n up to count − 1; never less than the next number.
std::vector<Eigen::Index> kept_numbers(Eigen::Index count, std::int64_t wanted) {
  const Eigen::Index last = count - 1, kept = wanted == 0 ? count : std::min<Eigen::Index>(count, wanted);
  std::vector<Eigen::Index> numbers{0, kept == 2 ? last : 1};
  while (std::ssize(numbers) < kept) {
    const auto here = static_cast<double>(numbers.back()), left = static_cast<double>(kept - std::ssize(numbers));
    const double next = here * std::pow(static_cast<double>(last) / here, 1 / left);
    numbers.push_back(std::max(numbers.back() + 1, static_cast<Eigen::Index>(std::lround(next))));
  }
  return numbers;
}

}  // namespace

void ModeSettings::declare(Keys& k) {
  k.add("output.modes", modes, "whether snapshots of the field's modes are recorded, for softmech-goldstone");
  k.add("output.modes_from", from, "depth of the first snapshot", {.at_least = 0});
  k.add("output.modes_interval", interval,
        "distance of the snapshots; 0: at least 8 in a period of the largest frequency of linear theory",
        {.at_least = 0});
  k.add("output.snapshots", snapshots, "number of snapshots; 0: as many as there are until time.end",
        {.at_least = 0, .at_most = 1e8});
  k.add("output.wavenumbers", wavenumbers,
        "how many wavenumbers are recorded: the first, and from the second to the last evenly in their logarithm; 0: "
        "all",
        {.at_least = 0, .at_most = 1e7});
}

void ModeSettings::check(double largest_frequency, double end, bool wavenumbers_only) const {
  const auto refuse = [](std::string message) { throw std::invalid_argument(std::move(message)); };
  if (wavenumbers == 1) refuse("output.wavenumbers = 1: must be 0 (all) or at least 2; try 32");
  if (!modes) {
    ModeSettings unset;
    if (wavenumbers_only) unset.wavenumbers = wavenumbers;
    if (*this != unset)
      refuse("output.modes_from, modes_interval, snapshots or wavenumbers is set: needs output.modes = true");
    return;
  }
  if (from >= end) refuse(fmt::format("output.modes_from = {}: must be below time.end = {}; try {}", from, end, 0.0));
  if (interval == 0 && !(largest_frequency > 0)) {
    refuse("output.modes_interval = 0: the largest frequency of these settings is not known; give an interval");
  }
  const double distance = spacing(largest_frequency, end);
  if (fitting(from, distance, end) < std::max<std::int64_t>(snapshots, 2)) {
    const double last = from + distance * static_cast<double>(std::max<std::int64_t>(snapshots, 2) - 1);
    refuse(
        fmt::format("output.snapshots = {} at distances of {:.4g} end at depth {:.4g}: must be at most time.end = {}; "
                    "try time.end = {:.4g}",
                    snapshots, distance, last, end, last));
  }
}

double ModeSettings::spacing(double largest_frequency, double end) const {
  if (interval > 0) return interval;
  const double longest = period(largest_frequency) / points_per_period;
  return snapshots > 0 ? longest : (end - from) / std::ceil((end - from) / longest);
}

std::vector<double> ModeSettings::depths(double largest_frequency, double end) const {
  if (!modes) return {};
  const double distance = spacing(largest_frequency, end);
  const std::int64_t fit = fitting(from, distance, end);
  std::vector<double> depths(static_cast<std::size_t>(snapshots > 0 ? std::min(snapshots, fit) : fit));
  for (std::size_t i = 0; i < depths.size(); ++i) depths[i] = std::min(end, from + distance * static_cast<double>(i));
  if (end - depths.back() < rounding * distance) depths.back() = end;
  return depths;
}

std::string ModeSettings::note(double largest_frequency) const {
  if (!modes || interval == 0 || !(interval * fewest_points > period(largest_frequency))) return "";
  return fmt::format(
      "warning: output.modes_interval = {} is {:.2g} snapshots in a period of the largest frequency {:.4g}, which "
      "shows "
      "up folded to a lower one below 2; try 0 or {:.3g}",
      interval, period(largest_frequency) / interval, largest_frequency, period(largest_frequency) / points_per_period);
}

ChainModes::ChainModes(Eigen::Index sites, ChainEnds ends, std::int64_t wavenumbers)
    : sites_(sites), ends_(ends), fourier_(std::max<Eigen::Index>(sites, 1)) {
  if (sites < 2) throw std::invalid_argument(fmt::format("a chain of {} sites: must be at least 2 for modes", sites));
  if (wavenumbers < 0 || wavenumbers == 1)
    throw std::invalid_argument(fmt::format("output.wavenumbers = {}: must be 0 (all) or at least 2", wavenumbers));
  numbers_ = kept_numbers(ends == ChainEnds::periodic ? sites / 2 + 1 : sites, wavenumbers);
}

Vector ChainModes::wavenumbers() const {
  const double unit = (ends_ == ChainEnds::periodic ? 2 : 1) * std::numbers::pi / static_cast<double>(sites_);
  Vector k(std::ssize(numbers_));
  for (Eigen::Index i = 0; i < k.size(); ++i) k[i] = unit * static_cast<double>(numbers_[static_cast<std::size_t>(i)]);
  return k;
}

Axis ChainModes::axis() const {
  return index_axis("mode", numbers_.size(), "mode of the chain, the longest wave first");
}

void ChainModes::record(Member& member) const {
  member.record("wavenumber", wavenumbers(), axis(), "wavenumber k of the mode");
}

void ChainModes::transform(const VectorView& field, Eigen::Ref<Eigen::VectorXcd> amplitudes) const {
  if (field.size() != sites_ || amplitudes.size() != std::ssize(numbers_))
    throw std::invalid_argument(fmt::format("a field of {} sites and {} amplitudes: must be {} and {}", field.size(),
                                            amplitudes.size(), sites_, numbers_.size()));
  const auto values = fourier_.values();
  const auto at = [&](Eigen::Index j) -> std::complex<double>& { return values[static_cast<std::size_t>(j)]; };
  if (ends_ == ChainEnds::periodic) {
    for (Eigen::Index j = 0; j < sites_; ++j) at(j) = field[j];
  } else {  // the cosine sum is a Fourier sum over even sites forwards, then odd sites backwards (Makhoul 1980)
    for (Eigen::Index j = 0; j < sites_; ++j) at(j % 2 == 0 ? j / 2 : sites_ - 1 - j / 2) = field[j];
  }
  fourier_.forward();
  const auto n = static_cast<double>(sites_);
  for (Eigen::Index i = 0; i < amplitudes.size(); ++i) {
    const Eigen::Index number = numbers_[static_cast<std::size_t>(i)];
    if (ends_ == ChainEnds::periodic) {
      amplitudes[i] = at(number) / std::sqrt(n);
    } else {
      const auto turn = std::polar(1.0, -std::numbers::pi * static_cast<double>(number) / (2 * n));
      amplitudes[i] = std::sqrt((number == 0 ? 1 : 2) / n) * (turn * at(number)).real();
    }
  }
}

ModeRecord::ModeRecord(ChainModes modes, std::size_t snapshots, Member& member)
    : modes_(std::move(modes)), series_(member.series(index_axis("snapshot", snapshots, "snapshot of the modes"))) {
  modes_.record(member);
}

void ModeRecord::sample(std::string_view name, const VectorView& field, std::string_view meaning) {
  Eigen::VectorXcd amplitudes(std::ssize(modes_.numbers()));
  modes_.transform(field, amplitudes);
  record(name, amplitudes, {modes_.axis()}, meaning);
}

void ModeRecord::sample_directions(std::string_view name, const MatrixView& field, std::string_view meaning) {
  Eigen::MatrixXcd amplitudes(std::ssize(modes_.numbers()), field.cols());
  for (Eigen::Index c = 0; c < field.cols(); ++c) modes_.transform(field.col(c), amplitudes.col(c));
  const auto directions = static_cast<std::size_t>(field.cols());
  record(name, amplitudes, {index_axis("direction", directions, "direction across the order"), modes_.axis()}, meaning);
}

void ModeRecord::record(std::string_view name, const Eigen::MatrixXcd& amplitudes, const std::vector<Axis>& axes,
                        std::string_view meaning) {
  const Matrix real = amplitudes.real(), imaginary = amplitudes.imag();
  const auto write = [&](std::string_view part, const Matrix& values) {
    series_.record(fmt::format("{}_{}", name, part), Eigen::Map<const Vector>(values.data(), values.size()), axes,
                   fmt::format("{}, {} part of the modes' amplitudes", meaning, part));
  };
  write("real", real);
  write("imaginary", imaginary);
}

}  // namespace softmech

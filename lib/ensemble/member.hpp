// A member: the unit of an ensemble. What it records becomes variables of ensemble.h5 with a leading axis "member".
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/store/dataset.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace softmech {

/// A named axis with its coordinate values, for example "key" with 0 … n−1 or "time" with the sampled depths.
struct Axis {
  std::string name;
  std::variant<std::vector<double>, std::vector<std::int64_t>> values;
  std::string long_name;
  std::string units = "1";

  std::size_t size() const;
};

/// The axis 0, 1, …, count−1.
Axis index_axis(std::string name, std::size_t count, std::string long_name);

/// Thrown inside a member when the run was asked to stop; not a failure.
struct StopRequested : std::runtime_error {
  StopRequested() : std::runtime_error("stopped on request") {}
};

/// What a member may ask of the run it belongs to; supplied by the runner, all empty in tests.
struct MemberServices {
  std::function<bool()> stop_requested;
  std::function<void(double)> progress;  ///< receives the fraction of the member that is done
  std::filesystem::path checkpoint;      ///< where to save; empty: no checkpoints
  std::filesystem::path weights;         ///< where to publish files; empty: nowhere
  std::chrono::seconds checkpoint_every{30};
};

class Series;

/// One member: its place in the ensemble, its random streams, and what it has recorded so far.
///
/// Every variable has a name, a meaning and units ("1" if none). All members of an ensemble must record the same
/// variables on the same axes; only the length of a `Series` may differ (the shorter are filled with NaN).
class Member {
 public:
  /// `index` in [0, 2^32).
  Member(std::int64_t index, std::uint64_t seed, MemberServices services = {});

  std::int64_t index() const { return index_; }
  /// The stream of this member for one purpose; the same numbers whoever computes the member and when.
  RandomStream random(std::string_view purpose) const;

  // Numbers must be finite: an infinity or a NaN is a failure of the member, which names the variable. A quantity that
  // may have no value (a standard error of one sample) is recorded as_defined: there NaN stands for "not defined".

  /// A parameter of the member: a coordinate on the axis "member".
  void coordinate(std::string_view name, double value, std::string_view long_name, std::string_view units = "1");
  void coordinate(std::string_view name, std::int64_t value, std::string_view long_name, std::string_view units = "1");
  void coordinate(std::string_view name, std::string value, std::string_view long_name);

  /// Whether something of this name is recorded.
  bool has(std::string_view name) const { return data_.find(name) != nullptr; }

  /// A result of the member: a number, a text, or an array on an axis.
  void record(std::string_view name, double value, std::string_view long_name, std::string_view units = "1");
  void record(std::string_view name, std::int64_t value, std::string_view long_name, std::string_view units = "1");
  void record(std::string_view name, std::string text, std::string_view long_name);
  void record(std::string_view name, std::span<const double> values, const Axis& axis, std::string_view long_name,
              std::string_view units = "1");
  void record(std::string_view name, const VectorView& values, const Axis& axis, std::string_view long_name,
              std::string_view units = "1") {
    record(name, std::span(values.data(), static_cast<std::size_t>(values.size())), axis, long_name, units);
  }

  void record_as_defined(std::string_view name, double value, std::string_view long_name, std::string_view units = "1");
  void record_as_defined(std::string_view name, const VectorView& values, const Axis& axis, std::string_view long_name,
                         std::string_view units = "1");
  void coordinate_as_defined(std::string_view name, double value, std::string_view long_name,
                             std::string_view units = "1");

  /// Results sampled along an axis, one row at a time. Call once per axis; after resuming it continues where it was.
  Series series(const Axis& axis);

  /// Reports the fraction of this member that is done, for the progress line. Range [0, 1].
  void progress(double fraction);
  bool stop_requested() const;
  /// True when the run should stop or the last checkpoint is old: time to call pause().
  bool pause_due() const;
  /// Saves what was recorded together with the caller's state (any numbers), replacing the last checkpoint atomically.
  /// Throws StopRequested, after saving, when the run should stop.
  void pause(const std::vector<double>& state);
  /// Takes up the last checkpoint, if there is one: restores the records as they were and returns the saved state.
  std::optional<std::vector<double>> resume();

  /// Writes a file of the member beside the ensemble, atomically: DIR/weights/MMMMMM-NAME with the member's index. May
  /// be called again with the same name, as when a part of the member is computed again after a resume.
  void publish(std::string_view name, std::string_view bytes) const;

  /// Everything recorded so far; a series is cut to its complete rows.
  Dataset snapshot() const;

 private:
  friend class Series;
  void add(Variable variable);
  void add_axis(const Axis& axis);
  Variable* find(std::string_view name);

  std::int64_t index_;
  std::uint64_t seed_;
  MemberServices services_;
  std::chrono::steady_clock::time_point last_pause_;
  Dataset data_;                          // axes and records in the order of their first appearance
  std::vector<std::string> coordinates_;  // names of the parameters on "member"
  std::vector<std::string> series_axes_;
};

/// Rows of results along an axis; made by Member::series.
class Series {
 public:
  void record(std::string_view name, double value, std::string_view long_name, std::string_view units = "1");
  /// For a quantity that may really be infinite or undefined, such as a divergence outside a support: no check.
  void record_as_defined(std::string_view name, double value, std::string_view long_name, std::string_view units = "1");
  void record(std::string_view name, std::span<const double> values, const Axis& axis, std::string_view long_name,
              std::string_view units = "1");
  void record(std::string_view name, const VectorView& values, const Axis& axis, std::string_view long_name,
              std::string_view units = "1") {
    record(name, std::span(values.data(), static_cast<std::size_t>(values.size())), axis, long_name, units);
  }
  /// An array of several axes at every sample, the last axis fastest.
  void record(std::string_view name, const VectorView& values, std::span<const Axis> axes, std::string_view long_name,
              std::string_view units = "1");

 private:
  friend class Member;
  /// Where the next row of a variable stands, for messages.
  std::string place(std::string_view name) const;
  Series(Member& member, std::string axis) : member_(&member), axis_(std::move(axis)) {}
  void append(std::string_view name, std::span<const double> row, std::span<const Axis> axes,
              std::string_view long_name, std::string_view units);

  Member* member_;
  std::string axis_;
  std::size_t next_ = 0;  // variables come in the same order every time: where to look first
};

}  // namespace softmech

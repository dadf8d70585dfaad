#include <softmech/models/replica_sample.hpp>

#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace softmech {

void ReplicaSample::begin_replica() {
  ++replicas_;
  next_ = 0;
}

ReplicaSample::Entry& ReplicaSample::entry(std::string_view name, std::string_view long_name) {
  if (replicas_ == 1) entries_.push_back({std::string(name), std::string(long_name), false, {}, {}});
  if (next_ >= entries_.size() || entries_[next_].name != name)
    throw std::logic_error(fmt::format("\"{}\" is not what the first replica recorded here", name));
  return entries_[next_++];
}

void ReplicaSample::record(std::string_view name, double value, std::string_view long_name) {
  entry(name, long_name).values.push_back(Vector::Constant(1, value));
}

void ReplicaSample::record_as_defined(std::string_view name, double value, std::string_view long_name) {
  Entry& target = entry(name, long_name);
  target.may_be_infinite = true;
  target.values.push_back(Vector::Constant(1, value));
}

void ReplicaSample::record(std::string_view name, const VectorView& values, std::vector<Axis> axes,
                           std::string_view long_name) {
  Entry& target = entry(name, long_name);
  target.axes = std::move(axes);
  target.values.push_back(values);
}

void ReplicaSample::write(Series& series) const {
  for (const Entry& entry : entries_) {
    if (!entry.axes.empty()) {
      Vector mean = Vector::Zero(entry.values.front().size());
      for (const Vector& values : entry.values) mean += values / static_cast<double>(entry.values.size());
      series.record(entry.name, mean, entry.axes, entry.long_name);
      continue;
    }
    Moments moments;
    for (const Vector& values : entry.values) moments.add(values[0]);
    const double mean = entry.values.size() == 1 ? entry.values.front()[0] : moments.mean();
    const auto write = [&](const std::string& name, double value, const std::string& long_name) {
      if (entry.may_be_infinite) {
        series.record_as_defined(name, value, long_name);
      } else {
        series.record(name, value, long_name);
      }
    };
    write(entry.name, mean, entry.long_name);
    if (entry.values.size() > 1)
      write(entry.name + "_error", moments.standard_error(), "its standard error over replicas");
  }
}

}  // namespace softmech

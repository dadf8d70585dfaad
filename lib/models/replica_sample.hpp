// One sample of all replicas of a member: their means and standard errors.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// Takes what every replica records at one depth, in the same order, and writes it to the member's series: as it is if
/// there is one replica, else the mean as NAME and its standard error as NAME_error (of numbers, not of arrays).
class ReplicaSample {
 public:
  /// Whatever is recorded next belongs to the next replica.
  void begin_replica();
  void record(std::string_view name, double value, std::string_view long_name);
  /// A number that may be infinite.
  void record_as_defined(std::string_view name, double value, std::string_view long_name);
  void record(std::string_view name, const VectorView& values, std::vector<Axis> axes, std::string_view long_name);
  void write(Series& series) const;

 private:
  struct Entry {
    std::string name, long_name;
    bool may_be_infinite;
    std::vector<Axis> axes;      // none: a number
    std::vector<Vector> values;  // one per replica
  };
  Entry& entry(std::string_view name, std::string_view long_name);

  std::vector<Entry> entries_;
  std::size_t replicas_ = 0, next_ = 0;
};

}  // namespace softmech

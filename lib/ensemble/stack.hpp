// From the records of single members to one dataset with a leading axis "member".
#pragma once

#include <softmech/store/dataset.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

inline constexpr const char* member_axis = "member";
/// Attribute that lists the parameters on the member axis: of a member's records, and (as CF has it) of every variable.
inline constexpr const char* coordinates_attribute = "coordinates";

struct MemberRecords {
  std::int64_t member;
  Dataset records;
};

/// Stacks the records of some members, in increasing member, along the axis "member". A shorter axis is filled with
/// NaN. Throws std::logic_error naming member and variable if the members did not record the same variables.
Dataset stack(std::vector<MemberRecords> members);

}  // namespace softmech

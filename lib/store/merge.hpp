#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <softmech/store/dataset.hpp>

namespace softmech {

/// Joins files along `axis`, whose coordinate variable holds int64 ids: rows come out in increasing id, and the bytes
/// depend on the content only, not on how the rows were spread over the inputs. `axis` must be the first axis of a
/// variable. Another axis may be longer in some inputs if its coordinate values agree as far as they go: doubles are
/// filled with NaN. The same row in two inputs is taken once if the contents agree. Works in bounded memory (a few 64
/// MB buffers); atomic. Throws StoreError naming the two files and the variable when inputs do not fit together.
void merge_along(std::string_view axis, std::span<const std::filesystem::path> inputs,
                 const std::filesystem::path& output, std::vector<Attribute> root_attributes);

}  // namespace softmech

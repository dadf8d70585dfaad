#pragma once

// Inner header of the store: where the rows of a merge go.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <softmech/store/dataset.hpp>
#include <softmech/store/publish.hpp>

namespace softmech {

/// Where the rows of one input go in the output.
struct Places {
  std::vector<std::size_t> targets;  ///< the row of the output, per row of the input
  std::vector<bool> repeated;        ///< whether an earlier input holds the row too
};

/// The values as they lie in memory; doubles and integers only.
const char* bytes_of(const Values& values);

/// The numbers of one variable in the output: rows are written to their place in the file as they come, or all at once
/// after collect().
class Column {
 public:
  /// `offset` in the file of the first value of a variable of that shape.
  Column(PartFile& file, std::uint64_t offset, std::span<const std::size_t> shape);

  std::size_t bytes() const { return rows_ * row_bytes_; }
  std::size_t row_bytes() const { return row_bytes_; }

  /// Keeps the rows in memory until flush().
  void collect() { buffer_.resize(bytes()); }

  /// Takes a slab of an input, whose row `first` comes first. Rows that are shorter than the output's are filled up
  /// with NaN. Returns the number of rows that were placed: fewer than there are if the next one, repeated, has other
  /// contents.
  std::size_t put(const Places& places, const Values& values, std::span<const std::size_t> slab, std::size_t first);

  void flush();

 private:
  void write(std::uint64_t place, std::string_view data);
  bool agrees(std::uint64_t place, std::string_view data) const;

  PartFile* file_;
  std::uint64_t offset_;
  std::vector<std::size_t> row_shape_;
  std::size_t row_bytes_;
  std::size_t rows_;
  std::vector<char> buffer_;
};

}  // namespace softmech

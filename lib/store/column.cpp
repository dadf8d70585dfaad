#include <softmech/store/column.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace softmech {

namespace {

// Copies a block into a larger one, axis by axis.
void copy_block(const char* from, std::span<const std::size_t> from_shape, char* to,
                std::span<const std::size_t> to_shape) {
  if (std::ranges::equal(from_shape, to_shape)) {
    if (const std::size_t count = element_count(from_shape)) std::memcpy(to, from, 8 * count);
    return;
  }
  const std::size_t from_step = 8 * element_count(from_shape.subspan(1));
  const std::size_t to_step = 8 * element_count(to_shape.subspan(1));
  for (std::size_t i = 0; i < from_shape.front(); ++i)
    copy_block(from + i * from_step, from_shape.subspan(1), to + i * to_step, to_shape.subspan(1));
}

// How many rows from `row` on are new and lie side by side in the output.
std::size_t run_length(const Places& places, std::size_t row, std::size_t end) {
  std::size_t run = 1;
  while (row + run < end && !places.repeated[row + run] && places.targets[row + run] == places.targets[row] + run)
    ++run;
  return run;
}

}  // namespace

const char* bytes_of(const Values& values) {
  return std::visit([](const auto& list) { return reinterpret_cast<const char*>(list.data()); }, values);
}

Column::Column(PartFile& file, std::uint64_t offset, std::span<const std::size_t> shape)
    : file_(&file),
      offset_(offset),
      row_shape_(shape.begin() + 1, shape.end()),
      row_bytes_(8 * element_count(row_shape_)),
      rows_(shape.front()) {}

std::size_t Column::put(const Places& places, const Values& values, std::span<const std::size_t> slab,
                        std::size_t first) {
  const std::span<const std::size_t> shape = slab.subspan(1);
  const bool whole = std::ranges::equal(shape, row_shape_);
  const std::size_t from_bytes = 8 * element_count(shape);
  std::vector<double> padded(whole ? 0 : row_bytes_ / 8, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = first; row < first + slab.front();) {
    const char* data = bytes_of(values) + (row - first) * from_bytes;
    if (!whole) {
      copy_block(data, shape, reinterpret_cast<char*>(padded.data()), row_shape_);
      data = reinterpret_cast<const char*>(padded.data());
    }
    const std::uint64_t place = places.targets[row] * row_bytes_;
    if (places.repeated[row]) {
      if (!agrees(place, {data, row_bytes_})) return row - first;
      ++row;
    } else {
      const std::size_t run = whole ? run_length(places, row, first + slab.front()) : 1;
      write(place, {data, run * row_bytes_});
      row += run;
    }
  }
  return slab.front();
}

void Column::flush() {
  if (!buffer_.empty()) file_->write_at(offset_, {buffer_.data(), buffer_.size()});
  buffer_ = {};
}

void Column::write(std::uint64_t place, std::string_view data) {
  if (buffer_.empty())
    file_->write_at(offset_ + place, data);
  else
    std::memcpy(buffer_.data() + place, data.data(), data.size());
}

bool Column::agrees(std::uint64_t place, std::string_view data) const {
  if (!buffer_.empty()) return std::string_view(buffer_.data() + place, data.size()) == data;
  std::string present(data.size(), '\0');
  file_->read_at(offset_ + place, present.data(), present.size());
  return present == data;
}

}  // namespace softmech

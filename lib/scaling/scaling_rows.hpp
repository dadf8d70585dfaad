// Rows of named numbers, whatever file they came in: a line of a table, a member of an ensemble.
#pragma once

#include <softmech/store/dataset.hpp>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// Columns of equal length, one entry per row.
struct ScalingRows {
  std::string origin;  ///< names the file in messages
  bool from_table = false;
  std::vector<std::string> places = {};  ///< of the rows, for messages: "row 3", "row 3 of b.csv"
  std::vector<std::string> names = {};   ///< of what can be asked for
  std::map<std::string, std::vector<double>> numbers = {};
  std::map<std::string, std::vector<std::string>> words = {};
  std::vector<std::string> coordinates = {};  ///< what a sweep may have varied, beside the rows' own numbering

  std::size_t rows() const;
  bool has(const std::string& name) const { return numbers.contains(name); }
  /// The column of that name. Throws StoreError with the nearest name and the `key` that chooses another.
  const std::vector<double>& column(const std::string& name, const std::string& key) const;
  /// Keeps the rows of these indices.
  void keep(std::span<const std::size_t> rows);
};

/// Reads a table with a line of column names (without one, three or four columns are size, x, y and dy) or an HDF5 file
/// in the form of ensemble.h5. The rows are along the axis of the variable `size`; of variables with further axes the
/// last or the largest value counts, as `along` says.
ScalingRows read_scaling_rows(const std::filesystem::path& file, const std::string& size, const std::string& along);
ScalingRows scaling_rows_of(const Dataset& dataset, const std::string& origin, const std::string& size,
                            const std::string& along);

/// One file after the other: what all of them have.
ScalingRows joined(std::vector<ScalingRows> parts);

}  // namespace softmech

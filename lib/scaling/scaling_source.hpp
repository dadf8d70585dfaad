// From files to the data of a scaling analysis: tables and ensembles, chosen by the names of their variables.
#pragma once

#include <softmech/scaling/scaling_data.hpp>
#include <softmech/store/dataset.hpp>

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// What to read from where.
struct ScalingColumns {
  std::string size = "size";  ///< the size of the system
  std::string x = "x";        ///< what is varied at each size; "none": one number per size, for its growth alone
  /// The observables, separated by ";": a variable, or a derived quantity of means over members such as
  /// "binder(m^2, m^4)" (see derived.hpp), where NAME^k is the mean of the k-th power.
  std::string y = "y";
  /// Column with the error of y for data without members; "" is Y_error, else dy.
  std::string error;
  std::string where;           ///< "beta=1, dimension=2": use these rows or members only
  std::string along = "last";  ///< "last" or "largest" value of variables that have a further axis (steps, depths)
  std::optional<double> lowest_size, highest_size, lowest_x, highest_x;
};

struct ScalingInput {
  ScalingData data;
  std::vector<bool> dimensionless;  ///< per observable: a cumulant or ratio, whose exponent is 0
  std::vector<std::string> notes;   ///< what was left out or could surprise
};

/// Reads HDF5 files in the form of ensemble.h5 (several are joined), or one table of numbers. With members, errors are
/// the jackknife's over the members of a point. Throws StoreError that says what to do: for names that are not there,
/// missing or non-positive errors, NaN, one size, points that stand twice or differ in something else, too few members.
ScalingInput read_scaling_data(std::span<const std::filesystem::path> files, const ScalingColumns& columns);

/// The same from a dataset in memory; `origin` names it in messages.
ScalingInput scaling_data_of(const Dataset& dataset, const std::string& origin, const ScalingColumns& columns);

}  // namespace softmech

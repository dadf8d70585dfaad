#pragma once

// Inner header of the store: how a dataset lies in an HDF5 file.

#include <vector>

#include <softmech/store/dataset.hpp>
#include <softmech/store/hdf5.hpp>

namespace softmech::hdf5 {

/// Creates all variables and attributes in an empty open file, in their order, with a dimension scale per axis.
/// Numbers whose list of values is empty are left for the caller to write: the result holds, per variable, the offset
/// in the file of its first value (HADDR_UNDEF for strings and for empty arrays).
std::vector<haddr_t> lay_out(hid_t file, const Dataset& dataset);

}  // namespace softmech::hdf5

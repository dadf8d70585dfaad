// How a scaling study is told: a dataset, a table, a page for a terminal.
#pragma once

#include <softmech/scaling/scaling_study.hpp>
#include <softmech/store/dataset.hpp>

#include <string>
#include <vector>

namespace softmech {

/// All of it. Axes: observable, point, parameter (of the ansatz), estimator, draw (of the posterior), curve_point (of the
/// scaling function), size_pair, system_size, model (of the growth of maxima).
Dataset scaling_dataset(const ScalingStudy& study, std::vector<Attribute> attributes);

/// Tab-separated: what, observable, method, value, error. One line per number of the page.
std::string scaling_tsv(const ScalingStudy& study);

/// A page for a terminal.
std::string scaling_page(const ScalingStudy& study);

}  // namespace softmech

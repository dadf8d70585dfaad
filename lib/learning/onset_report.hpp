// How an onset study is told: a dataset, a table per modulus, a page for a terminal.
#pragma once

#include <softmech/learning/onset_study.hpp>
#include <softmech/store/dataset.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace softmech {

/// Below this the verdict takes no side: 6 runs are the fewest whose range covers their median in 95 % (96.9 %).
inline constexpr std::int64_t fewest_runs = 6;

/// All of it. Axes: member (the runs), modulus, definition (of the onset), predictor, control, model (of the growth of
/// heights).
Dataset onset_dataset(const OnsetStudy& study, std::vector<Attribute> attributes);

/// Tab-separated, one line per modulus, about one definition of the onset (0 relative, 1 absolute).
std::string onset_tsv(const OnsetStudy& study, std::size_t definition);

/// A page for a terminal: leads per modulus, heights and nulls, predictors, controls, growth, and the verdict.
std::string onset_page(const OnsetStudy& study, std::size_t definition);

/// In plain sentences: whether the peak comes first, what its height is, and whether controls have it too.
std::string onset_verdict(const OnsetStudy& study, std::size_t definition);

}  // namespace softmech

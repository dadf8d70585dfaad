// How an onset study is told: a dataset, a table per modulus, a page for a terminal.
#pragma once

#include <softmech/learning/onset_study.hpp>
#include <softmech/store/dataset.hpp>

#include <string>
#include <vector>

namespace softmech {

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

// The results of a Goldstone analysis as a dataset, a table and a page.
#pragma once

#include <softmech/goldstone/goldstone_study.hpp>
#include <softmech/store/dataset.hpp>

#include <string>
#include <vector>

namespace softmech {

Dataset goldstone_dataset(const GoldstoneStudy& study, std::vector<Attribute> attributes);
/// A row per point and wavenumber, tab-separated.
std::string goldstone_tsv(const GoldstoneStudy& study);
/// For people: what each point's branch is, with numbers.
std::string goldstone_page(const GoldstoneStudy& study);

}  // namespace softmech

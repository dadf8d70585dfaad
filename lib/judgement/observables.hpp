// Observables: functions from the data of studies to one number with its uncertainty. A claim names the one it needs.
#pragma once

#include <softmech/judgement/verdict.hpp>
#include <softmech/store/dataset.hpp>

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The results of one study: its name in the claims file, and its ensemble.h5 in memory and where it is.
struct StudyData {
  std::string name;
  Dataset data;
  std::filesystem::path file = {};
};

struct Observable {
  std::string_view name;
  std::string_view meaning;
  bool takes_variable;  ///< whether a claim must say of which variable
  /// Throws std::runtime_error or std::invalid_argument if the data do not have what it needs.
  Measurement (*measure)(std::span<const StudyData> studies, const std::string& variable);
};

/// All observables; a new one is one line in observables.cpp.
std::span<const Observable> observables();

/// Throws std::invalid_argument with the nearest name.
const Observable& observable(std::string_view name);

}  // namespace softmech
